"""Turn Markdown that reads well in any notebook into what a page can do better.

A link to an entry of the bibliography, such as `[Wilson (1927)](../references.md#wilson1927)`,
leads to it and tells the source at a touch of the pointer. A link such as `[the figure](#by-job)`
leads to what a cell of the page put out under that id. A quotation that begins with words in
bold, such as `> **Guess first.** How many?`, becomes a box with these words as its title.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode
from sphinxcontrib.bibtex.domain import BibtexDomain

logger = logging.getLogger(__name__)
ID = re.compile(r' id="([^"]+)"')


class ResolveLinks(SphinxPostTransform):
    """Lead links to entries of the bibliography, and to figures and tables of the page."""

    default_priority = 5  # before myst-parser looks for a heading of that name

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 (as Sphinx has it)
        """Resolve every such link of the page; a key that is not there is warned of."""
        domain = self.env.get_domain("cite")
        assert isinstance(domain, BibtexDomain)
        pages = {key.docname for key in domain.bibliographies}
        cited = {citation.key: citation for citation in domain.citations}
        shown = {
            id_ for raw in self.document.findall(nodes.raw) for id_ in ID.findall(raw.astext())
        }
        for link in list(self.document.findall(pending_xref)):
            page, key = link["reftarget"], link.get("reftargetid")
            if link["refdomain"] is None and page in shown:
                link.replace_self(nodes.reference("", "", *link.children, refuri=f"#{page}"))
            if page not in pages or not key:
                continue
            if key not in cited:
                logger.warning("no entry of the bibliography has the key %r", key, location=link)
                continue
            told = cited[key].tooltip_entry.text.render_as("text")
            here, builder = self.env.docname, self.app.builder
            words = nodes.inline("", *(text for text in link[0].children))
            link.replace_self(
                make_refnode(builder, here, page, cited[key].citation_id, words, told)
            )


def make_boxes(_: Sphinx, document: nodes.document) -> None:
    """Turn quotations that begin in bold into boxes."""
    for quote in list(document.findall(nodes.block_quote)):
        texts = [node for node in quote[0] if node.astext()]  # markdown-it leaves empty ones
        if not texts or not isinstance(texts[0], nodes.strong):
            continue
        title = nodes.title("", texts.pop(0).astext().removesuffix("."))
        first = nodes.paragraph("", "", *texts)
        first.line, first.source = quote[0].line, quote[0].source
        if texts:
            first[0] = nodes.Text(texts[0].astext().lstrip())
        quote.replace_self(nodes.admonition("", title, *[first] * bool(texts), *quote[1:]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build where pages were read, and where their links are resolved."""
    app.add_post_transform(ResolveLinks)
    app.connect("doctree-read", make_boxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
