"""Cells in columns, as text, Markdown and HTML."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class TextTable(NamedTuple):
    """A table of texts, which shows itself.

    Attributes:
        head: names of the columns.
        rows: of cells, as many as columns.

    >>> print(TextTable(["schedule", "loss"], [["linear", "0.5"], ["cosine", "0.75"]]))
    schedule  loss
    linear     0.5
    cosine    0.75
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def select(self, columns: Sequence[int]) -> "TextTable":
        """The table of some of the columns, in the order in which they are given."""
        head, *rows = [[cells[i] for i in columns] for cells in (self.head, *self.rows)]
        return TextTable(head, rows)

    def to_markdown(self) -> str:
        """For a page of Markdown, all but the first column to the right."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        lines = [" | ".join(cells) for cells in (self._safe(self.head), rule)]
        lines += [" | ".join(self._safe(cells)) for cells in self.rows]
        return "\n".join(f"| {line} |" for line in lines)

    @staticmethod
    def _safe(cells: Sequence[str]) -> list[str]:
        return [cell.replace("|", "\\|") for cell in cells]

    def __str__(self) -> str:
        lines = [self.head, *self.rows]
        first, *widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = []
        for name, *cells in lines:
            others = [cell.rjust(w) for cell, w in zip(cells, widths, strict=True)]
            texts.append("  ".join([name.ljust(first), *others]).rstrip())
        return "\n".join(texts)

    def _repr_html_(self) -> str:
        """For notebooks."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.head)
        cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self.rows]
        rows = "".join(f"<tr>{row}</tr>" for row in cells)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
