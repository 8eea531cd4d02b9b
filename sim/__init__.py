"""Simulated plants, controllers and networks on real sockets, with faults, a bus recorder and an offline checker."""
