"""A page of HTML that needs nothing else: its style, tables and pictures."""

import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from ._style import require_matplotlib

# The policy forbids what the page does not do anyway: to ask for anything from anywhere.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1b1b; --soft: #5a5a5a;
  --line: #d4d4d4; --box: #f5f5f5; --warn: #b34700; }
@media (prefers-color-scheme: dark) {
  :root { --page: #16181c; --text: #e6e6e6; --soft: #a6a6a6; --line: #3a3d44;
    --box: #20232a; --warn: #ffb366; }
  figure svg { filter: brightness(0.88); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
p, li { max-width: 46rem; overflow-wrap: anywhere; }
.soft, figcaption { color: var(--soft); font-size: 0.9rem; }
.warnings li { color: var(--warn); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px;
  background: var(--box); }
table { border-collapse: collapse; font-size: 0.9rem; width: 100%; }
th, td { padding: 0.35rem 0.7rem; text-align: left; white-space: nowrap; }
th { border-bottom: 1px solid var(--line); }
tr + tr td { border-top: 1px solid var(--line); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { margin: 0; padding: 0.8rem; font-size: 0.85rem; }
.pictures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0; }
figcaption { margin-top: 0.3rem; }
figure.wide { grid-column: 1 / -1; }
figure.wide svg { min-width: 46rem; }
figure svg { display: block; width: 100%; height: auto; background: #fff; }
"""


def page(title: str, sections: Iterable[str]) -> str:
    """A page of sections, which are HTML; the title is text."""
    return _PAGE.format(title=escape(title), style=_STYLE, body="\n".join(sections))


def section(title: str, *parts: str) -> str:
    """A heading and what is under it; the title is text, the parts are HTML."""
    return "\n".join(["<section>", f"<h2>{escape(title)}</h2>", *parts, "</section>"])


def paragraph(text: str, kind: str = "") -> str:
    """Text as a paragraph, of a kind that the style knows."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def items(texts: Iterable[str], kind: str) -> str:
    """Texts as a list."""
    rows = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="{kind}">{rows}</ul>'


def code(text: str) -> str:
    """Text in columns or in a language, which scrolls inside its box."""
    return f'<div class="scroll" tabindex="0"><pre>{escape(text)}</pre></div>'


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table of texts and numbers, which scrolls inside its box.

    Numbers get four digits and their columns stand to the right; None and NaN are a dash.
    """
    columns = zip(*rows, strict=True)
    kinds = [' class="number"' * any(map(_is_number, column)) for column in columns]
    top = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>'
        for kind, name in zip(kinds, head, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{escape(brief(value))}</td>"
            for kind, value in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def picture(number: int, caption: str, draw: Any, is_wide: bool) -> str:
    """What a function draws on Matplotlib axes, with its text as outlines.

    Args:
        number: of the picture on the page, which keeps its parts apart from others'.
        caption: the text below.
        draw: takes `axes`, by keyword.
        is_wide: whether it takes the whole width of the page.
    """
    figure_class = require_matplotlib()
    from matplotlib import style

    # A user's own style, such as white on black, is for their pictures.
    own: Any = {"svg.fonttype": "path", "svg.hashsalt": "jaxsched"}
    with style.context(["default", own]):
        size = (10.6, 4.2) if is_wide else (5.2, 3.7)
        figure = figure_class(figsize=size, layout="constrained")
        draw(axes=figure.subplots())
        file = io.StringIO()
        nothing: Any = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", metadata=nothing)
    drawn = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", file.getvalue(), flags=re.S)
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>picture{number}-", drawn)
    named = f'<svg role="img" aria-label="{escape(caption)}"'
    kind = ' class="wide"' if is_wide else ""
    return (
        f'<figure{kind}>\n<div class="scroll">{drawn.replace("<svg", named, 1)}</div>'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )


def brief(value: Any) -> str:
    """A value in few characters: numbers with four digits, a dash for what is not one."""
    if value is None or value != value:  # NaN is not itself
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
