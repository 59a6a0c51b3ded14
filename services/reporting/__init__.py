"""The read-only HTTP API over the published views: figures, answers, look-ups and books (national model §7, §8)."""
