"""The evidence: an append-only, hash-chained event store, and the recorder of all core inputs."""
