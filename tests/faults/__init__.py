"""Histories of faults: what is hurt, when, in the middle of which load, and who looks on while it happens.

Everything random comes from one seed. `python -m faults` (`make crash`) runs many histories; tests/crash runs one.
"""
