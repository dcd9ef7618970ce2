"""Questions to check oneself, exercises and their solutions, which all open at a click.

    ```{self-check} Which base belongs under a share of those who answered?
    :right: 2

    Everyone who was asked
    : What speaks for this, and what against it.

    Those who answered
    : Why it is this one.
    ```

A question and an exercise are folded to their titles, and a solution lies within its exercise. The
page shows an option's feedback once it is chosen: the style sheet does that, and a script of
the theme reads it out. On paper, and where the style sheet is not understood, all of it is there.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import (
    exercise_enumerable_node,
    is_extension_node,
    is_solution_node,
    solution_node,
)


class Question(nodes.General, nodes.Element):
    """A question, with its text and options as children."""


class Legend(nodes.General, nodes.TextElement):
    """The text of a question."""


class Option(nodes.General, nodes.Element):
    """An option, with its text and the feedback to it as children."""


class Choice(nodes.General, nodes.TextElement):
    """The text of an option."""


class Feedback(nodes.General, nodes.Element):
    """What is said to those who choose an option."""


class SelfCheck(SphinxDirective):
    """A question with options, of which one is right."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"right": directives.positive_int}  # noqa: RUF012, docutils reads it so

    def run(self) -> list[nodes.Node]:
        """Return the question, or say what is wrong with it."""
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        found = list(body.findall(nodes.definition_list_item))
        right = self.options.get("right", 0)
        if len(found) < 3 or not 1 <= right <= len(found):
            raise self.error("a self-check needs three options or more, and :right: names one")
        name = f"check-{self.env.new_serialno('self-check') + 1}"
        text, messages = self.state.inline_text(self.arguments[0], self.lineno)
        question = Question("", Legend("", "", *text, ids=[name]))
        for number, item in enumerate(found, start=1):
            term, definition = item.children
            verdict = nodes.strong("", "Right." if number == right else "Not this one.")
            definition[0].insert(0, [verdict, nodes.Text(" ")])
            kind = "right" if number == right else "wrong"
            question += Option(
                "",
                Choice("", "", *term.children, name=name, value=str(number)),
                Feedback("", *definition.children, classes=["feedback", kind]),
            )
        return [question, *messages]


def open_legend(translator: HTML5Translator, node: Legend) -> None:
    """Begin a question with what opens it."""
    translator.body.append(f'<details class="question"><summary id="{node["ids"][0]}">')


def close_legend(translator: HTML5Translator, node: Legend) -> None:
    """Begin a form that sends nothing anywhere."""
    translator.body.append(
        '</summary>\n<form class="self-check" autocomplete="off">'
        f'<fieldset aria-labelledby="{node["ids"][0]}">\n'
    )


def close_question(translator: HTML5Translator, _: nodes.Element) -> None:
    """End the form, with a place for what is read out."""
    end = '</fieldset><p class="sr-only" role="status"></p></form></details>\n'
    translator.body.append(end)


def open_choice(translator: HTML5Translator, node: Choice) -> None:
    """Begin a radio button with its text."""
    button = f'<input type="radio" name="{node["name"]}" value="{node["value"]}">'
    translator.body.append(f"<label>{button} <span>")


def open_fold(translator: HTML5Translator, node: nodes.Element) -> None:
    """Begin an exercise or a solution, whose title opens it."""
    translator.body.append(translator.starttag(node, "details"))
    translator.body.append("<summary>")
    node.pop(0).walkabout(translator)
    translator.body.append("</summary>\n")


def settle(app: Sphinx, document: nodes.document, _: str) -> None:
    """Count exercises from one in each chapter, put solutions into them, and simplify both."""
    number, exercise = 0, nodes.Element()
    for node in list(document.findall(is_extension_node)):
        for section in list(node.findall(nodes.section)):
            section["ids"] = []  # which are the same in each of them
            section.replace_self(section.children)
        # A title would be numbered through the whole book.
        if is_solution_node(node):
            node[0] = nodes.inline("", "Solution")
            node.parent.remove(node)
            exercise.append(node)
        else:
            exercise = node
            number += 1
            title = node[0].astext().partition("(")[2].removesuffix(")")
            trains, *kind = node[1].astext().rstrip(".").split(" · ")
            node[0] = nodes.inline("", f"Exercise {number}: {title} ")
            node[0] += nodes.inline("", ", ".join(kind), classes=["kind"])
            node[1] = nodes.paragraph("", "", nodes.emphasis("", f"{trains}."))
            node["classes"] = ["exercise"]


def _tags(opening: str, closing: str) -> tuple:
    """Return functions that write two pieces of HTML around a node's content."""
    return (
        lambda translator, node: translator.body.append(opening),
        lambda translator, node: translator.body.append(closing),
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known to Sphinx, and how its nodes and solutions are written."""
    app.setup_extension("sphinx_exercise")
    app.add_directive("self-check", SelfCheck)
    app.connect("doctree-resolved", settle)
    app.add_node(Question, html=(lambda *_: None, close_question))
    app.add_node(Legend, html=(open_legend, close_legend))
    app.add_node(Option, html=_tags('<div class="option">', "</div>\n"))
    app.add_node(Choice, html=(open_choice, lambda t, _: t.body.append("</span></label>\n")))
    app.add_node(
        Feedback,
        html=(
            lambda t, node: t.body.append(t.starttag(node, "div")),
            lambda t, _: t.body.append("</div>\n"),
        ),
    )
    for fold in (exercise_enumerable_node, solution_node):
        app.add_node(
            fold,
            override=True,
            html=(open_fold, lambda t, _: t.body.append("</details>\n")),
        )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
