"""Laws without device-to-device variation, and arrays of them."""

import pytest

from labcim.sim_backend.pulse_laws.array import PulsedArray

_EVEN = {
    "dw_min_dtod": 0.0,
    "up_down_dtod": 0.0,
    "w_max_dtod": 0.0,
    "w_min_dtod": 0.0,
    "lifetime_dtod": 0.0,
    "gamma_up_dtod": 0.0,
    "gamma_down_dtod": 0.0,
    "pow_gamma_dtod": 0.0,
    "reference_std": 0.0,
}


@pytest.fixture
def even_law():
    """Make a law whose cells are all alike; what is named stands over that."""

    def make(kind, **changes):
        even = {name: value for name, value in _EVEN.items() if name in kind.model_fields}
        return kind(**(even | changes))

    return make


@pytest.fixture
def array_of():
    """Make an array of cells under a law."""

    def make(law, rows=8, columns=8, seed=1, **more):
        return PulsedArray(law, rows, columns, seed=seed, **more)

    return make
