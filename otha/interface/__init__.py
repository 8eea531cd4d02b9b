"""What others see of OTHA: its OPC UA server, its users and whom it trusts. A process of its own."""
