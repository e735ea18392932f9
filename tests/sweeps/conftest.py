"""What several files compare with, trained once."""

import pytest

from .helpers import run
from .populations import evolve


@pytest.fixture(scope="session")
def trained():
    """Four members, three seeds, 40 steps in chunks of 8."""
    return run(num_seeds=3, chunk_steps=8)


@pytest.fixture(scope="session")
def evolved():
    """Five members, one of which diverges at once, two seeds, five rounds of 8 steps."""
    return evolve()
