"""Show a frame as a table for everyone: a caption, headers with scopes, a scroll box of its own."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import repeat
from pathlib import PurePosixPath
from typing import NamedTuple

import pandas as pd

from audit.printed import decimals, rounded
from helpers.compute import disclosure
from helpers.compute.scorecard import VERDICTS
from helpers.load.settings import load_settings
from helpers.show import guards
from helpers.show.page import Html, with_minus

# Jupyter sets all cells flush right, as if they were numbers.
WORDS = "<style>.table-box :is(th, td):not(.number) {text-align: left}</style>"

ON_A_PHONE = 36
"""So many letters side by side fit there; rows of wider tables become cards below 36 rem."""
IN_LINE = 16
"""Fields of a card that are no wider stand side by side; others have a line each."""
MOST_LABELS = 12
"""The style sheet labels so many columns of a card; a table of more scrolls."""

TOGETHER = re.compile(
    r"(?<=[\d%]) to (?=[\d\N{MINUS SIGN}])|(?<=\b[pFt]) [=<] (?=[\d.<\N{MINUS SIGN}])"
)
"""Between two numbers, or before one, where no line may end."""
NONE = '<span aria-label="none">–</span>'

Format = str | Callable[[object], str]

MARKS = {
    "match": "✓",
    "truncated": "✂",
    "inconsistent": "⚠",
    "differs": "✗",
    "not recoverable": "?",
    "background": "·",
}


def table(
    frame: pd.DataFrame,
    caption: str,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    most: int = 100,
    ids: Sequence[str] = (),
    lead: str = "",
) -> Html:
    """Show a frame, its first column as the headers of its rows.

    Parameters
    ----------
    frame
        The rows to show; its index is left out.
    caption
        What the table shows or finds.
    labels
        Headers of columns that are not called as they should be read. An underscore is a space, and
        a single letter, such as n, t or p, stays as it is.
    formats
        How to write a column: a format such as "{:.1f}", or a function. A missing value is a dash,
        and in levels of a category an underscore is a space.
    most
        How many rows to show at most. If there are more, the caption says so.
    ids
        Where links lead to each row, if they are to: one id a row, without spaces.
    lead
        The column with which a row begins where it is a card, on a phone; by default the first.

    Raises
    ------
    DisclosureError
        If the study is private and the frame was not checked.

    Examples
    --------
    >>> frame = pd.DataFrame({"answer": ["yes"], "share": [0.5]})
    >>> shown = table(frame, "Half say yes", formats={"share": "{:.0%}"})
    >>> '<th scope="row">yes</th><td class="number">50%</td>' in shown.html
    True
    """
    guards.check_frame(frame, caption)
    if remark := load_settings().private and disclosure.remark(frame):
        caption = f"{caption} ({remark})"
    if len(frame) > most:
        caption = f"{caption} (the first {most} of {len(frame):,} rows)"
        frame = frame.head(most)
    labels, formats = labels or {}, formats or {}
    heads = [labels.get(column, _as_head(column)) for column in frame]
    forms = {c: formats.get(c, _level if frame[c].dtype == "category" else "{}") for c in frame}
    cells = [[_cell(value, forms[c]) for value in frame[c]] for c in frame]
    kinds = [_kind(frame[c], texts) for c, texts in zip(frame, cells, strict=True)]
    kinds[0] = _kind(pd.Series(dtype=str), cells[0])  # headers of the rows, even if numbers
    if lead:
        kinds[list(frame).index(lead)] = "verdict"
    widths = list(map(_width, heads, cells, kinds))
    cards = _cards(heads, kinds, widths)
    box = "table-box" + " cards" * bool(cards) + " texts" * ("text" in kinds)
    head = "".join(
        f'<th scope="col"{_class("" if cards and kind == "text" else kind)}>{escape(text)}</th>'
        for text, kind in zip(heads, kinds, strict=True)
    )
    places = [f' id="{place}"' for place in ids] or [""] * len(frame)
    rows = "\n".join(map(_row, places, zip(*cells, strict=True), repeat(kinds)))
    html = (
        f'<div class="{box}"{cards} role="region" tabindex="0" '
        f'aria-label="{escape(caption)}">\n'
        f'{WORDS}<table class="study">\n<caption>{escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )
    return Html(html, f"{caption}\n{frame.to_string(index=False)}")


def interval(rows: pd.DataFrame, low: str, high: str, form: str = "{:.2f}") -> pd.Series:
    """Write the two ends of each interval as one text, which needs one column.

    Parameters
    ----------
    rows
        What holds the ends; a row without them has no text.
    low, high
        The columns of the ends.
    form
        How to write an end.

    Examples
    --------
    >>> interval(pd.DataFrame({"low": [-0.5, None], "high": [1, None]}), "low", "high").tolist()
    ['-0.50 to 1.00', None]
    """
    ends = zip(rows[low], rows[high], strict=True)
    texts = [None if pd.isna(a) else f"{form.format(a)} to {form.format(b)}" for a, b in ends]
    return pd.Series(texts, rows.index, dtype=object)


def _level(level: object) -> str:
    return str(level).replace("_", " ")


def _as_head(column: str) -> str:
    return column if len(column) == 1 else column.replace("_", " ").capitalize()


def _row(place: str, cells: tuple[str, ...], kinds: list[str]) -> str:
    others = "".join(map(_data, cells[1:], kinds[1:]))
    return f'<tr{place}><th scope="row"{_class(kinds[0])}>{cells[0]}</th>{others}</tr>'


def _data(cell: str, kind: str) -> str:
    """Return a cell of data, marked where a text is missing, or takes a line of a card."""
    own = kind
    if kind in ("", "text"):
        own = "none" if kind and cell == NONE else "line" * (len(_seen(cell)) > IN_LINE)
    return f"<td{_class(own)}>{cell}</td>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _kind(column: pd.Series, cells: list[str]) -> str:
    """Return the class of a column: numbers stand in line, text of some length needs room."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return "number"
    return "text" if max(map(len, cells), default=0) > 40 else ""


def _cards(heads: list[str], kinds: list[str], widths: list[int]) -> str:
    """Return how rows of a table too wide for a phone become cards: fields side by side, labels."""
    if (sum(widths) + 2 * len(widths) <= ON_A_PHONE and "text" not in kinds) or (
        len(heads) > MOST_LABELS
    ):
        return ""
    labels = ";".join(f"--{i}:{_css(head)}" for i, head in enumerate(heads[1:], start=2))
    fields = [
        max(width, len(head) // 2)  # a label may have two lines
        for head, kind, width in zip(heads[1:], kinds[1:], widths[1:], strict=True)
        if kind != "verdict" and width <= IN_LINE
    ]
    most = max(1, min(4, ON_A_PHONE // (max(fields, default=IN_LINE) + 2)))
    # As many side by side as there is room for and leave none alone on the last line.
    count = next((n for n in range(most, 1, -1) if len(fields) % n != 1), most)
    return f" style='--fields:{count};{labels}'"


def _width(head: str, cells: list[str], kind: str) -> int:
    """Return how many letters wide a column is at least: numbers are not broken, texts are."""
    shown = list(map(_seen, cells))
    words = shown if kind == "number" else " ".join(shown).split(" ")
    return max(map(len, head.split(" ") + words))


def _seen(cell: str) -> str:
    """Return a cell without its markup, and a letter for what is escaped."""
    return re.sub(r"<[^>]*>", "", re.sub(r"&\w+;", "&", cell))


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _css(text: str) -> str:
    """Return a text as a string of CSS, without straight apostrophes and markup."""
    text = text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")  # as on the page
    escaped = re.sub(r"[^\w ]", lambda found: f"\\{ord(found[0]):x} ", text)
    return f'"{escaped}"'


def _cell(value: object, form: Format) -> str:
    if pd.isna(value):
        return NONE
    text = with_minus(form(value) if callable(form) else form.format(value))
    return escape(TOGETHER.sub(lambda m: _unbroken(m[0]), text))


def scorecard(board: pd.DataFrame, caption: str) -> Html:
    """Show rows of the scorecard, each verdict by a mark and in words.

    A link to `#fact-` and the id of a fact leads to its row.

    Parameters
    ----------
    board
        Rows that `helpers.compute.scorecard.compare` returns.
    caption
        What the rows have in common.

    Examples
    --------
    >>> from helpers.compute.scorecard import compare
    >>> from helpers.load import load_study
    >>> facts = load_study().facts.query("fact_id == 'P1'")
    >>> "[P1]</th><td>95</td>" in scorecard(compare(facts, {"P1": 95.0}), "The sample").html
    True
    """
    facts = list(board.itertuples())
    rows = pd.DataFrame(
        {
            "Fact": [f"{of.label}{_unit(of.unit, of.label)} [{of.fact_id}]" for of in facts],
            "Printed": board["printed"].mask(board["printed"] == "").map(_in_words),
            "Computed": [_beside(of.printed, of.computed) for of in facts],
            "Verdict": board["verdict"].map(_marked),
            "Note": board["note"],
        }
    )
    if load_settings().private:  # what is printed is known, and what the records say is not
        rows = rows.drop(columns="Computed")
    rows = disclosure.declare(rows, "")
    return table(rows, caption, ids=board["fact_id"].map(_place), lead="Verdict")


def verdicts(totals: pd.Series) -> Html:
    """Show what each verdict means and how many statements have it.

    Parameters
    ----------
    totals
        How many, indexed by verdict.

    Examples
    --------
    >>> '<td class="number">1</td>' in verdicts(pd.Series({"match": 2, "truncated": 1})).html
    True
    """
    rows = pd.DataFrame(
        {
            "Verdict": totals.index.map(_marked).map(_unbroken),
            "Statements": totals.array,
            "Meaning": totals.index.map(VERDICTS),
        }
    )
    return table(
        disclosure.declare(rows, ""), f"How the {totals.sum()} statements of the paper fare"
    )


def tiles(board: pd.DataFrame, titles: Mapping[str, str], address: str) -> Html:
    """Show the scorecard at a glance: a tile for each statement, by chapter and verdict.

    Each tile leads to the row of its statement. Who goes by keyboard or listens would have to pass
    them all, so they meet those that are inconsistent, and how many have which verdict.

    Parameters
    ----------
    board
        Rows that `helpers.compute.scorecard.compare` returns.
    titles
        What the chapters are called, by `chapter`.
    address
        Of the page that shows all these rows; the chapters are beside it.

    Examples
    --------
    >>> from helpers.compute.scorecard import compare
    >>> from helpers.load import load_study
    >>> facts = load_study().facts.query("fact_id == 'P1'")
    >>> tiles(compare(facts, {"P1": 95.0}), {"02_demographics": "People"}, "scorecard.ipynb")
    People: 1 match
    """
    rank = list(VERDICTS).index
    board = board.sort_values("verdict", key=lambda told: told.map(rank), kind="stable")
    key = "".join(
        f'<li><span class="tile {_slug(verdict)}">{_mark(verdict)}</span> <b>{n}</b> {verdict}</li>'
        for verdict, n in board["verdict"].value_counts(sort=False).items()
    )
    groups, lines = "", []
    for chapter, rows in board.groupby("chapter"):
        title = titles.get(chapter, chapter)
        page = str(PurePosixPath(address).with_stem(chapter))
        groups += (
            f'<li><a href="{escape(page)}">{escape(title)}</a>'
            f'<span class="sr-only">: {_in_numbers(rows)}.</span>\n'
            f"<div>{''.join(_tile(row, address) for row in rows.itertuples())}</div></li>\n"
        )
        lines.append(f"{title}: {_in_numbers(rows)}")
    caption = (
        "Each tile is a statement of the paper and leads to its row in the "
        f'<a href="{escape(address)}">scorecard</a>: green if the records agree, pink if they do '
        "not, grey or hollow if they cannot tell."
    )
    html = (
        f'<figure class="study tiles">\n<ul class="verdicts">{key}</ul>\n'
        f'<ul class="chapters">\n{groups}</ul>\n<figcaption>{caption}</figcaption>\n</figure>'
    )
    return Html(html, "\n".join(lines))


def _tile(row: NamedTuple, address: str) -> str:
    told = f"{row.label}{_unit(row.unit, row.label)}: {_in_words(row.printed) or 'no number'}"
    link = f'<a href="{escape(address)}#{_place(row.fact_id)}" class="tile {_slug(row.verdict)}"'
    if row.verdict == "inconsistent":
        title = escape(f"{told}, {row.verdict}")
        return f'{link} title="{title}" aria-label="{title}">{_mark(row.verdict)}</a>'
    return (
        f'{link} title="{escape(told)}" tabindex="-1" aria-hidden="true">{_mark(row.verdict)}</a>'
    )


def _mark(verdict: str) -> str:
    """Return a mark that no browser shows as a picture in colours of its own."""
    return MARKS[verdict] + "\N{VARIATION SELECTOR-15}"


def _in_numbers(rows: pd.DataFrame) -> str:
    """Count each verdict, in the order of the rows."""
    totals = rows["verdict"].value_counts(sort=False)
    return ", ".join(f"{n} {verdict}" for verdict, n in totals.items())


def _place(fact_id: str) -> str:
    """Return the id of a fact's row."""
    return escape("fact-" + "-".join(fact_id.split()))


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _unit(unit: str, label: str) -> str:
    """Return a unit in brackets, unless it goes without saying."""
    return "" if not unit or unit == "people" or unit.lower() in label.lower() else f" ({unit})"


def _marked(verdict: str) -> str:
    return f"{MARKS[verdict]}\N{NO-BREAK SPACE}{verdict}"


def _in_words(value: str | None) -> str | None:
    if pd.isna(value):
        return value
    value = value.replace(">=", "≥ ").replace("<=", "≤ ").replace("_", " ")
    return _unbroken(value) if len(value) < 12 else value  # a column is that wide


def _beside(printed: str, computed: object) -> str | None:
    """Write a computed value with two more digits than are printed, so that its rounding shows."""
    if computed is None or pd.isna(computed):
        return None
    if isinstance(computed, str):
        return _in_words(computed)
    if float(computed).is_integer():
        return f"{computed:.0f}"
    try:
        places = decimals(printed.lstrip("<>="))
    except ValueError:
        places = 0
    return str(rounded(float(computed), places + 2))
