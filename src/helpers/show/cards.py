"""Set results beside one another as cards, each with a small chart of plain HTML."""

from collections.abc import Iterable, Mapping
from html import escape


def card(title: str, address: str, finding: str, rows: Iterable[str], note: str) -> str:
    """Return a card: what was asked, what was found, and a small chart.

    Parameters
    ----------
    title, address
        The heading, and the page that it leads to.
    finding
        A sentence or two.
    rows
        The chart, row by row: what `bar` or `dots` return.
    note
        What the numbers are, below the chart.

    Examples
    --------
    >>> card("Opinions", "03.ipynb", "Most say yes.", [bar("yes", 3, 4, "yes")], "4 people")[:49]
    '<section><h3><a href="03.ipynb">Opinions</a></h3>'
    """
    head = f'<h3><a href="{escape(address)}">{escape(title)}</a></h3>'
    chart = f"<ul>{''.join(rows)}</ul>\n<p><small>{escape(note)}</small></p>"
    return f"<section>{head}\n<p>{escape(finding)}</p>\n{chart}</section>"


def bar(name: str, number: int, most: int, look: str) -> str:
    """Return a row: a name, a number, and a bar whose width is its share of the most.

    The look is a class of the style sheet, such as "yes", "neither", "no", "known" or "assumed".

    Examples
    --------
    >>> bar("no", 1, 4, "no")
    '<li><span>no</span> <b>1</b><span class="bar no" style="width: 25%"></span></li>'
    """
    told = f"<span>{escape(name)}</span> <b>{number}</b>"
    return f'<li>{told}<span class="bar {look}" style="width: {number / most:.0%}"></span></li>'


def dots(name: str, means: Mapping[str, float], low: float, high: float) -> str:
    """Return a row: a name, and a labelled dot for each of two groups on a scale.

    Parameters
    ----------
    name
        What was measured.
    means
        The mean of each group by its name. The groups' order gives the dots' looks; the label of
        the lower mean stands on the left.
    low, high
        The ends of the scale.

    Examples
    --------
    >>> row = dots("Marriage", {"women": 3.0, "men": 2.0}, 0, 5)
    >>> row.index("men 2.0") < row.index("women 3.0"), "left: 60.0%" in row
    (True, True)
    """
    row = ""
    for (group, mean), side in zip(sorted(means.items(), key=lambda of: of[1]), "ab", strict=True):
        look = f"dot {side} group-{list(means).index(group) + 1}"
        at = (mean - low) / (high - low)
        row += (
            f'<span class="{look}" style="left: {at:.1%}"><b>{escape(group)} {mean:.1f}</b></span> '
        )
    return f'<li><span>{escape(name)}</span><span class="track">{row}</span></li>'
