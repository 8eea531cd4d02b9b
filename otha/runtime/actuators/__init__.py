"""What carries a command out of the house."""
