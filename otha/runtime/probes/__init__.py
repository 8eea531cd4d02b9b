"""Reads of nodes, gates, tags and reference points; each ends as one raw input and never raises into the loop."""
