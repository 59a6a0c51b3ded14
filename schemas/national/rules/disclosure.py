"""What a provider sees of its own live counts (national model §8; the two members are http-api's)."""

from schemas.national.parameters import Thresholds


def shown(count: int, thresholds: Thresholds) -> tuple[int | None, str | None]:
    """Return a count as the pair of the members ``…`` and ``…_shown``: the number itself, or the mark that hides it.

    A count of 0 or of at least ``thresholds.shown_count`` (5) is shown; one between them reads ``1-4``.
    """
    if 0 < count < thresholds.shown_count:
        return None, f"1-{thresholds.shown_count - 1}"
    return count, None
