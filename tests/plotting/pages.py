"""A page of HTML as a test reads it: whether it is well formed, what it asks for."""

import re
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "link", "meta"}


class Page(HTMLParser):
    """Tags that are open, addresses, identifiers, texts, rows of tables."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong = [], []
        self.addresses, self.ids, self.texts, self.rows = [], [], [], []
        self.counts = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                self.addresses.append(value)
            elif name == "id":
                self.ids.append(value)
            self.addresses += re.findall(r"url\(([^)]*)\)", value or "")
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        if self.open and self.open[-1] == "style":
            self.addresses += re.findall(r"(?:url\(|@import)\s*([^\s);]*)", data)

    @property
    def text(self):
        """All that is written, spaces as they come."""
        return "".join(self.texts)


def assert_sound(text):
    """Well formed, with identifiers of its own, and nothing from outside."""
    page = Page(text)
    assert page.wrong == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for address in page.addresses:
        if address.startswith("#"):
            assert address[1:] in page.ids
        else:
            assert address.startswith("data:"), address
    # Names of XML's dialects are words, not addresses.
    bare = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert not re.search(r"https?://|//\w", bare)
    return page
