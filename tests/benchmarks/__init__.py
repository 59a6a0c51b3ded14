"""Measurements, as ratios inside one interleaved run against a named alternative; never a timed test."""
