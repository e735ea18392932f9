"""Sphinx: the site, from the Markdown pages beside this file and from docstrings."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import gallery

project = "jaxsched"
author = "The jaxsched authors"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx-mathjax-offline",  # formulas are drawn without a network
]
html_theme = "sphinx_book_theme"
html_title = "jaxsched"
html_theme_options = {"navbar_persistent": []}  # one field to search in, beside the page
exclude_patterns = ["_build", "benchmarks"]
myst_enable_extensions = ["dollarmath"]
autodoc_typehints = "none"  # the signature says them
python_use_unqualified_type_names = True

_BLOCK = re.compile(r"^( *)\$\$(.+?)\$\$[ \t]*(?=[.,;]?$)[.,;]?", re.M | re.S)
_INLINE = re.compile(r"(?<![`\\$])\$([^$\n]+(?:\n[^$\n]+)?)\$")
_CODE = re.compile(r"(?<![:`])`([^`]+)`(?![`_])")


def restructured(app, what, name, obj, options, lines):
    """Docstrings have Markdown's marks for formulas and code; autodoc reads others."""
    if what == "data":
        lines.clear()  # what is there is the docstring of its type
    text = "\n".join(lines)
    text = _CODE.sub(r"``\1``", text)
    text = _BLOCK.sub(_as_block, text)
    text = _INLINE.sub(lambda found: f":math:`{' '.join(found[1].split())}`", text)
    lines[:] = text.split("\n")


def _as_block(found):
    space, formula = found[1], " ".join(found[2].split())
    return f"\n{space}.. math:: {formula}\n"


def setup(app):
    gallery.write()
    app.connect("autodoc-process-docstring", restructured, priority=100)
