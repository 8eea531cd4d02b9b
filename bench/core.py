"""The core's speed: unchanged heartbeats through `Supervision.feed`, and steps of whole transfers with invariants on."""
