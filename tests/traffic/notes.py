"""What a test says about its run: pytest shows it with a failure."""


def tell(note: str) -> None:
    """Say one sentence."""
    print(note)  # noqa: T201 - this is what the module is for
