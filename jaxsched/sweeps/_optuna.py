"""Optuna proposes members, a sweep trains them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxsched._core import checks

from ._distributions import Choices, Distribution, Range
from ._members import Members, plain
from ._scores import as_scores
from ._space import members, space


class OptunaSearch:
    """Members that an Optuna study asks for, and their scores told to it.

    A trial has the settings of its member as `params`: numbers, whole numbers, words; an
    object, such as a curve, as its code. Of a choice between families it has the family,
    and the settings of this one as `family.name`.

    Args:
        study: an `optuna.Study` of one objective. Its sampler proposes a batch before
            it knows any score of it: give `TPESampler` the option `constant_liar=True`.
        of: what `sweeps.space` or `sweeps.one_of` gave or takes.

    >>> import jax, optuna
    >>> import jaxsched as js
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    >>> search = OptunaSearch(study, js.Constant(js.sweeps.log_uniform(0.01, 1.0)))
    >>> schedules, settings = search.ask(8)
    >>> search.tell(jax.vmap(lambda schedule: (schedule(0) - 0.1) ** 2)(schedules))
    >>> len(study.trials), list(study.best_params)
    (8, ['value'])
    """

    def __init__(self, study: Any, of: Any):
        self._optuna = _optuna()
        self._study = study
        self._space = space(of)
        self._trials: list[Any] = []

    def ask(self, n: int) -> Members:
        """The next members, `n` of them.

        Those of an earlier call that no score was told of have failed.
        """
        checks.size("OptunaSearch.ask", n=n)
        self._tell([np.nan] * len(self._trials))
        self._trials = [self._study.ask() for _ in range(n)]
        rows = [
            self._space.row(lambda name, d, trial=trial: _suggested(trial, name, d))
            for trial in self._trials
        ]
        return members(self._space, rows)

    def tell(self, scores: Iterable[Any]) -> None:
        """The score of each member that was asked for; one that is not finite failed.

        Args:
            scores: a number a member, such as `result.scores("loss")`.
        """
        self._tell(as_scores("OptunaSearch", scores, len(self._trials)))

    def _tell(self, scores: Iterable[Any]) -> None:
        for trial, score in zip(self._trials, scores, strict=True):
            if np.isfinite(score):
                self._study.tell(trial, float(score))
            else:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        self._trials = []


def _suggested(trial: Any, name: str, distribution: Distribution) -> Any:
    if isinstance(distribution, Range):
        kind = trial.suggest_int if distribution.is_whole else trial.suggest_float
        return kind(name, distribution.low, distribution.high, log=distribution.is_log)
    assert isinstance(distribution, Choices)
    by_name = {plain(option): option for option in distribution.options}
    return by_name[trial.suggest_categorical(name, list(by_name))]


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "OptunaSearch needs Optuna: pip install 'jaxsched[search]'."
        ) from error
    return optuna
