"""Sphinx: the site, from the Markdown pages beside this file."""

project = "jaxsched"
author = "The jaxsched authors"
extensions = ["myst_parser"]
html_theme = "sphinx_book_theme"
html_title = "jaxsched"
exclude_patterns = ["_build", "benchmarks"]
myst_enable_extensions = ["dollarmath"]
