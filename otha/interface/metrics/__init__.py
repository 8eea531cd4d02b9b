"""Figures for Prometheus: a process of its own, which knows the newest state and reads the journal."""
