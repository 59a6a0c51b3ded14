"""Aggregators with a bug planted on purpose: each module breaks one thing and then runs as an aggregator does.

The suite has to catch each of them; a suite that finds nothing would otherwise look like a product without faults.
"""
