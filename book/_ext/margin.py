"""Put the source that a sentence names in the margin beside it, or below it on a narrow page.

The reference stands in the list at the end of the book. What stands beside the text is a copy of
it, at the first place on each page that names it.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


class MarginNote(nodes.General, nodes.TextElement):
    """A short text beside a paragraph."""


def add_notes(_: Sphinx, document: nodes.document, page: str) -> None:
    """Put a note after what names sources for the first time on its page."""
    seen: set[str] = set()
    for paragraph in list(document.findall(nodes.paragraph)):
        links = [link for link in paragraph.findall(nodes.reference) if is_citation(link)]
        new = {link["refuri"]: link for link in links if link["refuri"] not in seen}
        if not new:
            continue
        seen.update(new)
        block: nodes.Element = paragraph
        # Out of lists and boxes; before the first heading there is no section.
        while not isinstance(block.parent, nodes.section | nodes.document):
            block = block.parent
        place = block.parent.index(block) + 1
        while place < len(block.parent) and isinstance(block.parent[place], MarginNote):
            place += 1
        block.parent.insert(place, [note(link) for link in new.values()])


def is_citation(link: nodes.reference) -> bool:
    """Say whether a link leads to a reference, whose text is then its title."""
    return "references.html#" in link.get("refuri", "") and "reftitle" in link


def note(link: nodes.reference) -> MarginNote:
    """Return a note with the text of a reference, whose DOI is a link."""
    text, _, doi = link["reftitle"].partition("doi:")
    doi = doi.rstrip(".")
    address = nodes.reference("", doi, refuri=f"https://doi.org/{doi}", classes=["external"])
    return MarginNote("", text, *[address] * bool(doi))


def open_note(translator: HTML5Translator, _: MarginNote) -> None:
    """Begin a note."""
    translator.body.append('<div class="source" role="note"><small>')


def close_note(translator: HTML5Translator, _: MarginNote) -> None:
    """End it."""
    translator.body.append("</small></div>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Make notes of what bibliographies hold, once the pages were read."""
    app.add_node(MarginNote, html=(open_note, close_note))
    app.connect("doctree-resolved", add_notes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
