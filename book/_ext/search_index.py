"""Write what the search looks through: the prose of every section, and what captions say.

Code, tables and the text in drawings are left out, so that a hit shows sentences. Exercises, terms
of the glossary and helpers are entries of their own. The search page reads the list as a script,
which browsers also load from a folder.
"""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

NAME = "search_index.js"
CAPTION = re.compile(r"<(?:fig)?caption>(.*?)(?:</(?:fig)?caption>|\Z)", re.DOTALL)
ENTRY = (nodes.section, nodes.definition_list_item, addnodes.desc)
APART = (
    *ENTRY,
    nodes.title,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.math_block,
    nodes.table,
    nodes.comment,
)


# Sections tell more than a definition or a task does, and most readers look for no helper.
SECTION, EXERCISE, TERM, HELPER = 1, 0.55, 0.5, 0.3


class Entry(NamedTuple):
    """A place that can be found, and how much its words weigh."""

    address: str
    page: str
    title: str
    text: str
    weight: float


def take_over(app: Sphinx) -> None:
    """Keep Sphinx from writing an index of its own, whose hits lead to no sections."""
    app.builder.search = False


def collect(app: Sphinx, document: nodes.document, page: str) -> None:
    """Keep the entries of a page for builds that do not write it again."""
    uri = app.builder.get_target_uri(page)
    title = app.env.titles[page].astext()
    entries = [
        Entry(f"{uri}#{anchor}", title, name, " ".join(map(sentence, prose(node))), weight)
        for node in document.findall(is_entry)
        for anchor, name, weight in [named(node)]
    ]
    lines = (json.dumps(entry, ensure_ascii=False) for entry in entries)
    kept(app, page).write_text(",\n".join(lines), encoding="utf-8")


def kept(app: Sphinx, page: str) -> Path:
    """Return where the entries of a page are kept, beside what Sphinx has read of it."""
    return Path(app.doctreedir, f"{page}.search")


def is_entry(node: nodes.Node) -> bool:
    """Say whether a node is a section, an exercise, a term or a helper."""
    if isinstance(node, nodes.definition_list_item):
        return isinstance(node.parent.parent, addnodes.glossary)
    return isinstance(node, (nodes.section, addnodes.desc)) or is_exercise(node)


def is_exercise(node: nodes.Node) -> bool:
    """Say whether a node is an exercise."""
    return isinstance(node, nodes.Element) and "exercise" in node.get("classes", [])


def named(node: nodes.Element) -> tuple[str, str, float]:
    """Return the anchor of an entry, what it is called, and its weight."""
    title = node[0]
    if is_exercise(node):
        return node["ids"][0], title[0].astext().strip(), EXERCISE
    if isinstance(node, addnodes.desc):
        return title["ids"][0], title["fullname"], HELPER
    if isinstance(node, nodes.definition_list_item):
        return title["ids"][0], title.astext(), TERM
    return node["ids"][0], title.astext(), SECTION


def prose(node: nodes.Element) -> Iterator[str]:
    """Give the texts of a node that are meant to be read, without those of entries within it."""
    if isinstance(node, addnodes.desc):  # of a helper, the sentence that it begins with
        yield from (paragraph.astext() for paragraph in list(node.findall(nodes.paragraph))[:1])
        return
    for child in node.children[0 if isinstance(node, nodes.section) else 1 :]:
        yield from texts(child)


def texts(node: nodes.Node) -> Iterator[str]:
    """Give the texts below a node that are meant to be read."""
    if isinstance(node, nodes.raw):
        if caption := CAPTION.search(node.astext()):
            yield html.unescape(re.sub(r"<[^>]*>", "", caption[1]))
    elif isinstance(node, nodes.TextElement) and not isinstance(node, APART):
        yield node.astext()
    elif isinstance(node, nodes.Element) and not isinstance(node, APART) and not is_exercise(node):
        for child in node.children:
            yield from texts(child)


def sentence(text: str) -> str:
    """Return a text as a sentence among others, with apostrophes as on the page."""
    text = re.sub(r"(?<=\w)'(?=\w)|(?<=s)'(?= )", "\N{RIGHT SINGLE QUOTATION MARK}", text)
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!", ":", ";", ")")) else f"{text}."


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the list beside the search page's script."""
    if error or app.builder.name != "html":
        return
    texts = [kept(app, page).read_text(encoding="utf-8") for page in sorted(app.env.found_docs)]
    lines = ",\n".join(filter(None, texts))
    script = f"const SECTIONS = [\n{lines}\n];\n"
    (Path(app.outdir) / "_static" / NAME).write_text(script, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build where pages are whole, and where it ends."""
    app.connect("builder-inited", take_over)
    app.connect("doctree-resolved", collect, priority=900)
    app.connect("html-collect-pages", lambda _: [("search", {}, "search.html")])
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
