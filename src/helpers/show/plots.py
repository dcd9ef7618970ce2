"""Draw the figures that chapters share, and put any figure on the page, captioned and described.

Figures are drawn in a few named colours. On the page these become CSS variables, so that one
drawing serves light pages, dark pages and print.
"""

import io
import math
import re
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.font_manager
import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.show import guards
from helpers.show.page import Html, with_minus

if TYPE_CHECKING:
    from wordcloud import WordCloud

plt.style.use(Path(__file__).with_name("figures.mplstyle"))

INK, FAINT, ON_COLOUR = mpl.rcParams["text.color"], mpl.rcParams["grid.color"], "#fffffe"
COLOURS = ["#1b6ca8", "#b85208", "#1a7f6b", "#7b4fa3", "#7d6300", "#5d6570", "#ab3068"]
DIVERGING = ["#8c3f04", "#b05c18", "#f0c9a0", "#b3cfe6", "#3378ad", "#124e7c"]

# What a colour means, in every figure; the style sheet of the book gives verdicts the others.
# Whatever is none of this is drawn in ink, and what is assumed is hollow.
YES, NO, NEITHER = COLOURS[0], COLOURS[1], COLOURS[5]  # as in DIVERGING, from no to yes
GROUPS = COLOURS[3:5]
"""The colours of the groups compared, in the order of the settings."""

WIDE = 9.5
"""How wide a drawing is for a column of text, in inches."""
NARROW = 4.25
"""How wide it is for a phone."""
SIZE = int(mpl.rcParams["font.size"])
LINE = 1.3 * SIZE / 72  # inches that a line of text takes
FONT = mpl.font_manager.findfont("DejaVu Sans")
"""The file of the font whose measures drawings take.

:meta hide-value:
"""
CLOUDS = (684, 360), (306, 300)
"""The width and height of a word cloud for a column of text, and of one for a phone."""
# What most parts of a drawing share is written once, on the whole.
INHERITED = (
    f"font-size: {SIZE}px",
    "font-family: var(--figure-font, sans-serif)",
    "fill: currentColor",
)
# What goes without saying.
USUAL = ("text-anchor: start", "stroke-dashoffset: 0")

PERCENT = mpl.ticker.PercentFormatter(1, decimals=0)


def publish(
    draw: Callable[[float], Figure | Axes],
    name: str,
    finding: str,
    caption: str,
    alt: str,
    of: pd.DataFrame | None = None,
) -> Html:
    """Put a figure on the page as inline SVG: one drawing for a column of text, one for a phone.

    Parameters
    ----------
    draw
        Takes a width in inches, `WIDE` or `NARROW`, and returns what was drawn.
    name
        Its identifier on the page: a link to `#name` leads to it.
    finding
        What the figure finds, in a line that stands on it.
    caption
        What it finds, in a sentence, and what one has to know to read it.
    alt
        What it shows, for readers who do not see it.
    of
        The frame that was drawn, which a private study needs: it shows no other figure.

    Raises
    ------
    DisclosureError
        If the study is private and the frame was not checked.

    Examples
    --------
    >>> def empty(width):
    ...     return plt.figure(figsize=(width, 2))
    >>> shown = publish(empty, "empty", "Nothing", "Nothing is to be seen.", "Nothing yet").html
    >>> shown.count('role="img" aria-label="Nothing yet"')
    2
    """
    guards.check_frame(of, caption)
    caption, alt = with_minus(caption), with_minus(alt)
    drawings = [
        _drawing(draw(width).figure, f"{name}-{kind[0]}", kind, wrap(finding, 0.9 * width), alt)
        for kind, width in [("wide", WIDE), ("narrow", NARROW)]
    ]
    return _figure(name, drawings, caption, alt)


def _figure(name: str, drawings: Sequence[str], caption: str, alt: str) -> Html:
    html = (
        f'<figure class="study" id="{name}">\n{"".join(drawings)}\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )
    return Html(html, f"{caption}\n({alt})")


def _style(kind: str) -> str:
    # Jupyter has no room for the second one; the style sheet of the book shows the one that fits.
    hidden = "display: none; " if kind == "narrow" else ""
    return f'style="{hidden}{"; ".join(INHERITED)}"'


def _drawing(figure: Figure, name: str, kind: str, finding: str, alt: str) -> str:
    """Return a figure as SVG that fits into a page, and close it."""
    figure.suptitle(finding, x=0.01, ha="left")
    figure.draw_without_rendering()
    for part in figure.findobj(lambda part: part.get_clip_on() and part.get_clip_box()):
        room, box = part.get_clip_box().padded(0.1), part.get_window_extent()  # in pixels
        part.set_clip_on(not (room.contains(*box.min) and room.contains(*box.max)))
    for text in figure.findobj(mpl.text.Text):
        if "\n" in text.get_text() and text.get_ha() != "left":
            box = text.get_window_extent()
            edge, anchor = (
                (box.x1, "end") if text.get_ha() == "right" else ((box.x0 + box.x1) / 2, "middle")
            )
            text.set_gid(f"{anchor} {edge * 72 / figure.dpi:.1f}")
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # The style sheet of a drawing would hold for the whole page.
    svg = re.sub(r"\s*<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="(end|middle) ([\d.]+)">.*?</g>', _held, svg, flags=re.DOTALL)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    head = (
        f'<svg class="{kind}" role="img" aria-label="{escape(alt)}" viewBox="{box[0][9:-1]}" '
        f'width="{float(box[1]):.0f}" height="{float(box[2]):.0f}" stroke-linejoin="round" '
        f"{_style(kind)}>"
    )
    svg = head + _lean(_with_variables(svg[svg.index(">") + 1 :]))
    # Ids are unique in one drawing; a page holds several.
    ids = {own: f"{name}-{n}" for n, own in enumerate(re.findall(r' id="([^"]*)"', svg))}
    return re.sub(r'( id="|url\(#|href="#)([^")]*)', lambda m: m[1] + ids[m[2]], svg).strip()


def _held(group: re.Match) -> str:
    """Hold the lines of a text at their common edge, whatever the reader's font."""
    lines = re.sub(r"translate\([\d.]+", f"translate({group[2]}", group[0])
    return lines.replace('<text style="', f'<text style="text-anchor: {group[1]}; ')


def cloud(
    laid_out: Sequence["WordCloud"],
    of_theme: Collection[str],
    places: Mapping[str, str],
    name: str,
    caption: str,
    alt: str,
    of: pd.DataFrame | None = None,
) -> Html:
    """Show a word cloud in which words lead to where they stand.

    Parameters
    ----------
    laid_out
        For a column of text, and for a phone, as `helpers.compute.words.cloud` returns them for the
        two sizes of `CLOUDS`.
    of_theme
        Words that go with a theme; others are grey.
    places
        The id of the part of the page that a word leads to; words without one lead nowhere.
    name, caption, alt, of
        As for `publish`.

    Raises
    ------
    DisclosureError
        If the study is private and the frame was not checked.

    Examples
    --------
    >>> from helpers.compute import words
    >>> counts = words.frequencies(["a family", "one family"])
    >>> both = [words.cloud(counts, FONT, *size) for size in CLOUDS]
    >>> shown = cloud(both, ["family"], {"family": "here"}, "cloud", "One word", "Family")
    >>> shown.html.count('<a href="#here"><text')
    2
    """
    guards.check_frame(of, caption)
    drawings = []
    for one, kind in zip(laid_out, ["wide", "narrow"], strict=True):
        drawings.append(
            f'<svg role="group" aria-label="{escape(alt)}" class="cloud {kind}" '
            f'viewBox="0 0 {one.width} {one.height}" '
            f"{_style(kind)}>"
            + "".join(f"\n{_with_variables(word)}" for word in _words(one, of_theme, places))
            + "\n</svg>"
        )
    return _figure(name, drawings, caption, alt)


def _words(
    laid_out: "WordCloud", of_theme: Collection[str], places: Mapping[str, str]
) -> Iterator[str]:
    from PIL import ImageFont

    for (word, _), size, (top, left), _, _ in laid_out.layout_:
        font = ImageFont.truetype(laid_out.font_path, size)
        line = top - font.getbbox(word, anchor="ls")[1]
        colour = "" if word in of_theme else f"; fill: {NEITHER}"
        text = (
            f'<text x="{left}" y="{line:.0f}" '
            f'textLength="{font.getlength(word):.0f}" lengthAdjust="spacingAndGlyphs" '
            f'style="font-size: {size}px{colour}">{escape(word)}</text>'
        )
        yield f'<a href="#{escape(places[word])}">{text}</a>' if word in places else text


def _lean(svg: str) -> str:
    """Leave out what makes a drawing long and nobody sees."""
    drawing = ElementTree.fromstring(f"<svg>{svg.replace('xlink:href', 'href')}")
    for part in drawing.iter():
        part.tail = None
        part.text = part.text if part.tag == "text" else None
        short = {name: _short(name, value) for name, value in part.items()}
        part.attrib = {name: value for name, value in short.items() if value}
    shared = ElementTree.Element("defs")
    shared.extend(part for defs in drawing.iter("defs") for part in defs)
    drawing[:] = [*([shared] * bool(len(shared))), *_with_one_look(_ungrouped(drawing))]
    return ElementTree.tostring(drawing, "unicode").removeprefix("<svg>").replace(" />", "/>")


def _short(name: str, value: str) -> str:
    """Return an attribute without what goes without saying, and no more digits than one sees."""
    digits = 2 if name == "style" else 1  # of a shade, of a pixel
    value = re.sub(r"-?\d+\.\d+", lambda n: f"{round(float(n[0]), digits) + 0:g}", value)
    if name == "style":
        return "; ".join(rule for rule in value.split("; ") if rule not in INHERITED + USUAL)
    if name == "d":
        return _line(value)
    return "" if value.startswith("rotate(-0 ") else value


def _line(path: str) -> str:
    r"""Return a path without points drawn twice, and only what differs from one to the next.

    Examples
    --------
    >>> _line("M 1 2 \nL 1 4 \nL 1 4 \nL 3 4 \nL 5 6 \nL 7 8 \nz\n")
    'M1 2V4H3L5 6 7 8z'
    """
    line, last, x, y = "", "", "", ""
    for letter, points in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        points = points.split()
        before, (x, y) = (x, y), points[-2:] or (x, y)
        if letter == "L" and last != "M" and before == (x, y):
            continue
        if letter == "L" and x == before[0]:
            letter, points = "V", [y]
        elif letter == "L" and y == before[1]:
            letter, points = "H", [x]
        line += (" " if last + letter in ("ML", "LL", "CC") else letter) + " ".join(points)
        last = letter
    return line


def _ungrouped(group: ElementTree.Element) -> list[ElementTree.Element]:
    """Return the parts of a group that are seen, also those in groups that say nothing of them."""
    parts = []
    for part in group:
        if part.tag == "g":
            is_axis = part.attrib.pop("id", "").startswith("matplotlib.axis")
            inner = _ungrouped(part)
            if is_axis:  # lines of a grid, one after the other, then their labels
                inner.sort(key=lambda one: one.tag != "path")
            if part.attrib and inner:
                part[:] = [*_with_one_look(inner)]
                inner = [part]
            parts += inner
        elif part.tag == "path" and "d" not in part.attrib:
            continue  # a line or an interval of which nothing is known
        elif part.tag != "defs" and part.get("style") != "fill: none":
            parts.append(part)
    return parts


def _with_one_look(parts: list[ElementTree.Element]) -> Iterator[ElementTree.Element]:
    """Make one path of lines or bars that look the same, and a group of other parts that do."""
    for look, run in groupby(parts, _look):
        same: list[ElementTree.Element] = []
        for part in run:
            if same and same[-1].tag == part.tag == "path":
                same[-1].attrib["d"] += part.attrib["d"]
            else:
                same.append(part)
        # A group that is not opaque would be so as a whole: marks could not darken one another.
        if len(same) > 1 and look and "opacity" not in look.get("style", ""):
            group = ElementTree.Element("g", look)
            for part in same:
                part.attrib = {name: value for name, value in part.items() if name not in look}
            group.extend(same)
            same = [group]
        yield from same


def _look(part: ElementTree.Element) -> dict[str, str]:
    look = {"clip-path", "style"} if part.tag != "g" else set()
    return {name: value for name, value in part.items() if name in look}


def _with_variables(svg: str) -> str:
    named = {
        INK: "currentColor",
        FAINT: f"var(--figure-faint, {FAINT})",
        ON_COLOUR: f"var(--figure-on-colour, {ON_COLOUR})",
    }
    named |= {colour: f"var(--figure-{i}, {colour})" for i, colour in enumerate(COLOURS, 1)}
    named |= {colour: f"var(--scale-{i}, {colour})" for i, colour in enumerate(DIVERGING)}
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda match: named.get(match[0], match[0]), svg)
    # Browsers know their own fonts best; the fallback measures are those of DejaVu Sans.
    family = r"(font-family:|font: [\d.]+px)[^;\"]*"
    return re.sub(family, r"\1 var(--figure-font, sans-serif)", svg)


BY_ROW = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
GROUND = {"facecolor": ON_COLOUR, "linewidth": 0, "pad": 1}  # lines pass behind a label


def rows_of(labels: Sequence[str], width: float, high: float = 0.18) -> Axes:
    """Make a row for each label, the first on top: the label beside it, or above where it is long.

    Parameters
    ----------
    labels
        What the rows are called.
    width
        Of the drawing, in inches.
    high
        What is drawn in a row, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        Its vertical axis is in inches from the top, with a tick at the middle of each row.

    Examples
    --------
    >>> [label.get_text() for label in rows_of(["yes", "no"], WIDE).get_yticklabels()]
    ['yes', 'no']
    """
    is_beside = width == WIDE and max(map(len, labels)) <= 36
    texts = [text if is_beside else wrap(text, 0.93 * width) for text in labels]
    lines = np.array([0 if is_beside else LINE * (text.count("\n") + 1) for text in texts])
    # A label above is nearer to its own row than to the one before it.
    middles = np.cumsum(lines + high + 0.2) - high / 2
    _, axes = plt.subplots(figsize=(width, 1.2 + middles[-1] + high))
    axes.set_ylim(middles[-1] + high / 2 + 0.1, 0)
    axes.set_yticks(middles, texts if is_beside else [""] * len(texts))
    for y, text in zip(middles, texts if lines.any() else [], strict=False):
        axes.annotate(text, (0, y), (0, 36 * high + 2), va="bottom", bbox=GROUND, **BY_ROW)
    axes.grid(axis="x", linewidth=0.6, clip_on=False)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    return axes


def intervals(
    rows: pd.DataFrame,
    label: str,
    width: float,
    note: Sequence[str] = (),
    colours: Sequence[str] | str = INK,
    assumed: Sequence[bool] | bool = False,
) -> Axes:
    """Draw shares as dots with their intervals, the first row on top.

    Parameters
    ----------
    rows
        Columns `share`, `low` and `high`, from 0 to 1 unless the axis is set otherwise.
    label
        The column that names the rows.
    width
        Of the drawing, in inches.
    note
        What to write at the right end of each row, such as its count.
    colours
        One for each row.
    assumed
        Which rows are hollow.

    Examples
    --------
    >>> rows = pd.DataFrame({"answer": ["yes"], "share": [0.5], "low": [0.4], "high": [0.6]})
    >>> intervals(rows, "answer", WIDE, note=["5 of 10"]).texts[0].get_text()
    '5 of 10'
    """
    axes = rows_of(rows[label].tolist(), width)
    y = axes.get_yticks()
    edges = np.broadcast_to(colours, len(rows))
    fills = np.where(assumed, ON_COLOUR, edges)
    axes.hlines(y, rows["low"], rows["high"], color=edges, linewidth=2.2, alpha=0.6, clip_on=False)
    look = {"s": 72, "linewidths": 1.8, "zorder": 3, "clip_on": False}
    axes.scatter(rows["share"], y, facecolors=fills, edgecolors=edges, **look)
    axes.set_xlim(0, None)
    axes.xaxis.set_major_formatter(PERCENT)
    for height, text in zip(y, note, strict=False):
        axes.annotate(text, (1, height), (8, 0), va="center", **BY_ROW)
    return axes


def dumbbells(
    rows: pd.DataFrame, label: str, ends: Mapping[str, str], width: float, **assumed: Sequence[bool]
) -> Axes:
    """Draw two numbers a row, joined by a line: a dot for the first, a diamond for the second.

    Parameters
    ----------
    rows
        The two numbers, and what names the rows.
    label
        The column that names them.
    ends
        The columns of the two numbers, and what the figure calls each, in its first row.
    width
        Of the drawing, in inches.
    assumed
        Under the name of a column, which of its marks are hollow.

    Examples
    --------
    >>> rows = pd.DataFrame({"word": ["family"], "people": [3], "uses": [5]})
    >>> axes = dumbbells(rows, "word", {"people": "people", "uses": "times"}, WIDE)
    >>> [text.get_text() for text in axes.texts]
    ['people', 'times']
    """
    axes = rows_of(rows[label].tolist(), width)
    y = axes.get_yticks()
    axes.hlines(y, *(rows[end] for end in ends), color=INK, linewidth=1.4, alpha=0.6, clip_on=False)
    for (end, text), mark in zip(ends.items(), "oD", strict=True):
        fills = np.where(assumed.get(end, False), ON_COLOUR, np.full(len(rows), INK))
        look = {"s": 60, "linewidths": 1.6, "zorder": 3, "clip_on": False}
        axes.scatter(rows[end], y, marker=mark, facecolors=fills, edgecolors=INK, **look)
        is_left = rows[end].iloc[0] == rows[list(ends)].iloc[0].min() and mark == "o"
        side, shift = ("right", -8) if is_left else ("left", 8)
        place = {"textcoords": "offset points", "ha": side, "va": "center"}
        axes.annotate(text, (rows[end].iloc[0], y[0]), (shift, 0), **place)
    axes.set_xlim(0, None)
    return axes


def line(axes: Axes, at: float, text: str, ha: str = "left", lift: int = 0) -> None:
    """Draw a line across at a value, and say above the drawing what it stands for.

    Parameters
    ----------
    axes
        Where to draw.
    at
        The value on the horizontal axis.
    text
        What the line is.
    ha
        On which side of the line its text begins.
    lift
        How many lines higher than the lowest to write it.

    Examples
    --------
    >>> _, axes = plt.subplots()
    >>> line(axes, 0.8, "good")
    >>> axes.texts[0].get_text()
    'good'
    """
    axes.axvline(at, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    shift = {"left": -2, "center": 0, "right": 2}[ha], 4 + 72 * LINE * lift
    place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    axes.annotate(text, (at, 1), shift, ha=ha, **place)


def people(counts: pd.DataFrame, colours: Sequence[str], width: float) -> Figure:
    """Draw people as dots: a row for each group, a column for each answer.

    A dot is one person; of more than 500 people it is 10, of more than 5,000 it is 100.

    Parameters
    ----------
    counts
        How many people; index and columns name rows and columns.
    colours
        One for each column.
    width
        Of the drawing, in inches.

    Examples
    --------
    >>> counts = pd.DataFrame({"yes": [2], "no": [3]}, index=["nurses"])
    >>> figure = people(counts, [YES, NO], WIDE)
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['yes', '2', 'no', '3', 'nurses', 'One dot: 1 person']
    """
    worth = 10 ** max(0, math.ceil(math.log10(counts.to_numpy().sum() / 500)))
    dots = np.ceil(counts / worth).astype(int)
    pitch, room = 0.16, width / len(counts.columns)  # inches
    number = 0.12 * (1 + len(str(counts.to_numpy().max())))
    in_line = int((room - number - 0.15) / pitch)
    heights = np.ceil(dots.max(axis=1) / in_line).clip(lower=1) * pitch + LINE + 0.2
    tops = LINE + 0.1 + np.cumsum([0, *heights])
    bottom = tops[-1] + LINE
    figure, axes = plt.subplots(figsize=(width, bottom + 0.5))
    # Dots as dashes without length: a line a row takes a page less room than a mark a person.
    gaps = 72 * pitch / 8 * (1 - 0.3 / width)
    dotted = {"linewidth": 8, "linestyle": (0, (1e-3, gaps)), "dash_capstyle": "round"}
    axes.set(xlim=(0, width), ylim=(bottom, 0))
    axes.axis("off")
    for x, (answer, colour) in enumerate(zip(counts, colours, strict=True)):
        left = x * room + number
        axes.text(x * room, 0, answer, va="top", fontweight="bold")
        for top, group in zip(tops, counts.index, strict=False):
            middle = top + LINE + 0.1
            told = {"ha": "right", "va": "center_baseline"}
            axes.text(left - 0.12, middle, f"{counts.loc[group, answer]:,}", **told)
            for row, first in enumerate(range(0, dots.loc[group, answer], in_line)):
                right = left + pitch * (min(dots.loc[group, answer] - first, in_line) - 1) + 2e-3
                below = middle + pitch * row
                axes.plot([left, right], [below, below], color=colour, **dotted)
    for top, group in zip(tops, counts.index, strict=False):
        axes.text(0, top, group, va="top")
    axes.text(0, tops[-1], f"One dot: {worth:,} {'person' if worth == 1 else 'people'}", va="top")
    return figure


def matrix(table: pd.DataFrame, width: float, form: str, ringed: tuple[str, str]) -> Axes:
    """Draw a table as squares, the stronger their shade the more, each with its number.

    Rows are numbered; a column with the name of a row shows that row's number.

    Parameters
    ----------
    table
        Numbers, of which those below 0 are as pale as 0; nothing is drawn for a missing one.
    width
        Of the drawing, in inches.
    form
        How to write a number.
    ringed
        The row and column of a square to point out.

    Examples
    --------
    >>> table = pd.DataFrame([[-1, 0.2]], ["a"], ["a", "none"])
    >>> axes = matrix(table, WIDE, "{:+.0f}", ringed=("a", "a"))
    >>> [text.get_text() for text in axes.texts], axes.get_yticklabels()[0].get_text()
    (['−1', '0'], '1 a')
    """
    numbers = {name: n for n, name in enumerate(table.index, start=1)}
    high = 0.34
    axes = rows_of([f"{n} {name}" for name, n in numbers.items()], width, high)
    middles = axes.get_yticks()
    most = np.nanmax(table.to_numpy(float))
    for row, x in np.argwhere(table.notna().to_numpy()):
        y, value = middles[row], table.iloc[row, x]
        # The root, or few would be as pale as none beside the very many.
        colour = *mpl.colors.to_rgb(INK), 0.36 * (max(value, 0) / most) ** 0.5
        is_ringed = ringed == (table.index[row], table.columns[x])
        edge = {"linewidth": 2, "edgecolor": INK} if is_ringed else {"linewidth": 0}
        corner = x - 0.47, y - high / 2
        axes.add_patch(plt.Rectangle(corner, 0.94, high, facecolor=colour, **edge))
        text = form.format(value).replace("-", "\N{MINUS SIGN}") if round(value) else "0"
        axes.annotate(text, (x, y), ha="center", va="center")
    heads = [numbers.get(name, name) for name in table]
    axes.set_xlim(-0.5, len(heads) - 0.5)
    axes.set_xticks(range(len(heads)), heads)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    return axes


def answers(shares: pd.DataFrame, ends: Sequence[str], width: float) -> Axes:
    """Draw answers on a scale, one bar a group, disagreement left of the middle.

    Where it fits, a part has its percentage in it.

    Parameters
    ----------
    shares
        Parts from 0 to 1 that sum to 1 in every row, from one end of a scale to the other: two to
        seven columns. Where their number is odd, the middle one lies on both sides. The index
        names what is answered and the group that answers.
    ends
        What the two ends of the scale are called.
    width
        Of the drawing, in inches.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("An item", "women")])
    >>> shares = pd.DataFrame([[0.1, 0.2, 0.2, 0.2, 0.2, 0.1]], index)
    >>> float(answers(shares, ["no", "yes"], WIDE).patches[1].get_x())
    -0.5
    """
    half, odd = divmod(shares.shape[1], 2)
    colours = [*DIVERGING[:half], *[FAINT] * odd, *DIVERGING[-half:]]
    items = shares.index.get_level_values(0).unique()
    texts = [wrap(item, 0.96 * width) for item in items]
    lines = LINE * max(text.count("\n") + 1 for text in texts)
    bar, gap = 0.34, 0.1  # inches
    least = 0.6 / (width - 1)  # of all: room for two digits
    y, tops, top = [], [], 2 * LINE + bar + gap
    for item in items:
        tops.append(top)
        rows = len(shares.loc[item])
        y += [top + lines + bar * (row + 0.5) for row in range(rows)]
        top += lines + bar * rows + gap
    _, axes = plt.subplots(figsize=(width, top + 1.1))
    # The first bar is the key: what each colour stands for, from end to end.
    key = pd.DataFrame([np.full(len(colours), 2 / len(colours))], columns=shares.columns)
    left = np.array([-1.0, *-(shares.iloc[:, :half].sum(axis=1) + odd * shares.iloc[:, half] / 2)])
    heights = np.array([bar / 2, *y])
    for (part, widths), colour in zip(pd.concat([key, shares]).items(), colours, strict=True):
        bars = axes.barh(heights, widths, left=left, height=0.88 * bar, color=colour)
        on_it = INK if colour in (*DIVERGING[2:4], FAINT) else ON_COLOUR  # the middle is pale
        written = [str(part)]
        written += [f"{100 * share:.0f}" if share >= least else "" for share in widths.iloc[1:]]
        axes.bar_label(bars, written, label_type="center", color=on_it)
        left += widths.to_numpy()
    for side, end in zip([-1, 1], ends, strict=True):
        ha = "left" if side < 0 else "right"
        axes.text(side, bar, wrap(end, 0.35 * width), ha=ha, va="top")
    for text, top in zip(texts, tops, strict=True):
        place = (0.02, top + lines - 0.03)  # right above its bars, however many lines it has
        axes.annotate(text, place, xycoords=("figure fraction", "data"), va="bottom")
    for height in y:
        axes.vlines(0, height - bar / 2, height + bar / 2, color=INK, linewidth=0.8)
    axes.set(xlim=(-1, 1), ylim=(heights.max() + bar, 0))
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["100%", "50%", "0", "50%", "100%"])
    axes.set_yticks(y, shares.index.get_level_values(1))
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def wrap(text: str, width: float) -> str:
    r"""Break a text into lines that fit into a width; two are about equally long.

    Parameters
    ----------
    text
        One line.
    width
        In inches.

    Examples
    --------
    >>> wrap("a long label", 1)
    'a long\nlabel'
    """
    most = int(8.7 * width)
    lines = textwrap.wrap(text, most)
    if len(lines) == 2:
        ways = (textwrap.wrap(text, n, break_long_words=False) for n in range(1, most + 1))
        lines = next((way for way in ways if len(way) == 2), lines)
    return "\n".join(lines)
