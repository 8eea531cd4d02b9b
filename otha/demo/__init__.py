"""The main job, live: a simulated plant on real sockets, supervised, disturbed act by act, and measured."""
