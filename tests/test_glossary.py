"""The glossary of the built site: each chapter leads to it from the first use of each term."""

import functools
import re
from itertools import chain
from pathlib import Path
from unicodedata import normalize
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

SITE = Path(__file__).parents[1] / "book" / "_build" / "html"
CHAPTERS = sorted(path.name for path in (SITE / "chapters").glob("*.html"))
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS)
# What is not running prose.
ASIDE = "h1, h2, h3, h4, .admonition-title, pre, code, math, .formula, .cell_output .output"
ASIDE += ", .cell_input, figure, table, details, fieldset, .exercise, .solution, .source"
ASIDE += ", a:not(.term)"
BREAK = "¶"
WORD = re.compile(rf"[\w’'-]+|{BREAK}|[^\w\s]")


@functools.cache
def page(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


@functools.cache
def entries():
    """Return for each entry the anchors of its names."""
    groups = []
    for term in page("glossary.html").select("dl.glossary > dt"):
        if term.find_previous_sibling() and term.find_previous_sibling().name == "dt":
            groups[-1].append(term)
        else:
            groups.append([term])
    return [{term["id"]: name_of(term) for term in group} for group in groups]


def name_of(term):
    return "".join(term.find_all(string=True, recursive=False)).strip()


def in_words(text):
    """Cut a text into words; a possessive s is a word of its own, as links leave it out."""
    words = []
    for word in WORD.findall(text.replace("’", "'")):
        stem, apostrophe, rest = word.partition("'")
        words += [stem, *([f"'{rest}"] if apostrophe else [])]
    return [word for word in words if word]


def same(word, part, *, first, last):
    """Say whether a word of the text is a word of a name, in what a sentence does to it."""
    if first and part[0].islower():
        word = word[0].lower() + word[1:]
    return word == part or (last and word in (part + "s", part + "es"))


@functools.cache
def longest_first():
    """Return the names of all entries in words, each with the number of its entry."""
    names = [
        (in_words(name), entry) for entry, group in enumerate(entries()) for name in group.values()
    ]
    return sorted(names, key=lambda pair: -len(" ".join(pair[0])))


def names_in(words):
    """Give the entries used in a text, in order and with repetition; of two names, the longer."""
    at = 0
    while at < len(words):
        for parts, entry in longest_first():
            here = words[at : at + len(parts)]
            if len(here) == len(parts) and all(
                same(word, part, first=i == 0, last=i == len(parts) - 1)
                for i, (word, part) in enumerate(zip(here, parts, strict=True))
            ):
                yield entry, at
                at += len(parts) - 1
                break
        at += 1


def prose(chapter):
    """Return the words of a chapter's prose, and at which of them each of its links begins."""
    # Parsed anew, since what is not prose is taken out.
    article = BeautifulSoup(str(page(f"chapters/{chapter}").article), "html.parser")
    for aside in article.select(ASIDE):
        aside.replace_with(BREAK)
    for element in article.select("p, li, dd, em, strong"):
        element.insert_before(BREAK)
        element.insert_after(BREAK)
    words, links = [], {}
    for text in article.find_all(string=True):
        link = text.find_parent("a", class_="term")
        if link:
            links[len(words)] = link
        words += in_words(text)
    return words, links


def entry_of(link):
    target = urlsplit(link["href"])
    assert (SITE / "chapters" / target.path).resolve() == SITE / "glossary.html"
    [entry] = [i for i, group in enumerate(entries()) if target.fragment in group]
    return entry


@every_chapter
def test_each_term_is_linked_once_where_it_is_first_used(chapter):
    words, links = prose(chapter)
    first_use = {}
    for entry, at in names_in(words):
        first_use.setdefault(entry, at)
    assert {at: entry_of(link) for at, link in links.items()} == {
        at: entry for entry, at in first_use.items()
    }


@every_chapter
def test_links_stand_in_prose_alone(chapter):
    article = page(f"chapters/{chapter}").article
    outside = {"h1", "h2", "h3", "h4", "pre", "code", "figure", "table", "label", "summary", "a"}
    for link in article.select("a.term"):
        assert not outside & {parent.name for parent in link.parents}
        assert link.get_text(strip=True)


def test_most_chapters_use_the_glossary():
    linked = [len(page(f"chapters/{chapter}").select("article a.term")) for chapter in CHAPTERS]
    assert min(linked) >= 1
    assert sum(linked) > len(entries())


def test_the_glossary_does_not_link_itself_and_is_in_order():
    glossary = page("glossary.html")
    assert not glossary.select("article a.term")
    first = [next(iter(group.values())).lower() for group in entries()]
    assert first == sorted(first, key=functools.partial(normalize, "NFKC"))  # G² as G2
    names = [*chain.from_iterable(group.values() for group in entries())]
    assert len(names) == len(set(names))


@functools.cache
def book():
    """Return all that the book says, but for the glossary, as words between spaces."""
    pages = [path for path in SITE.rglob("*.html") if path.name != "glossary.html"]
    texts = []
    for path in pages:
        article = page(path.relative_to(SITE).as_posix()).article
        texts.append(article.get_text() if article else "")
    return f" {' '.join(in_words(' '.join(texts)))} ".lower()


@pytest.mark.parametrize("entry", range(len(entries())) if CHAPTERS else [])
def test_every_entry_is_used_somewhere(entry):
    names = [re.sub(r" \(.*\)$", "", name) for name in entries()[entry].values()]
    used = [f" {' '.join(in_words(name))}".lower() for name in names]
    assert any(f"{name} " in book() or f"{name}s " in book() for name in used), names


@pytest.mark.parametrize("entry", range(len(entries())) if CHAPTERS else [])
def test_every_entry_explains_itself_in_a_few_sentences(entry):
    anchor = next(iter(entries()[entry]))
    text = " ".join(page("glossary.html").find(id=anchor).find_next_sibling("dd").text.split())
    assert 2 <= len(re.findall(r"[.!?](?= |$)", text)) <= 4, text
    assert 100 <= len(text) <= 450, text
