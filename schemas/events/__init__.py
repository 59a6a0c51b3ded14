"""The CloudEvents envelope, the event types, the codec and the reading of an event (national model §3-§4)."""
