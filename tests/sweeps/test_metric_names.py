"""What a sweep would report, known before anything is trained."""

import jax

from jaxsched import sweeps

from .helpers import KEY, MEMBERS, run
from .tasks import Counted, Regression


def test_names_of_metrics_cost_no_second_trace():
    """Those of the step, then those of the evaluation; old keys will do."""
    names = sweeps.metric_names(Regression(), MEMBERS, key=jax.random.PRNGKey(0))
    assert names == ("loss", "rate", "error")

    counts = []
    for is_asked in (False, True):
        sweeps.clear_programs()
        task = Counted(traces=[])
        if is_asked:
            assert sweeps.metric_names(task, MEMBERS, key=KEY) == ("loss",)
        run(task, MEMBERS)
        counts.append(len(task.traces))
    assert counts[0] == counts[1] > 0
