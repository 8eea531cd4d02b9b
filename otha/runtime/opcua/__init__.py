"""OPC UA heartbeats and calls: `worker` runs in processes of its own, with what it imports; the rest does not."""
