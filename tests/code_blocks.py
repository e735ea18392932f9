"""The fenced blocks of every page, and what runs each.

    python -m tests.code_blocks

prints them: how many a page has of each language, and who runs them. `docs/gallery.md` is
left out: it is made from code when the site is built.
"""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
MADE = ("docs/gallery.md",)
COMMANDS = ("sh", "bash")
DIRECTIVES = ("{eval-rst}", "{literalinclude}", "{toctree}")  # the site's, no code
_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n`]*)\n(.*?)^ *\2[`~]* *$", re.M | re.S)


class Block(NamedTuple):
    """What stands between two fences."""

    page: str
    line: int
    language: str
    text: str

    @property
    def runner(self) -> str:
        """Who runs it; nobody if there is no rule for its language."""
        if ">>>" in self.text:
            return "doctest"
        if self.language in DIRECTIVES:
            return "the site"
        if self.language in ("python", "text", *COMMANDS):
            return "test_code_blocks"
        return "nobody"

    @property
    def commands(self) -> list[str]:
        """Its lines as they are typed, without comments."""
        whole = self.text.replace("\\\n", " ").splitlines()
        lines = [re.sub(r"(^|\s+)#.*", "", line).strip() for line in whole]
        return [line for line in lines if line]


def blocks_of(path: Path) -> list[Block]:
    """In the order of the page."""
    text, page = path.read_text(), path.relative_to(ROOT).as_posix()
    return [
        Block(page, text[: m.start()].count("\n") + 1, (m[3].split() or [""])[0], m[4])
        for m in _FENCE.finditer(text)
    ]


def blocks() -> list[Block]:
    """Those of all pages."""
    found = [block for path in PAGES for block in blocks_of(path)]
    return [block for block in found if block.page not in MADE]


def main() -> None:
    print("| page | language | run by | blocks |\n| --- | --- | --- | ---: |")
    counts = Counter((block.page, block.language, block.runner) for block in blocks())
    for cells, number in sorted(counts.items()):
        print(f"| {' | '.join(cells)} | {number} |")


if __name__ == "__main__":
    main()
