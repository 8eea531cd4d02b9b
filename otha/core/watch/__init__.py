"""Numbers and ages of channels, nodes, gates and tags turned into verdicts; it speaks only when a verdict changes."""
