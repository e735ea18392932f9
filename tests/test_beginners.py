"""What the page for beginners says of its pictures is so in the runs that they show."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow
DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "learning-rates-for-beginners.md").read_text()


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(DOCS), *sys.path])
        import beginners

        yield beginners


@pytest.fixture(scope="module")
def plain(script):
    return script.with_sgd()


@pytest.fixture(scope="module")
def adam(script):
    return script.with_adam()


def apart(first, second):
    """By how many standard errors the second is above the first, seed by seed.

    Of ratios, since losses have long tails: one bad run would hide what all others show.
    """
    ratios = np.log(second / first)
    return ratios.mean() / (ratios.std(ddof=1) / len(ratios) ** 0.5)


def test_too_low_is_still_falling(script, plain):
    """In every run, up to the end, and far above a good rate."""
    row = list(plain.schedules).index(script.name(script.LOW))
    losses = plain.result.evaluations["validation_loss"][row]
    half, most, last = losses[:, 29], losses[:, 49], losses[:, -1]
    good = plain.final(script.name(script.GOOD))

    assert (last < most).all()
    assert (most < half).all()
    assert last.min() > 2 * good.max()


def test_too_high_learns_nothing(script, plain):
    """No run ends better than guessing, and some jump far above it on the way."""
    row = list(plain.schedules).index(script.name(script.HIGH))
    losses = plain.result.evaluations["validation_loss"][row]

    assert losses[:, -1].min() > 0.98 * script.GUESSING
    assert losses.max() > 2 * script.GUESSING
    assert plain.final(script.name(script.HIGH), "validation_accuracy").max() < 0.2


def test_the_valley_is_steeper_on_the_right(script, plain):
    """Four times too high costs more than four times too low; in between is the best."""
    losses = [plain.final(script.name(rate)) for rate in script.LADDER]
    best = script.LADDER.index(script.GOOD)
    low, good, high = losses[best - 2], losses[best], losses[best + 2]

    means = [seeds.mean() for seeds in losses]

    assert np.argmin(means) in (best, best + 1)
    assert 1 < means[best - 1] / means[best] < 1.5
    assert good.max() > 2 * good.min()
    assert apart(good, low) > 5
    assert apart(low, high) > 5


def test_a_decay_ends_lower_than_a_constant(script, plain):
    """Than the best one too, and its runs end alike; which decay it is hardly matters."""
    constant, line, cosine = map(plain.final, ("constant", "line", "cosine"))

    for decay in (line, cosine):
        assert apart(decay, constant) > 3
        assert apart(decay, plain.final(script.name(script.GOOD))) > 3
        assert np.mean(decay < constant) > 0.8
        assert decay.std() < constant.std() / 3
    assert abs(np.mean(line - cosine)) < 0.2 * np.mean(constant - line)


def test_a_warmup_saves_adam_and_is_nothing_to_sgd(plain, adam):
    """At this rate, with this network; at a lower rate it saves less."""
    with_adam, with_sgd = (
        [trained.final(name) for name in ("line", "warmup, line")]
        for trained in (adam, plain)
    )

    assert apart(with_adam[1], with_adam[0]) > 5
    assert (with_adam[1] < with_adam[0]).all()
    lower = adam.final("line, low") - adam.final("warmup, line, low")
    assert 0 < lower.mean() < 0.1 * np.mean(with_adam[0] - with_adam[1])
    assert abs(np.mean(with_sgd[0] - with_sgd[1])) < 0.1 * with_sgd[0].mean()


def test_the_numbers_on_the_page(plain, adam):
    """As the runs give them; of another version of JAX within three standard errors."""
    rows = re.findall(r"^\| (.+) \| (.+) \| ([\d.]+) \| (\d+)% \|$", PAGE, re.M)

    assert len(rows) == 8
    for optimizer, name, loss, hits in rows:
        trained = adam if optimizer == "Adam" else plain
        for said, metric in (
            (float(loss), "validation_loss"),
            (int(hits) / 100, "validation_accuracy"),
        ):
            seeds = trained.final(name, metric)
            error = seeds.std(ddof=1) / len(seeds) ** 0.5
            assert abs(said - seeds.mean()) < 3 * error + 0.005  # the page rounds


def test_every_picture_is_drawn_and_there(script, plain, adam):
    """On the page and beside it, small; with all of its lines."""
    named = re.findall(r"\(images/beginners-(\w+)\.png\)", PAGE)
    figures = script.draw(plain, adam)
    lines = {key: [len(a.lines) for a in f.axes] for key, f in figures.items()}

    assert named == list(figures)
    assert lines == {"rates": [3], "valley": [18], "decay": [3, 3], "warmup": [2, 2]}
    for name in named:
        picture = (DOCS / "images" / f"beginners-{name}.png").read_bytes()
        assert picture[1:4] == b"PNG"
        assert len(picture) < 80_000
