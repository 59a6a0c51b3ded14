"""Builders of what tests send and expect; every argument that a test doesn't care about has a plain default."""
