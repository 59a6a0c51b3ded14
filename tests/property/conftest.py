import pytest
from hypothesis import settings

# How long one example takes on a loaded machine says nothing; the time limit of the whole test is what bounds it.
settings.register_profile("without_deadline", parent=settings(), deadline=None)
settings.load_profile("without_deadline")


@pytest.fixture(autouse=True)
def _without_sockets(no_sockets: None) -> None:
    """Every test of this folder runs without the network."""
