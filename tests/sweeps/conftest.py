"""What several files compare with, trained once."""

import pytest

from .helpers import run


@pytest.fixture(scope="session")
def trained():
    """Four members, three seeds, 40 steps in chunks of 8."""
    return run(num_seeds=3, chunk_steps=8)
