import pytest
from accelerate.state import AcceleratorState


@pytest.fixture(autouse=True)
def _fresh_accelerate_state():
    """Accelerate keeps one state for a process; a run's precision must not stay for the next."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
