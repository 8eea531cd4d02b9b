"""The decisions. Pure: no clock, no random, no I/O; the same inputs give the same decisions, byte for byte."""
