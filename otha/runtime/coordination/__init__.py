"""Where the group records live."""
