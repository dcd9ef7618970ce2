r"""Turn formulas into MathML at build time, so that pages need no script to show them.

The book's settings choose it: `html_math_renderer: mathml`. A formula that cannot be read is a
warning, which ends the build.
"""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the renderer known to Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    translator.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula in lines of its own, which scroll if they are too long."""
    formula = mathml(node, "block")
    translator.body.append(
        f'<div class="formula" role="group" aria-label="Formula" tabindex="0">{formula}</div>\n'
    )
    raise nodes.SkipNode


def mathml(node: nodes.Element, display: str) -> str:
    """Return a formula in MathML; what stays a command is one that the converter does not know."""
    try:
        formula = convert(node.astext(), display=display)
    except Exception as error:  # each of its own classes derives from Exception alone
        LOGGER.warning("no formula: %s (%r)", node.astext(), error, location=node)
        return ""
    if "\\" in formula:
        LOGGER.warning("unknown command in a formula: %s", node.astext(), location=node)
    return formula
