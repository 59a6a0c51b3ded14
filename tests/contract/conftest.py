import pytest


@pytest.fixture(autouse=True)
def _without_sockets(no_sockets: None) -> None:
    """Every test of this folder runs without the network."""
