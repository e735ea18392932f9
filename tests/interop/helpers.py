"""The curves that were read off the peers, and what `port` makes of the same arguments.

In a case `{"lambda": EXPR}` is a function of `t`, evaluated here with the functions of
JAX, so that it can be traced.
"""

import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched.interop import port

CURVES = pathlib.Path(__file__).resolve().parent / "curves"
TOLERANCES = {False: 2e-6, True: 1e-9}  # of the peak, without and with x64
_LENGTH = 60  # counts and metrics are padded to it, so that structures share a program


def cases(peer):
    """The cases of a peer, without those whose noise is its own."""
    found = json.loads((CURVES / f"{peer}.json").read_text())
    return [case for case in found if not _is_noisy(case)]


def ids(found):
    return [case["id"] for case in found]


def is_refused(case):
    """Whether the peer refused it in the constructor."""
    return case.get("raises", {}).get("at") == "constructor"


def ported(case, **more):
    """Our schedule or controller for the arguments of a case."""
    kwargs = {"base_lr": case["base_lr"], **_arguments(case["kwargs"]), **more}
    return port(case["peer"], case["scheduler"], **kwargs)


def check(case, key="values", **more):
    """Holds `port` against what was read off, at every count that was read."""
    made, expected = (
        ported(case, **more),
        _numbers(case[key] if key in case else case["also"][key]),
    )
    got = followed(case, made) if "metrics" in case else called(made, case["steps"])
    known = np.isfinite(expected)
    got, expected = got[known], expected[known]
    peak = np.abs(expected).max(initial=0) or 1.0
    worst = np.abs(got - expected).max(initial=0) / peak

    assert worst <= TOLERANCES[jax.config.jax_enable_x64], f"{worst:.3g} of the peak"


def called(schedule, steps):
    padded = np.resize(np.asarray(steps), max(_LENGTH, len(steps)))
    return np.asarray(schedule(padded), np.float64)[: len(steps)]


def followed(case, controller):
    """Optax acts on the update that it is fed with, the others on the next one."""
    metrics = _numbers(case["metrics"])
    padded = jnp.asarray(np.resize(metrics, _LENGTH), jnp.result_type(float))
    after = np.asarray(_trace(controller, padded), np.float64)
    start = 0 if case["peer"] == "optax" else -1
    values = [float(controller(controller.init())), *after]
    return np.asarray(values)[start + 1 :][: len(case["values"])]


@jax.jit
def _trace(controller, metrics):
    def step(state, value):
        state = controller.update(state, value=value)
        return state, controller(state)

    return jax.lax.scan(step, controller.init(), metrics)[1]


def _numbers(values):
    return np.asarray([float(value) for value in values], np.float64)


def _is_noisy(case):
    return any(
        "noise" in key and value is not None for key, value in case["kwargs"].items()
    )


class _Math:
    pi = float(np.pi)

    def __getattr__(self, name):
        return getattr(jnp, name)


_NAMES = {"math": _Math(), "min": jnp.minimum, "max": jnp.maximum, "where": jnp.where}


def _function(text):
    if " if " in text:  # which cannot be traced
        value, rest = text.split(" if ")
        condition, other = rest.split(" else ")
        text = f"where({condition}, {value}, {other})"
    return eval(f"lambda t: {text}", dict(_NAMES))


def _arguments(value):
    if isinstance(value, dict) and set(value) == {"lambda"}:
        return _function(value["lambda"])
    if isinstance(value, dict):
        return {key: _arguments(inner) for key, inner in value.items()}
    return [_arguments(v) for v in value] if isinstance(value, list) else value
