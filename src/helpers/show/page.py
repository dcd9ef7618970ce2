"""What a chapter puts on its page: pieces of HTML, and sentences with computed numbers."""

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from helpers.show import guards

if TYPE_CHECKING:
    from ipywidgets import VBox


LANGUAGES = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "pt": "Portuguese"}
"""What pages call a language; others go by their code."""


class Html:
    """A piece of HTML that Jupyter and the book show as it is.

    Parameters
    ----------
    html
        The markup; whoever makes it has escaped what came from data.
    text
        What a plain terminal shows instead.

    Examples
    --------
    >>> Html("<p>Five</p>", "Five")
    Five
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def with_widgets(still: Html, live: Callable[[], "VBox"]) -> dict[str, object]:
    """Offer what Jupyter may show: widgets where a kernel answers them, and HTML for elsewhere.

    Parameters
    ----------
    still
        What is shown without a kernel.
    live
        Returns the widgets.

    Examples
    --------
    >>> from ipywidgets import VBox
    >>> list(with_widgets(heading("No kernel"), VBox))
    ['text/plain', 'text/html']
    """
    bundle = {"text/plain": still.text, "text/html": still.html}
    try:
        from comm import DummyComm

        widgets = live()
    except ImportError:
        return bundle
    # Without a kernel there is nobody whom a widget could ask.
    return bundle if isinstance(widgets.comm, DummyComm) else widgets._repr_mimebundle_() | bundle


class Markdown:
    """A piece of Markdown, which Jupyter, VS Code, Colab and the book show as text.

    Parameters
    ----------
    text
        What a plain terminal shows as it stands.

    Examples
    --------
    >>> Markdown("*Five*")
    *Five*
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def say(text: str) -> Markdown:
    """Show sentences with computed numbers in them, whole wherever the notebook is opened.

    Hyphens that stand before a number become minus signs.

    Parameters
    ----------
    text
        Markdown without roles and directives, which only the book's own pages would understand.

    Raises
    ------
    DisclosureError
        If the study is private and the text tells a small count of people.

    Examples
    --------
    >>> say(f"Of {2 + 2} people, {2 / 4:.0%} say yes (difference {1 - 2}).")
    Of 4 people, 50% say yes (difference −1).
    """
    guards.check_text(text)
    return Markdown(with_minus(text.strip()))


def listed(words: Iterable[object]) -> str:
    """Write words, or numbers, as a sentence lists them.

    Examples
    --------
    >>> listed([7, 8, 11]), listed(["cure"]), listed([])
    ('7, 8 and 11', 'cure', 'none')
    """
    *first, last = list(map(str, words)) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def with_minus(text: str) -> str:
    """Write the hyphens that stand before a number as minus signs, and none before nothing.

    Examples
    --------
    >>> with_minus("From -0.5 to -0.0, well-kept")
    'From −0.5 to 0.0, well-kept'
    """
    text = re.sub(r"(?<![^\s(])-(?=[0.]+(?![\d.]))", "", text)  # rounded to nothing
    return re.sub(r"(?<![^\s(])-(?=[\d.])", "\N{MINUS SIGN}", text)


def flow(steps: Sequence[tuple[int, str, str]], caption: str) -> Html:
    """Show how many people remain from step to step, the bar as long as their share of the first.

    Parameters
    ----------
    steps
        Number of people, who they are, and a remark, in the order of the study.
    caption
        What the flow shows.

    Raises
    ------
    DisclosureError
        If the study is private and few people remain or leave.

    Examples
    --------
    >>> flow([(4, "asked", "All of them."), (3, "answered", "One did not.")], "Who answered")
    Who answered
    4 asked. All of them.
    3 answered. One did not.
    """
    counts = [n for n, _, _ in steps]
    guards.check_counts([*counts, *(a - b for a, b in pairwise(counts))], caption)
    most = counts[0]
    items = "\n".join(
        f'<li><span class="bar" style="width: {100 * n / most:.1f}%"></span>'
        f"<strong>{n}</strong> {escape(who)}<small>{escape(remark)}</small></li>"
        for n, who, remark in steps
    )
    html = (
        f'<figure class="study flow">\n<ol>\n{items}\n</ol>\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )
    return Html(html, "\n".join([caption, *(f"{n} {who}. {remark}" for n, who, remark in steps)]))


def heading(text: str) -> Html:
    """Show a small heading inside a list of outputs.

    Examples
    --------
    >>> heading("Family").html
    '<p class="heading" role="heading" aria-level="3">Family</p>'
    """
    return Html(f'<p class="heading" role="heading" aria-level="3">{escape(text)}</p>', text)


def fold(title: str, text: str) -> Html:
    """Show a text that opens at a click on its title.

    Examples
    --------
    >>> fold("More", "a < b").html
    '<details class="study"><summary>More</summary><p>a &lt; b</p></details>'
    """
    inner = f"<summary>{escape(title)}</summary><p>{escape(text)}</p>"
    return Html(f'<details class="study">{inner}</details>', f"{title}: {text}")


def join(*pieces: Html) -> Html:
    """Put pieces one below the other.

    Examples
    --------
    >>> join(heading("Family"), Html("<p>Five</p>", "Five"))
    Family
    Five
    """
    html, text = ([getattr(piece, side) for piece in pieces] for side in ("html", "text"))
    return Html("\n".join(html), "\n".join(text))
