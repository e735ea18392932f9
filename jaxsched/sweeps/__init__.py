"""Many schedules at once: batches, spaces to search, the engine, its results."""

from ._engine import Task as Task
from ._engine import clear_programs as clear_programs
from ._engine import default_chunk as default_chunk
from ._engine import run as run
from ._files import read_csv as read_csv
from ._files import read_json as read_json
from ._files import write_csv as write_csv
from ._files import write_json as write_json
from ._progress import Progress as Progress
from ._result import SweepResult as SweepResult
from ._space import Members as Members
from ._space import choices as choices
from ._space import grid as grid
from ._space import integers as integers
from ._space import log_uniform as log_uniform
from ._space import pool as pool
from ._space import sample as sample
from ._space import uniform as uniform
from ._stack import num_members as num_members
from ._stack import stack as stack
from ._stack import unstack as unstack
from ._summary import FamilySummary as FamilySummary
from ._summary import measure_overhead as measure_overhead
from ._summary import summarise as summarise

__all__ = [
    "FamilySummary",
    "Members",
    "Progress",
    "SweepResult",
    "Task",
    "choices",
    "clear_programs",
    "default_chunk",
    "integers",
    "log_uniform",
    "measure_overhead",
    "num_members",
    "pool",
    "read_csv",
    "read_json",
    "run",
    "summarise",
    "uniform",
    "write_csv",
    "write_json",
]
