"""OT High Availability: an industrial redundancy supervisor."""
