"""What the services share to run as processes, each part under its own name."""
