"""What halving and Hyperband find of a full sweep, and for how much of its work.

    python -m tests.benchmarks.halving [--quick]

512 schedules of 13 families on the digits, twelve seeds each, compared by the mean
validation loss. First each search with its winner's place in the full sweep, then who
would have been good in the end and is dropped at the first rung.
"""

import argparse
import functools

import jax
import numpy as np

import jaxsched as js
from jaxsched import sweeps, tasks

NUM_MEMBERS = 512
NUM_STEPS = 288
NUM_SEEDS = 12
KEYS = range(10, 15)  # none of those on which the default was chosen
METRIC = "validation_loss"
SEARCHES = {
    "halve": sweeps.halve,
    "halve, eta=3": functools.partial(sweeps.halve, eta=3),
    "hyperband": sweeps.hyperband,
    "halve in families": functools.partial(sweeps.halve, within="family"),
    "  the same, eta=3": functools.partial(sweeps.halve, eta=3, within="family"),
    "hyperband in families": functools.partial(sweeps.hyperband, within="family"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two keys")
    keys = KEYS[:2] if parser.parse_args().quick else KEYS
    rows, rankings, equal, lost = [], {}, [], {}
    print(
        f"{'key':3}  {'search':21}  {'winner':26}  {METRIC:>15}  {'rank':>4}  "
        f"{'updates':>7}  {'seconds':>7}"
    )
    for key in keys:
        for name, full, member, cost, seconds in searches(key, equal, lost):
            ranking = full.ranking(METRIC).tolist()
            score = full.final(METRIC)[member].mean()
            rank = 1 + ranking.index(member)
            print(
                f"{key:3}  {name:21}  {label(full, member):26}  {score:15.5f}  {rank:4}  "
                f"{cost:7.3f}  {seconds:7.1f}",
                flush=True,
            )
            rows.append((key, name, member))
        rankings[key] = ranking
    print("score and rank: in the full sweep; updates: as a share of its updates")
    print("seconds: at the first key with those to compile")

    print(
        f"\n{'search':21}  {'same winner':>11}  {'mean rank':>9}  {'with other keys':>15}"
    )
    for name in dict.fromkeys(name for _, name, _ in rows):
        found = [(key, member) for key, n, member in rows if n == name]
        here = [1 + rankings[key].index(member) for key, member in found]
        others = [
            1 + rankings[other].index(member)
            for key, member in found
            for other in keys
            if other != key
        ]
        same = f"{here.count(1)} of {len(keys)}"
        print(f"{name:21}  {same:>11}  {np.mean(here):9.1f}  {np.mean(others):15.1f}")
    print("with other keys: its rank in their full sweeps, of other starts and data")
    print(f"\nruns with the full sweep's losses, bit for bit: {100 * np.mean(equal):.1f}%")

    print(f"\nof the best third in the end, a mean over {len(keys)} keys")
    print(f"{'family':16}  {'members':>7}  {'dropped at the first rung':>25}")
    for family, counts in sorted(lost.items(), key=lambda item: -np.sum(item[1], 0)[1]):
        num, dropped = np.mean(counts, axis=0)
        print(f"{family:16}  {num:7.1f}  {dropped:25.1f}")
    print("dropped: by halve with eta=3, after a ninth of the updates")


def searches(number, equal, lost):
    """Each search of a key; adds to what is equal, and to what families lose."""
    options = {
        "num_steps": NUM_STEPS,
        "num_seeds": NUM_SEEDS,
        "key": jax.random.key(number),
        "progress": False,
    }
    members, task = pool(), tasks.Digits()
    full = sweeps.run(task, members, **options)
    ranking = full.ranking(METRIC)
    yield "full sweep", full, int(ranking[0]), 1.0, full.seconds
    for name, search in SEARCHES.items():
        found = search(task, members, metric=METRIC, **options)
        equal.append(share_equal(found, full))
        if name == "halve, eta=3":
            count(ranking, found, lost)
        yield name, full, found.winner, found.cost, found.seconds


def pool():
    """Families x peak values, as even as the number allows."""
    families = tasks.families(NUM_STEPS)
    share, more = divmod(NUM_MEMBERS, len(families))
    return sweeps.pool(
        **{
            name: js.grid(
                lambda peak, family=family: family(peak),
                peak=np.geomspace(3e-3, 3.0, share + (i < more)).tolist(),
            )
            for i, (name, family) in enumerate(families.items())
        }
    )


def label(full, member):
    settings = full.settings[member]
    return f"{settings['family']}, peak {settings['peak']:.3g}"


def share_equal(found, full):
    """Of the runs, as far as they were trained."""
    ours, theirs = found.curves["loss"], full.curves["loss"]
    trained = np.arange(NUM_STEPS) < found.steps[:, None, None]
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)) | ~trained
    return same.all(axis=-1).mean()


def count(ranking, found, lost):
    """How many of the best third each family has, and loses at the first rung."""
    good, kept = ranking[: NUM_MEMBERS // 3], set(found.rungs[1].members.tolist())
    for name in dict.fromkeys(row["family"] for row in found.settings):
        mine = {int(m) for m in good if found.settings[m]["family"] == name}
        lost.setdefault(name, []).append((len(mine), len(mine - kept)))


if __name__ == "__main__":
    main()
