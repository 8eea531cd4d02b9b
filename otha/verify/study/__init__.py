"""The detectors alone, over long times and bad networks: how often they are wrong, and how long they take (numpy)."""
