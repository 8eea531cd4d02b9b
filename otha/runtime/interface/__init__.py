"""The supervisor's end of the interface process."""
