"""Releases other than today's, for tests: tomorrow's with one more event type."""
