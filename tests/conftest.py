"""What every test runs under."""

import pathlib

import hypothesis
import jax
import pytest

HERE = pathlib.Path(__file__).parent
# optax's own update rules mix dtypes (its Adam raises under strict promotion), so the
# rooms that run optimizers are left out; schedules have to hold without any promotion.
STRICT = {
    *("core", "curves", "schedules", "combinators", "recipes", "testing"),
    *("test_contract.py", "test_numbers.py"),
}
# A busy machine is no failure of the code.
patient = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("patient", suppress_health_check=patient)
hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _strict_promotion(request):
    inside = request.path.is_relative_to(HERE)
    if inside and request.path.relative_to(HERE).parts[0] in STRICT:
        with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
            yield
    else:
        yield
