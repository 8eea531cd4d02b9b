"""Hours of a whole site in virtual time: seeded faults around the production supervision, and what they showed."""
