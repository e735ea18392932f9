"""The report in a real browser, where there is one."""

import re
import shutil
import subprocess

import pytest

from jaxsched.plotting import write_report

from .helpers import crossed, noisy, pooled
from .pages import Page

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

# What the page itself must not have: a script, which tells how it was laid out.
PROBE = """<script>addEventListener("load", () => {
  const root = document.documentElement;
  const boxes = [...document.querySelectorAll(".scroll")];
  const inside = boxes.every(box => box.getBoundingClientRect().right <= innerWidth);
  const drawn = [...document.querySelectorAll("svg")].every(
    svg => svg.getBoundingClientRect().height > 100);
  parent.postMessage([innerWidth, root.scrollWidth, inside, drawn,
    performance.getEntriesByType("resource").length,
    getComputedStyle(document.body).backgroundColor].join("|"), "*");
});</script>"""
# A window of the browser's is not as narrow as a phone; a frame is.
FRAME = """<!DOCTYPE html><title>none</title>
<script>addEventListener("message", told => document.title = told.data);</script>
<iframe src="probed.html" width="{}" height="900" style="border: 0"></iframe>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("browser") / "report.html"
    write_report(pooled(), path, score="loss", target=0.5)
    return path


def browse(path, *options):
    """The document after it has loaded."""
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            f"--user-data-dir={path.parent / 'profile'}",
            *options,
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def test_the_browser_reads_what_was_written(report):
    """As many elements of each kind, in the same order of headings; nothing repaired."""
    written, read = Page(report.read_text(encoding="utf-8")), Page(browse(report))

    for tag in ("section", "h2", "figure", "svg", "path", "use", "table", "td", "li"):
        assert read.counts[tag] == written.counts[tag] > 0, tag
    assert read.rows == written.rows
    assert read.ids == written.ids


def test_a_picture_can_be_taken(report):
    """Without a server or a network."""
    shot = report.parent / "shot.png"
    browse(report, f"--screenshot={shot}", "--window-size=800,2000")

    assert shot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("width", [400, 1_200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out(width, scheme, report):
    """Wide tables scroll inside their box, pictures have a size, nothing is fetched."""
    text = report.read_text(encoding="utf-8")
    policy = re.search(r"<meta http-equiv=[^>]*>", text).group()
    probed = report.parent / "probed.html"
    probed.write_text(text.replace(policy, PROBE), encoding="utf-8")
    colours = f"--blink-settings=preferredColorScheme={int(scheme == 'light')}"
    frame = report.parent / "frame.html"
    frame.write_text(FRAME.format(width), encoding="utf-8")
    read = browse(frame, "--window-size=1300,1000", colours)
    found = re.search(r"<title>(.*?)</title>", read).group(1).split("|")

    inner, scroll, inside, drawn, fetched, background = found
    assert (inner, inside, drawn, fetched) == (str(width), "true", "true", "0")
    assert int(scroll) <= width
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 28)"}[scheme]


def test_scripts_of_users_do_not_run(tmp_path):
    """Names that are code stay names, and the policy would stop them too."""
    evil = (
        "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    )
    rows = crossed(family=[evil, "b"], peak=[1, 2])
    path = tmp_path / "report.html"
    write_report(noisy(rows), path, score="loss", pictures={evil: lambda axes: axes})
    page = Page(browse(path))

    assert "run" not in page.texts
    assert "script" not in page.counts
    assert "img" not in page.counts
    assert page.rows[1][0] in (evil, "b")
