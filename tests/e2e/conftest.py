"""What the journeys share: one Prefect server, and one process that has imported the libraries."""

import pytest
from journeys import Warm


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    """Runs that cost no imports and no server of their own."""
    warm = Warm(tmp_path_factory.mktemp("warm"))
    yield warm
    warm.close()
