"""Link the first use of each term in a chapter to the glossary, so that chapters need no markup.

An entry of the glossary may have several names, one a line: all lead to it, and the first that a
chapter uses is linked. Where names overlap, the longest counts. A name that begins with a small
letter is also found with a capital one, and each name in a plural with s or es. A name with a note
in brackets, such as "mean (average)", stands in no sentence: so everyday words have an entry and
are not linked.
"""

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

CHAPTERS = "chapters/"
# Where running prose stands, also in what cells put out. All else is left alone: headings, links,
# code, exercises, figures and tables.
PROSE = {
    nodes.container,
    *(nodes.document, nodes.section, nodes.paragraph, nodes.emphasis, nodes.strong),
    *(nodes.bullet_list, nodes.enumerated_list, nodes.list_item, nodes.block_quote),
    *(nodes.definition_list, nodes.definition_list_item, nodes.definition),
    *(nodes.admonition, nodes.important, nodes.note, nodes.tip, nodes.warning),
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build after links are resolved, when every page is known."""
    app.add_post_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@dataclass(frozen=True)
class Name:
    """One name of an entry: how it is written, where it is explained, and in which entry."""

    text: str
    page: str
    anchor: str
    entry: int

    @property
    def pattern(self) -> str:
        """What finds the name in a sentence, over line breaks and with either apostrophe."""
        text = re.escape(self.text[1:]).replace("'", "['’]").replace(r"\ ", r"\s+")
        first = self.text[0]
        either = f"[{first}{first.upper()}]" if first.islower() else re.escape(first)
        return rf"(?<![\w-]){either}{text}(?:e?s)?(?![\w-])"


class LinkTerms(SphinxPostTransform):
    """Link terms in the prose of a chapter."""

    default_priority = 400

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 (as Sphinx has it)
        """Link the first use of each entry, from the top of the page to its end."""
        if not self.env.docname.startswith(CHAPTERS):
            return
        self.names = names(self.env)
        if self.names:
            self.any_name = re.compile("|".join(f"({name.pattern})" for name in self.names))
            self.linked: set[int] = set()
            self.link(self.document)

    def link(self, element: nodes.Element) -> None:
        """Link what stands in an element; lines of a paragraph are texts of their own."""
        children: list[nodes.Node] = []
        for is_text, run in groupby(element.children, lambda child: isinstance(child, nodes.Text)):
            if is_text:
                children += self.pieces("".join(text.astext() for text in run))
                continue
            for child in run:
                if type(child) in PROSE:
                    self.link(child)
                children.append(child)
        element[:] = children

    def pieces(self, text: str) -> list[nodes.Node]:
        """Cut a text into links, where a term is used for the first time, and what is between."""
        pieces: list[nodes.Node] = []
        end = 0
        for match in self.any_name.finditer(text):
            name = self.names[match.lastindex - 1]
            if name.entry in self.linked:
                continue
            self.linked.add(name.entry)
            used = nodes.Text(match.group())
            here = self.env.docname
            link = make_refnode(self.app.builder, here, name.page, name.anchor, used)
            link["classes"].append("term")
            pieces += [nodes.Text(text[end : match.start()]), link]
            end = match.end()
        return [*pieces, nodes.Text(text[end:])]


def names(env: BuildEnvironment) -> list[Name]:
    """Return the names of all glossary entries, the longest first."""
    objects = env.get_domain("std").objects
    pages = {page for (kind, _), (page, _) in objects.items() if kind == "term"}
    entries = [
        (page, item)
        for page in sorted(pages)
        for glossary in env.get_doctree(page).findall(addnodes.glossary)
        for item in glossary.findall(nodes.definition_list_item)
    ]
    found = [
        Name(term.astext().replace("’", "'"), page, term["ids"][0], entry)
        for entry, (page, item) in enumerate(entries)
        for term in item.findall(nodes.term)
    ]
    return sorted(found, key=lambda name: -len(name.text))
