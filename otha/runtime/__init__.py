"""The asyncio shell: takes the time and the network in, feeds the core, and carries out its effects."""
