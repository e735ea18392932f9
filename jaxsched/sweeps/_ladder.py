"""The ladder of successive halving: when members are compared, and which go on."""

from typing import NamedTuple

import numpy as np


class Ladder(NamedTuple):
    """Rungs to climb, and who climbs against whom.

    Attributes:
        rungs: updates done at each rung; the last one is the whole training.
        eta: one member in so many goes on.
        brackets: `[members]`, how often the bracket of each member is cut, in the last
            rungs but one.
        groups: `[members]`; only members of the same group and bracket are compared.
    """

    rungs: list[int]
    eta: int
    brackets: np.ndarray
    groups: np.ndarray

    @property
    def mean_steps(self) -> int:
        """Updates as a mean over all members, whoever goes on; rounded down."""
        members, total, before = np.arange(len(self.brackets)), 0, 0
        for rung, done in enumerate(self.rungs):
            total += len(members) * (done - before)
            members, before = self.climbers(rung, members), done
        return total // len(self.brackets)

    def climbers(self, rung: int, ranking: np.ndarray) -> np.ndarray:
        """Who of some members, from best to worst, goes on after a rung; by number."""
        cuts_left = len(self.rungs) - 1 - rung
        cells = np.stack([self.brackets, self.groups], axis=1)[ranking]
        going_on = []
        for cell in np.unique(cells, axis=0):
            members = ranking[(cells == cell).all(axis=1)]
            is_cut = 0 < cuts_left <= cell[0]
            num = max(len(members) // self.eta, 1) if is_cut else len(members)
            going_on.append(members[:num])
        return np.sort(np.concatenate(going_on))


def rungs_of(num_steps: int, min_steps: int, eta: int) -> list[int]:
    """From the last rung down, each a factor of `eta` earlier, as early as allowed."""
    rungs = [num_steps]
    while num_steps // eta ** len(rungs) >= min_steps:
        rungs.append(num_steps // eta ** len(rungs))
    return rungs[::-1]


def bracket_sizes(num_members: int, num_rungs: int, eta: int) -> list[int]:
    r"""Members of Hyperband's brackets, from the one that is never cut on.

    The paper's $n_s = \lceil (s_{max} + 1) \eta^s / (s + 1) \rceil$ is scaled to the
    members that there are; what rounding leaves goes to the largest remainders.
    """
    paper = [-(-num_rungs * eta**s // (s + 1)) for s in range(num_rungs)]
    parts = [divmod(num_members * n, sum(paper)) for n in paper]
    sizes = [whole for whole, _ in parts]
    by_remainder = sorted(range(num_rungs), key=lambda s: -parts[s][1])
    for s in by_remainder[: num_members - sum(sizes)]:
        sizes[s] += 1
    return sizes
