"""Fold code that one cell after the other only arranges into one fold, not a row of them."""

from docutils import nodes
from sphinx.application import Sphinx


def join_folds(_: Sphinx, document: nodes.document) -> None:
    """Put the code of a folded cell that shows nothing in front of that of the next folded cell."""
    for cell in list(document.findall(is_folded)):
        following = cell.next_node(descend=False, siblings=True)
        if len(cell.children) == 1 and following is not None and is_folded(following):
            following[0][:0] = cell[0].children
            cell.parent.remove(cell)


def is_folded(node: nodes.Node) -> bool:
    """Say whether a node is a cell of which myst-nb will fold the code."""
    return isinstance(node, nodes.container) and node.get("hide_mode") == "input"


def setup(app: Sphinx) -> dict[str, bool]:
    """Join folds in every page that was read."""
    app.connect("doctree-read", join_folds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
