"""The schedulers of timm.

The constructor of each leaves the optimizer at its own rate, or at the first one of the
warmup, and from count 1 on the rate is the value of a curve: at count 0 the two may
differ. `t_in_epochs` only says which steps count; the schedule is the same.
"""

import bisect
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule, Constant, Real, Steps, Wrapped, checks
from jaxsched.combinators import (
    Advance,
    Delay,
    Join,
    Maximum,
    Repeat,
    Stretch,
    Warmup,
    segments,
)
from jaxsched.controllers import AbstractController, ReduceOnPlateau
from jaxsched.curves import (
    Cosine,
    Exponential,
    KDecay,
    Linear,
    Polynomial,
    Power,
    SquareRoot,
)
from jaxsched.recipes import tanh_decay_schedule
from jaxsched.schedules import PiecewiseConstant, PowerDecay, Transition
