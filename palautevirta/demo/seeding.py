"""Where the demonstration's make-believe comes from."""

from random import Random


def random_of(*names: object) -> Random:
    """The random numbers that belong to these names (the seed first): the same ones in every run."""
    return Random("/".join(map(str, names)))  # noqa: S311 - reproducible make-believe; nothing is kept secret by it
