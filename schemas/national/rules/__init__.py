"""The rules of the national model as pure functions over exact numbers: no clock, no I/O, no binary floats."""
