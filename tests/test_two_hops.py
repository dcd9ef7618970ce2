"""From any computed number to its cell, and from the helpers named there to their source."""

import functools
import os
import random
import re
import subprocess
from pathlib import Path

import pytest
from browsing import CHAPTERS, SITE
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
PAGES = ["intro.html", *CHAPTERS]
NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,.]*%?")
# Where numbers are computed: sentences, captions and tables that a cell of the book put out.
SHOWN = ".cell_output > :is(p, ol, ul, .admonition), .cell_output :is(figcaption, caption, td)"


@functools.cache
def page(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


def said(element):
    """Return the text of an element without the code behind it."""
    copy = BeautifulSoup(str(element), "html.parser")
    for code in copy.select("details.code, a.code"):
        code.decompose()
    return copy.get_text()


def numbers():
    """Return every computed number of the book: its page, its place on it, and its digits."""
    return [
        (name, place, digits)
        for name in PAGES
        for place, element in enumerate(page(name).select(SHOWN))
        for digits in NUMBER.findall(said(element))
    ]


def drawn(population, size):
    """Draw with a seed that changes with every commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return random.Random(commit.stdout).sample(population, size)


def code_of(element):
    """Return the code one step away: in sight above, behind a button, or at the end of a link."""
    cell = element.find_parent(class_="cell")
    folded = cell.select("details.code")
    shown = [code for code in cell.select(".cell_input") if not code.find_parent(class_="code")]
    return shown or [code for fold in folded for code in fold.select(".cell_input")]


@pytest.fixture(scope="module")
def sample():
    return drawn(numbers(), 20) if (SITE / "intro.html").exists() else []


def test_twenty_numbers_lead_to_their_cells(sample):
    assert len(sample) == 20
    for name, place, digits in sample:
        code = code_of(page(name).select(SHOWN)[place])
        assert code, (name, digits)
        assert any(block.get_text().strip() for block in code)


def test_helpers_in_these_cells_lead_to_their_source(sample):
    for name, place, digits in sample:
        code = code_of(page(name).select(SHOWN)[place])
        links = [link for block in code for link in block.select("a.helper")]
        assert links, (name, digits)
        for link in links:
            target, _, anchor = link["href"].partition("#")
            source = page(os.path.normpath(Path(name).parent / target))
            definition = source.find(id=anchor).get_text()
            assert re.search(rf"(def|class) {anchor}\b", definition)


def test_every_module_is_in_the_reference():
    pages = [page(path.relative_to(SITE)) for path in (SITE / "reference").glob("*.html")]
    shown = {
        ".".join(heading.get_text().removesuffix("#") for heading in (one.h1, module))
        for one in pages
        for module in one("h2")
    }
    assert shown == {
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for package in ("audit", "helpers", "learn")
        for path in (ROOT / "src" / package).rglob("*.py")
        if path.stem != "__init__"
    }
