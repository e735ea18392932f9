"""Factors that grow to 1 and never arrive: warmups without a length."""

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Real, checks, clock


class SaturatingGrowth(AbstractSchedule):
    r"""Grows towards a value, by a share of what is missing: $s(t) = v \, (1 - e^{-kt})$.

    Args:
        end_value: $v$, never quite reached.
        growth_rate: $k \ge 0$, per update.

    >>> round(float(SaturatingGrowth(end_value=1.0, growth_rate=0.5)(2)), 6) # 1 - 1/e
    0.632121
    """

    end_value: Real
    growth_rate: Real

    def __post_init__(self):
        checks.number(self, "end_value")
        checks.at_least(self, "growth_rate", 0)

    def evaluate(self, count):
        exponent = clock.product(count, jnp.maximum(self.growth_rate, 0))
        return self.end_value * -jnp.expm1(-exponent.value)


class RAdamRectification(AbstractSchedule):
    r"""RAdam's factor on the step of Adam: how far its second moment can be trusted.

    $$\rho_\infty = \frac{2}{1 - \beta_2} - 1, \quad
    \rho_n = \rho_\infty - \frac{2 n \beta_2^n}{1 - \beta_2^n}, \quad
    s(t) = \sqrt{\frac{(\rho_n - 4)(\rho_n - 2) \rho_\infty}
    {(\rho_\infty - 4)(\rho_\infty - 2) \rho_n}}$$

    for update number $n = t + 1$, and 0 while $\rho_n \le 4$, where RAdam itself takes a
    step without a second moment. Computed as $\rho_n = n (1 - L(a n / 2)) + L(a / 2)$ with
    $a = -\ln \beta_2$ and $L(z) = \coth z - 1 / z$, since the difference above has few
    digits left.

    Args:
        b2: $\beta_2$, above 0.6 (so that $\rho_\infty > 4$) and below 1.

    >>> factor = RAdamRectification(b2=0.999)
    >>> print(f"{float(factor(3)):.4f} {float(factor(5)):.4f} {float(factor(999)):.4f}")
    0.0000 0.0258 0.6453

    Reference: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020,
    arXiv:1908.03265.
    """

    b2: Real = 0.999

    def __post_init__(self):
        checks.number(self, "b2")
        checks.above(self, "b2", 0.6)
        checks.below(self, "b2", 1)

    def evaluate(self, count):
        pace = -jnp.log1p(jnp.clip(self.b2, 0.6001, 1 - 1e-7) - 1)
        number = clock.as_float(clock.later(count, 1))
        last = 1 / jnp.tanh(pace / 2)
        length = number * _short_of_one(pace / 2 * number) + (1 - _short_of_one(pace / 2))
        begun = length > 4
        length = jnp.where(begun, length, 5)
        share = (length - 4) / (last - 4) * ((length - 2) / (last - 2)) * (last / length)
        return jnp.where(begun, jnp.sqrt(share), 0)


def _short_of_one(z):
    """`1 - L(z)` for `z > 0`: a series near 0, and without 1 where L is close to it."""
    small = z < 0.5
    near, far = jnp.where(small, z, 0.1), jnp.where(small, 1.0, jnp.clip(z, 0.5, 1e20))
    square = near * near
    series = 1 / 3 - square * (
        1 / 45 - square * (2 / 945 - square * (1 / 4725 - square * (2 / 93555)))
    )
    return jnp.where(
        small, 1 - near * series, 1 / far - 2 / jnp.expm1(jnp.minimum(2 * far, 80))
    )
