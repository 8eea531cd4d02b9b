"""Framed, versioned messages between OTHA's own processes over a Unix socket."""
