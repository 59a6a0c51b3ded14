"""The aggregator: reads the log, keeps the record and the figures, every event exactly once (promises 2 to 5)."""
