"""Many schedules at once: batches, spaces to search, the engine, its results."""

from ._convergence import ConvergenceTime as ConvergenceTime
from ._convergence import ParetoPoint as ParetoPoint
from ._convergence import Survival as Survival
from ._convergence import area_under_curve as area_under_curve
from ._convergence import convergence_times as convergence_times
from ._convergence import kaplan_meier as kaplan_meier
from ._convergence import pareto_front as pareto_front
from ._distributions import choices as choices
from ._distributions import integers as integers
from ._distributions import log_integers as log_integers
from ._distributions import log_uniform as log_uniform
from ._distributions import uniform as uniform
from ._draws import grid as grid
from ._draws import sample as sample
from ._effects import DivergedCount as DivergedCount
from ._effects import MainEffect as MainEffect
from ._effects import Placement as Placement
from ._effects import count_diverged as count_diverged
from ._effects import main_effects as main_effects
from ._effects import winner_placements as winner_placements
from ._engine import Task as Task
from ._engine import clear_programs as clear_programs
from ._engine import default_chunk as default_chunk
from ._engine import metric_names as metric_names
from ._engine import run as run
from ._evolution import Evolution as Evolution
from ._evolution import Round as Round
from ._explore import perturb as perturb
from ._files import read_csv as read_csv
from ._files import read_json as read_json
from ._files import write_csv as write_csv
from ._files import write_json as write_json
from ._halving import halve as halve
from ._halving import hyperband as hyperband
from ._halving_result import HalvingResult as HalvingResult
from ._halving_result import Rung as Rung
from ._hyperoptax import HyperoptaxSearch as HyperoptaxSearch
from ._members import Members as Members
from ._members import pool as pool
from ._optuna import OptunaSearch as OptunaSearch
from ._population import evolve as evolve
from ._progress import Progress as Progress
from ._report import report as report
from ._result import SweepResult as SweepResult
from ._space import one_of as one_of
from ._space import space as space
from ._stability import RankStability as RankStability
from ._stability import rank_stability as rank_stability
from ._stack import num_members as num_members
from ._stack import stack as stack
from ._stack import unstack as unstack
from ._statistics import Estimate as Estimate
from ._statistics import PairedDifference as PairedDifference
from ._statistics import mean_interval as mean_interval
from ._statistics import paired_difference as paired_difference
from ._summary import FamilySummary as FamilySummary
from ._summary import measure_overhead as measure_overhead
from ._summary import summarise as summarise

__all__ = [
    "ConvergenceTime",
    "DivergedCount",
    "Estimate",
    "Evolution",
    "FamilySummary",
    "HalvingResult",
    "HyperoptaxSearch",
    "MainEffect",
    "Members",
    "OptunaSearch",
    "PairedDifference",
    "ParetoPoint",
    "Placement",
    "Progress",
    "RankStability",
    "Round",
    "Rung",
    "Survival",
    "SweepResult",
    "Task",
    "area_under_curve",
    "choices",
    "clear_programs",
    "convergence_times",
    "count_diverged",
    "default_chunk",
    "evolve",
    "halve",
    "hyperband",
    "integers",
    "kaplan_meier",
    "log_integers",
    "log_uniform",
    "main_effects",
    "mean_interval",
    "measure_overhead",
    "metric_names",
    "num_members",
    "one_of",
    "paired_difference",
    "pareto_front",
    "perturb",
    "pool",
    "rank_stability",
    "read_csv",
    "read_json",
    "report",
    "run",
    "space",
    "summarise",
    "uniform",
    "winner_placements",
    "write_csv",
    "write_json",
]
