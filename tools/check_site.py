"""Check the built pages: pictures say what they show, and links inside the book lead somewhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import contracts

FILE_NAME = re.compile(r"\S*/\S*|\S+\.(png|svg|jpe?g|gif|webp|avif)", re.IGNORECASE)
LINKS = ("href", "src", "poster", "data")
COLOURS = re.compile(r'</?span(?: class="[a-z]{1,2}\d?")?>')  # of code: most tags of a page


class Page(HTMLParser):
    """What one page holds: its anchors, its links, and its pictures without a text for them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.classes: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.faults: list[tuple[str, str]] = []
        self.section = ""
        self.drawing: str | None = None  # where an <svg> began that has no name yet
        self.in_title = False
        self.text = path.read_text(encoding="utf-8")
        self.feed(COLOURS.sub("", self.text))

    @property
    def place(self) -> str:
        """Where the parser is: the line, and the anchor before it."""
        after = f" (after #{self.section})" if self.section else ""
        return f"line {self.getpos()[0]}{after}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down anchors, links and pictures."""
        values = {name: value or "" for name, value in attrs}
        if anchor := values.get("id") or (tag == "a" and values.get("name")):
            self.anchors.add(anchor)
            self.section = anchor
        self.classes.update(values.get("class", "").split())
        self.links += [(self.place, values[name]) for name in LINKS if name in values]
        for candidate in values.get("srcset", "").split(","):
            self.links += [(self.place, url) for url in candidate.split()[:1]]
        if tag == "img" and (fault := image_fault(values)):
            self.faults.append((self.place, fault))
        if tag == "svg" and values.get("aria-hidden") != "true":
            self.start_drawing(values)
        self.in_title = tag == "title"

    def start_drawing(self, values: dict[str, str]) -> None:
        """Look at what an <svg> says of itself; it may still be named by a <title>."""
        label = values.get("aria-label", "").strip()
        # A drawing with links is a group, read piece by piece; an img hides what it holds.
        if values.get("role") not in ("img", "group"):
            self.faults.append((self.place, 'svg is neither role="img" nor aria-hidden="true"'))
        elif FILE_NAME.fullmatch(label):
            self.faults.append((self.place, f"svg has a file name for its label: {label}"))
        elif not label and not values.get("aria-labelledby"):
            self.drawing = self.place

    def handle_data(self, data: str) -> None:
        """Accept a <title> as the name of the drawing that it stands in."""
        if self.in_title and data.strip():
            self.drawing = None

    def handle_endtag(self, tag: str) -> None:
        """Report a drawing that ended without a name."""
        self.in_title = False
        if tag == "svg" and self.drawing:
            self.faults.append((self.drawing, "svg has neither an aria-label nor a title"))
            self.drawing = None


def image_fault(values: dict[str, str]) -> str:
    """Say what is wrong with the alternative text of an image; nothing if it is right."""
    image = f"img {values.get('src', '')[:80]}"
    is_decoration = values.get("role") == "presentation" or values.get("aria-hidden") == "true"
    if "alt" not in values:
        return f"{image} has no alt text"
    alt = values["alt"].strip()
    if not alt and not is_decoration:
        return f'{image} has an empty alt text, but is not marked role="presentation"'
    if FILE_NAME.fullmatch(alt):
        return f"{image} has a file name for its alt text: {alt}"
    return ""


def faults(site: Path, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Give each fault of the pages below a folder: where it is, and what.

    On the pages of the whole book, all must be found that anything looks for.
    """
    site = site.resolve()
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        links = [(place, link_fault(site, path, url, pages)) for place, url in page.links]
        name = path.relative_to(site).as_posix()
        yield from ((f"{name}, {place}", what) for place, what in page.faults + links if what)
    if whole:
        yield from missing(list(pages.values()))


def missing(pages: list[Page]) -> Iterator[tuple[str, str]]:
    """Give each name or text that no page has, although something looks for it there."""
    had = {f"#{name}" for page in pages for name in page.anchors}
    had |= {f".{name}" for page in pages for name in page.classes}
    for text in contracts.TEXTS:
        pattern = re.compile(text, re.DOTALL)
        had |= {text} if any(pattern.search(page.text) for page in pages) else set()
    for sign, reader in (contracts.NAMES | contracts.TEXTS).items():
        if sign not in had:
            yield "tools/contracts.py", f"no page has {sign}, for which {reader} looks"


def link_fault(site: Path, path: Path, url: str, pages: dict[Path, Page]) -> str:
    """Say what is wrong with a link; nothing if it is right or leads to another site."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{url} is no address"
    if parts.scheme or parts.netloc:
        return ""
    if parts.path.startswith("/"):
        return f"{url} begins at the server's root; the book may stand in a folder"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(site):
        return f"{url} leads out of the site's folder"
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return f"{url} leads to no file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return f"{url} leads to no place on that page"
    return ""
