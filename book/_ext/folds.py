"""Fold the code of a cell behind a small button at the end of what the cell shows.

The button stands behind the last word of a sentence, of a figure's caption or of a table's, so that
every computed number has its code one step away. A cell tagged `hide-input` that shows nothing is
folded together with the next one.
"""

import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import contracts

NEXT = "what follows"
KINDS = {"figcaption": "this figure", "caption": "this table"}
BLOCKS = (
    *(nodes.admonition, nodes.block_quote),
    *(nodes.bullet_list, nodes.enumerated_list, nodes.list_item),
)


class Fold(nodes.General, nodes.Element):
    """Folded code; `of` says what it made."""


def fold_code(_: Sphinx, document: nodes.document) -> None:
    """Put the code of folded cells behind what they show."""
    join_folds(document)
    for cell in filter(is_folded, list(document.findall(nodes.container))):
        del cell["hide_mode"]  # which is myst-nb's own way to fold
        code, *output = cell
        fold = Fold("", of=NEXT)
        cell.remove(code)
        fold += code
        if output:
            code["ids"].append(f"code-{cell['cell_index']}")
            attach(fold, list(output[0].findall(is_shown)))
        else:
            cell += fold


def join_folds(document: nodes.document) -> None:
    """Put the code of a folded cell that shows nothing in front of that of the next folded cell."""
    for cell in filter(is_folded, list(document.findall(nodes.container))):
        following = cell.next_node(descend=False, siblings=True)
        if len(cell.children) == 1 and following is not None and is_folded(following):
            following[0][:0] = cell[0].children
            cell.parent.remove(cell)


def is_folded(node: nodes.Node) -> bool:
    """Say whether a node is a cell whose code is to be folded."""
    return isinstance(node, nodes.container) and node.get("hide_mode") == "input"


def is_shown(node: nodes.Node) -> bool:
    """Say whether a node holds something that a cell shows."""
    return isinstance(node, nodes.container) and "mime_type" in node


def attach(fold: Fold, shown: list[nodes.container]) -> None:
    """Put a fold at the end of the last thing that a cell shows; those before it get a link."""
    *earlier, last = shown
    if last["mime_type"] == "text/markdown":
        fold["of"] = "this sentence" if len(last.children) == 1 else "this passage"
        while isinstance(last[-1], BLOCKS):
            last = last[-1]
        last += fold
    else:
        before, fold["of"], after = cut(last[0].astext())
        box = nodes.container(classes=last[0]["classes"])
        box += [nodes.raw("", before, format="html"), fold, nodes.raw("", after, format="html")]
        last[:] = [box]
    for one in earlier:
        before, of, after = cut(one[0].astext())
        link = f' <a class="code" href="#{fold[0]["ids"][0]}">{title(of)}</a>'
        if after:
            one[0].children[:] = [nodes.Text(before + link + after)]


def cut(html: str) -> tuple[str, str, str]:
    """Cut HTML where the button belongs, and say what it shows the code of."""
    if html.startswith(contracts.EXPLORER):
        before, end, after = html.rpartition("</div>")
        return before, "this explorer", end + after
    if caption := contracts.CAPTION.search(html):
        before, after = html[: caption.start()], html[caption.start() :]
        # Else a table would be called by its caption, the button and the code behind it.
        before = contracts.TABLE.sub(r'<table class="study" aria-label="\2">\1\2', before)
        return before, KINDS[caption[1]], after
    return html, "what is above", ""


def title(of: str) -> str:
    """Return what a button or link says: a short word for the eyes, and a full one for the ears.

    Both see the full one where the cell shows nothing that the short one could belong to.
    """
    return f"Code for {of}" if of == NEXT else f'Code<span class="sr-only"> for {of}</span>'


def open_fold(translator: HTML5Translator, node: Fold) -> None:
    """Begin a fold with its button."""
    translator.body.append(f' <details class="code"><summary>{title(node["of"])}</summary>\n')


def close_fold(translator: HTML5Translator, _: Fold) -> None:
    """End a fold."""
    translator.body.append("</details>")


def setup(app: Sphinx) -> dict[str, bool]:
    """Fold code in every page that was read."""
    app.add_node(Fold, html=(open_fold, close_fold))
    app.connect("doctree-read", fold_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
