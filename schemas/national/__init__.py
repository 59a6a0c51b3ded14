"""The national model: what the surveys ask, which codes exist and which rules the figures follow."""
