"""The contract of a schedule as code: run it on your own.

Each promise is a function of its own, so that the first line of a failure says which
one is broken, by which field, at which count.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractCurve, AbstractSchedule, clock

from ._counts import EXTREME_COUNTS, ulps

Oracle = Callable[[int], float]


def check_schedule(
    schedule: AbstractSchedule,
    *,
    oracle: Oracle | None = None,
    max_ulps: float = 16.0,
    counts: Sequence[int] = (),
) -> None:
    """Checks that a schedule keeps the contract; raises `AssertionError` where not.

    In this order: it is a node of its own (no number hidden in the structure, no `init`
    with `update`, which optax would take for a stateful schedule), it survives
    flattening, its result has the shape of the count and the default float type, is
    finite at extreme counts, elementwise, the same under `jit` with its numbers as
    constants and as arguments (one trace for all values), the same under `vmap` of every
    leaf, with finite gradients of every real leaf, and what the oracle says.

    Args:
        schedule: an instance with concrete numbers.
        oracle: the value at a count that is not negative, computed independently, in
            double precision.
        max_ulps: how far from the oracle a value may be, in units in the last place.
        counts: more counts to try, such as the ends of phases.

    Raises:
        AssertionError: naming the promise, the field and the count.

    >>> import jaxsched as js
    >>> class Halving(js.AbstractSchedule):
    ...     init_value: float
    ...     hold_steps: int
    ...     def evaluate(self, count):
    ...         return self.init_value * 0.5 ** (count // self.hold_steps)
    >>> check_schedule(Halving(0.1, 100), oracle=lambda t: 0.1 * 0.5 ** (t // 100))
    """
    all_counts = np.unique(np.asarray([*EXTREME_COUNTS, *counts], np.int64))
    all_counts = np.clip(all_counts, -(2**31), 2**31 - 2).astype(np.int32)
    _check_structure(schedule)
    each_way = dict(_each_way(schedule, all_counts))
    _check_calls(schedule, all_counts, each_way)
    _check_vmap(schedule, all_counts, each_way["arguments"])
    _check_gradients(schedule, all_counts)
    if oracle is not None:
        _check_values(schedule, oracle, all_counts, each_way, max_ulps)


def check_curve(
    curve: AbstractCurve, *, oracle: Callable[[float], float] | None = None
) -> None:
    """Checks that a curve goes from (0, 0) to (1, 1) and keeps the contract on the way.

    Args:
        curve: an instance with concrete numbers.
        oracle: the shape at a number in [0, 1], computed independently.

    Raises:
        AssertionError: naming what is broken, and where.

    >>> import jaxsched as js
    >>> check_curve(js.curves.SmoothStep(), oracle=lambda x: x * x * (3 - 2 * x))
    """
    name = type(curve).__name__
    x = np.linspace(0, 1, 65).astype(clock.float_dtype())
    shape = np.asarray(jax.jit(lambda c, x: c(x))(curve, x))
    assert shape[0] == 0, f"{name}: the curve must start at 0, got {shape[0]}"
    assert shape[-1] == 1, f"{name}: the curve must end at 1, got {shape[-1]}"
    assert np.isfinite(shape).all(), f"{name}: not finite at x = {x[~np.isfinite(shape)]}"
    inner = x[1:-1]
    rest = np.asarray(curve.rest(jnp.asarray(1 - inner)))
    np.testing.assert_allclose(
        shape[1:-1] + rest,
        1,
        rtol=0,
        atol=8 * np.finfo(x.dtype).eps,
        err_msg=f"{name}: evaluate(x) and rest(1 - x) must add up to 1",
    )
    slope = jax.vmap(jax.grad(lambda c, x: c(x), argnums=1), in_axes=(None, 0))(curve, x)
    assert np.isfinite(slope).all(), f"{name}: the slope is not finite on [0, 1]"
    if oracle is not None:
        expected = np.asarray([oracle(float(v)) for v in x])
        far = ulps(shape, expected)[1:-1]
        assert far.max() <= 16, f"{name}: {far.max():.1f} ulp at x = {inner[far.argmax()]}"


def check_values(
    schedule: AbstractSchedule,
    oracle: Oracle,
    *,
    counts: Sequence[int] | np.ndarray,
    max_ulps: float,
) -> None:
    """Checks values against an oracle, with the numbers as constants and as arguments."""
    counts = np.asarray(counts)
    each_way = dict(_each_way(schedule, counts.astype(np.int32)))
    _check_values(schedule, oracle, counts, each_way, max_ulps)


def _check_values(
    schedule: AbstractSchedule,
    oracle: Oracle,
    counts: np.ndarray,
    each_way: dict[str, np.ndarray],
    max_ulps: float,
) -> None:
    name = type(schedule).__name__
    expected = np.asarray([oracle(int(max(c, 0))) for c in counts], np.longdouble)
    for how, got in each_way.items():
        far = ulps(got, expected)
        i = int(np.argmax(np.where(np.isnan(far), np.inf, far)))
        assert far[i] <= max_ulps, (
            f"{name}: {far[i]:.1f} ulp from the oracle at count {counts[i]} with its "
            f"numbers as {how}: got {got[i]:.9g}, expected {expected[i]:.9g} "
            f"({max_ulps:g} ulp allowed)"
        )


def check_monotone(
    schedule: AbstractSchedule, counts: Sequence[int] | np.ndarray, *, falling: bool = True
) -> None:
    """Checks that values never move against the direction of the schedule."""
    for how, got in _each_way(schedule, np.asarray(counts).astype(np.int32)):
        steps = np.diff(got) if falling else -np.diff(got)
        wrong = np.flatnonzero(steps > 0)
        assert wrong.size == 0, (
            f"{type(schedule).__name__}: moves the wrong way at {wrong.size} counts with "
            f"its numbers as {how}, first after count {np.asarray(counts)[wrong[0]]}"
        )


def assert_schedules_equal(a: AbstractSchedule, b: AbstractSchedule) -> None:
    """Asserts that two schedules have the same structure and the same numbers.

    >>> import jaxsched as js
    >>> assert_schedules_equal(js.Constant(0.1), js.Constant(0.1))
    """
    left, right = jax.tree.structure(a), jax.tree.structure(b)
    assert left == right, f"different structures:\n{a!r}\n{b!r}"
    for (path, x), y in zip(_leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(
            np.asarray(x), np.asarray(y), err_msg=jax.tree_util.keystr(path)
        )


def _check_structure(schedule: Any) -> None:
    name = type(schedule).__name__
    assert isinstance(schedule, AbstractSchedule), f"{name} is not an AbstractSchedule"
    stateful = hasattr(schedule, "init") and hasattr(schedule, "update")
    assert not stateful, (
        f"{name} has both `init` and `update`: optax would take it for a stateful "
        f"schedule. Rename one."
    )
    for field in getattr(schedule, "__dataclass_fields__", {}).values():
        value = getattr(schedule, field.name)
        hidden = field.metadata.get("static") and isinstance(value, (int, float))
        assert not hidden or isinstance(value, bool), (
            f"{name}.{field.name} is a number but static: a sweep would compile once a "
            f"value. Declare it without static()."
        )
    leaves, treedef = jax.tree.flatten(schedule)
    again = jax.tree.unflatten(treedef, leaves)
    assert jax.tree.structure(again) == treedef, (
        f"{name}: structure changes on a round trip"
    )
    assert hash(treedef) == hash(jax.tree.structure(again)), f"{name}: unstable hash"


def _check_calls(
    schedule: AbstractSchedule, counts: np.ndarray, each_way: dict[str, np.ndarray]
) -> None:
    name, dtype = type(schedule).__name__, clock.float_dtype()
    single = [schedule(int(count)) for count in counts]
    for count, value in zip(counts, single, strict=True):
        assert value.shape == (), f"{name}({count}) has shape {value.shape}, not ()"
        assert value.dtype == dtype, f"{name}({count}) is {value.dtype}, not {dtype}"
        assert not value.weak_type, f"{name}({count}) is weakly typed"
        assert np.isfinite(value), f"{name}({count}) is not finite: {value}"
    single = np.asarray(single)
    for how, got in each_way.items():
        assert got.shape == counts.shape, f"{name} of an array has shape {got.shape}"
        far = ulps(got, single)
        i = int(far.argmax())
        assert far[i] <= 4, (
            f"{name}({counts[i]}) under jit, numbers as {how}, is {got[i]:.9g}, and "
            f"{single[i]:.9g} eagerly"
        )
    grid = jax.eval_shape(schedule, counts[:4].reshape(2, 2))
    assert grid.shape == (2, 2), f"{name} of a 2 x 2 array has shape {grid.shape}"
    _check_one_trace(schedule)


def _check_one_trace(schedule: AbstractSchedule) -> None:
    traces = 0

    @jax.jit
    def call(schedule, count):
        nonlocal traces
        traces += 1
        return schedule(count)

    for scale in (1.0, 0.5, 0.25):
        call.trace(_as_arrays(schedule, scale), jnp.int32(3))
    assert traces == 1, f"{type(schedule).__name__}: {traces} traces for 3 values, not 1"


def _check_vmap(schedule: AbstractSchedule, counts: np.ndarray, alone: np.ndarray) -> None:
    """Every leaf batched alone: the lanes are those of the schedule itself."""
    name = type(schedule).__name__
    leaves, treedef = jax.tree.flatten(_as_arrays(schedule))

    def alone_in_a_batch(leaves, i):
        axes = [0 if i == j else None for j in range(len(leaves))]
        batch = [jnp.stack([x, x]) if i == j else x for j, x in enumerate(leaves)]
        run = jax.vmap(lambda *x: jax.tree.unflatten(treedef, x)(counts), in_axes=axes)
        return run(*batch)

    # One program for all leaves, since compiling is what takes the time.
    every = jax.jit(
        lambda leaves: [alone_in_a_batch(leaves, i) for i in range(len(leaves))]
    )
    batches = [np.asarray(x) for x in every(leaves)]
    for (path, _), lanes in zip(_leaves(schedule), batches, strict=True):
        where = f"{name}{jax.tree_util.keystr(path)}: batched, it gives"
        assert lanes.shape == (2, *counts.shape), f"{where} shape {lanes.shape}"
        far = ulps(lanes, np.broadcast_to(alone, lanes.shape))
        assert far.max() <= 4, f"{where} {lanes}, and {alone} alone"


def _check_gradients(schedule: AbstractSchedule, counts: np.ndarray) -> None:
    """Finite in every leaf that is real, lengths as floats included."""
    real = _real(schedule)
    slope = jax.grad(lambda s, c: s(c), allow_int=True)
    slopes = jax.jit(jax.vmap(slope, in_axes=(None, 0)))(real, counts)
    for path, slope in _leaves(slopes):
        if slope.dtype == jax.dtypes.float0:
            continue
        bad = ~np.isfinite(np.asarray(slope)).reshape(len(counts), -1).all(1)
        assert not bad.any(), (
            f"{type(schedule).__name__}{jax.tree_util.keystr(path)}: the gradient is not "
            f"finite at counts {counts[bad]}"
        )


def _each_way(
    schedule: AbstractSchedule, counts: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    numbers = _as_arrays(schedule)
    yield "constants", np.asarray(jax.jit(lambda c: schedule(c))(counts))
    yield "arguments", np.asarray(jax.jit(lambda s, c: s(c))(numbers, counts))
    # XLA rearranges sums with constants in them.
    fixed = jax.jit(lambda s: s(counts))
    yield "arguments and the count as a constant", np.asarray(fixed(numbers))


def _as_arrays(schedule: Any, scale: float = 1.0) -> Any:
    def convert(leaf):
        leaf = jnp.asarray(leaf)
        if jnp.issubdtype(leaf.dtype, jnp.floating):
            return leaf.astype(clock.float_dtype()) * scale
        return leaf

    return jax.tree.map(convert, schedule)


def _real(schedule: Any) -> Any:
    """Lengths as floats too, but not what chooses a branch."""

    def convert(path, leaf):
        chooses = getattr(path[-1], "name", "") in ("index", "seed")
        dtype = clock.int_dtype() if chooses else clock.float_dtype()
        return jnp.asarray(leaf).astype(dtype)

    return jax.tree_util.tree_map_with_path(convert, schedule)


def _leaves(tree: Any) -> list[tuple[Any, Any]]:
    return jax.tree_util.tree_flatten_with_path(tree)[0]
