"""Draw the figures that chapters share, and put any figure on the page, captioned and described.

Figures are drawn in a few named colours. On the page these become CSS variables, so that one
drawing serves light pages, dark pages and print.
"""

import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.font_manager
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.compute import disclosure
from helpers.show.page import Html

if TYPE_CHECKING:
    from wordcloud import WordCloud

INK, FAINT, ON_COLOUR = "#1f2933", "#c9ced6", "#fffffe"
# The first three are told apart with any colour vision; who needs more adds a mark or a label.
COLOURS = ["#1b6ca8", "#c8590a", "#1a7f6b", "#7b4fa3", "#8a6d00", "#6b7280", "#ab3068"]
GREY = COLOURS[5]
FONT = mpl.font_manager.findfont("DejaVu Sans")
"""The file of the font whose measures drawings take."""
WIDTH = 4.6  # inches: narrow enough to be read on a phone
# What most parts of a drawing share is written once, on the whole.
INHERITED = ("font-size: 10px", "font-family: var(--figure-font, sans-serif)", "fill: currentColor")
DIVERGING = ["#8c3f04", "#b8601a", "#f0c9a0", "#b3cfe6", "#3378ad", "#124e7c"]

mpl.rcParams.update(
    {
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.prop_cycle": mpl.cycler(color=COLOURS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "figure.figsize": (WIDTH, 2.9),
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "grid.color": FAINT,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "text.color": INK,
        "text.parse_math": False,  # a dollar sign in a label is one
        "xaxis.labellocation": "right",  # where a label of any length has room
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
    }
)


def publish(
    figure: Figure, name: str, caption: str, alt: str, of: pd.DataFrame | None = None
) -> Html:
    """Put a figure on the page as inline SVG, and close it.

    Parameters
    ----------
    figure
        What was drawn.
    name
        Its identifier on the page: a link to `#name` leads to it.
    caption
        What the figure finds.
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
    >>> figure, axes = plt.subplots()
    >>> 'role="img" aria-label="Nothing yet"' in publish(figure, "empty", "", "Nothing yet").html
    True
    """
    disclosure.guard(of, caption)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # The style sheet of a drawing would hold for the whole page.
    svg = re.sub(r"\s*<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    head = (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="{box[0][9:-1]}" '
        f'width="{float(box[1]):.0f}" height="{float(box[2]):.0f}" stroke-linejoin="round" '
        f'style="{"; ".join(INHERITED)}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    svg = head + _lean(_with_variables(svg[svg.index(">") + 1 :]))
    # Ids are unique in one figure; a page holds several.
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    html = (
        f'<figure class="study" id="{name}">\n{svg.strip()}\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )
    return Html(html, f"{caption}\n({alt})")


def cloud(
    laid_out: "WordCloud",
    colours: Mapping[str, str],
    key: Mapping[str, str],
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
        As `helpers.compute.words.cloud` returns it.
    colours
        The colour of each word, one of `COLOURS`; other words are grey.
    key
        What each colour means.
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
    >>> laid_out = words.cloud(words.frequencies(["a family", "one family"]), FONT)
    >>> shown = cloud(laid_out, {}, {}, {"family": "here"}, "cloud", "One word", "Family")
    >>> '<a href="#here"><text' in shown.html
    True
    """
    from PIL import ImageFont

    disclosure.guard(of, caption)
    drawn = []
    for (word, _), size, (top, left), _, _ in laid_out.layout_:
        font = ImageFont.truetype(laid_out.font_path, size)
        line = top - font.getbbox(word, anchor="ls")[1]
        text = (
            f'<text x="{left}" y="{line:.0f}" '
            f'textLength="{font.getlength(word):.0f}" lengthAdjust="spacingAndGlyphs" '
            f'style="font-size: {size}px; fill: {colours.get(word, GREY)}">{escape(word)}</text>'
        )
        drawn.append(f'<a href="#{escape(places[word])}">{text}</a>' if word in places else text)
    svg = (
        f'<svg role="group" aria-label="{escape(alt)}" class="cloud" '
        f'viewBox="0 0 {laid_out.width} {laid_out.height}" '
        f'style="{"; ".join(INHERITED)}" xmlns="http://www.w3.org/2000/svg">'
    )
    svg += "".join(f"\n{word}" for word in drawn) + "\n</svg>"
    meaning = "".join(
        f'<li><span style="background: {colour}"></span>{escape(label)}</li>'
        for colour, label in key.items()
    )
    html = _with_variables(
        f'<figure class="study" id="{name}">\n{svg}\n<ul class="key">{meaning}</ul>\n'
    )
    html += f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    return Html(html, f"{caption}\n({alt})")


def _lean(svg: str) -> str:
    """Leave out what makes a drawing long and nobody sees."""
    svg = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", svg)
    svg = re.sub(r"(\.\d\d)\d+\b(?=[^<>]*>)", r"\1", svg)  # of a pixel, not of a label
    svg = re.sub(r' style="([^"]*)"', lambda match: _own_style(match[1]), svg)
    svg = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", svg)
    meant = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in meant else "", svg)
    svg = re.sub(r"<g/>|<defs>\s*</defs>", "", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    alone = re.compile(r"<g>\n?((?:<(path|text|use)\b[^>]*(?:/>|>[^<]*</\2>))?)\n?</g>\n?")
    while (shorter := alone.sub(r"\1", svg)) != svg:
        svg = shorter
    return svg


def _own_style(style: str) -> str:
    own = [rule for rule in style.split("; ") if rule not in INHERITED]
    return f' style="{"; ".join(own)}"' if own else ""


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


def intervals(
    rows: pd.DataFrame,
    label: str,
    note: Sequence[str] = (),
    axes: Axes | None = None,
) -> Axes:
    """Draw shares as dots with their intervals, the first row on top.

    Parameters
    ----------
    rows
        Columns `label`, `share`, `low` and `high`, all three from 0 to 1.
    label
        The column that names the rows.
    note
        What to write at the right end of each row, such as its count.
    axes
        Where to draw; by default a new figure as high as the rows need.

    Examples
    --------
    >>> rows = pd.DataFrame({"answer": ["yes"], "share": [0.5], "low": [0.4], "high": [0.6]})
    >>> intervals(rows, "answer").get_yticklabels()[0].get_text()
    'yes'
    """
    if axes is None:
        _, axes = plt.subplots(figsize=(WIDTH, 0.7 + 0.38 * len(rows)))
    y = np.arange(len(rows))
    axes.hlines(y, rows["low"], rows["high"], color=COLOURS[0], linewidth=2.2, alpha=0.55)
    axes.plot(rows["share"], y, "o", markersize=7, clip_on=False)
    axes.set_yticks(y, rows[label].map(lambda text: wrap(text, 22)))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, None)
    axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
    axes.grid(axis="x", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    for height, text in enumerate(note):
        axes.annotate(
            text, (1.01, height), xycoords=("axes fraction", "data"), va="center", fontsize=10
        )
    return axes


def stacked(shares: pd.DataFrame) -> Axes:
    """Draw one bar a row, its parts one a column, the percentage written where it fits.

    Parameters
    ----------
    shares
        Parts from 0 to 1 that sum to 1 in every row; index and columns name rows and parts.

    Examples
    --------
    >>> shares = pd.DataFrame({"yes": [0.25], "no": [0.75]}, index=["women"])
    >>> [text.get_text() for text in stacked(shares).texts]
    ['25', '75']
    """
    _, axes = plt.subplots(figsize=(WIDTH, 1.0 + 0.42 * len(shares)))
    left = np.zeros(len(shares))
    for part, widths in shares.items():
        bars = axes.barh(shares.index, widths, left=left, height=0.7, label=part)
        texts = [f"{100 * width:.0f}" if width >= 0.06 else "" for width in widths]
        for bar, text in zip(bars, texts, strict=True):
            if text:
                middle = bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2
                axes.annotate(text, middle, ha="center", va="center", color=ON_COLOUR, fontsize=10)
        left += widths.to_numpy()
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.figure.legend(loc="outside upper center", ncols=min(3, len(shares.columns)), fontsize=9.5)
    return axes


def matrix(counts: pd.DataFrame) -> Axes:
    """Draw a table of counts as squares, the darker the more, each with its number.

    Examples
    --------
    >>> [text.get_text() for text in matrix(pd.DataFrame([[1, 0]], ["a"], ["b", "c"])).texts]
    ['1', '0']
    """
    _, axes = plt.subplots(figsize=(WIDTH, 1.5 + 0.3 * len(counts)))
    most = counts.to_numpy().max()
    size = 10 if len(counts.columns) < 9 else 9
    for y, (_, row) in enumerate(counts.iterrows()):
        for x, value in enumerate(row):
            # The root, or few would be as pale as none beside the very many.
            depth = 0.55 * (value / most) ** 0.5 if most else 0
            place = (x - 0.47, y - 0.47)
            axes.add_patch(
                plt.Rectangle(place, 0.94, 0.94, color=COLOURS[0], alpha=depth, linewidth=0)
            )
            axes.annotate(f"{value}", (x, y), ha="center", va="center", fontsize=size)
    is_short = counts.columns.astype(str).str.len().max() < 4
    leaning = {} if is_short else {"rotation": 40, "ha": "right"}
    axes.set_xlim(-0.5, len(counts.columns) - 0.5)
    axes.set_ylim(len(counts) - 0.5, -0.5)
    axes.set_xticks(range(len(counts.columns)), counts.columns, **leaning)
    axes.set_yticks(range(len(counts)), counts.index)
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def diverging(shares: pd.DataFrame, axes: Axes) -> Axes:
    """Draw one bar a row, the lower half of the columns left of the middle, the upper half right.

    Where it fits, a part has its percentage in it.

    Parameters
    ----------
    shares
        Parts from 0 to 1 that sum to 1 in every row, from one end of a scale to the other: two to
        seven columns. Where their number is odd, the middle one lies on both sides.
    axes
        Where to draw.

    Examples
    --------
    >>> shares = pd.DataFrame([[0.1, 0.2, 0.2, 0.2, 0.2, 0.1]], ["women"])
    >>> float(diverging(shares, plt.subplots()[1]).patches[0].get_x())
    -0.5
    """
    half, odd = divmod(shares.shape[1], 2)
    colours = [*DIVERGING[:half], *[FAINT] * odd, *DIVERGING[-half:]]
    left = -(shares.iloc[:, :half].sum(axis=1) + odd * shares.iloc[:, half] / 2).to_numpy()
    for (part, widths), colour in zip(shares.items(), colours, strict=True):
        bars = axes.barh(
            shares.index.astype(str), widths, left=left, height=0.75, color=colour, label=part
        )
        on_it = INK if colour in (*DIVERGING[2:4], FAINT) else ON_COLOUR  # the middle is pale
        texts = [f"{100 * width:.0f}" if width >= 0.08 else "" for width in widths]
        axes.bar_label(bars, texts, label_type="center", color=on_it, fontsize=10)
        left += widths.to_numpy()
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["100%", "50%", "0", "50%", "100%"], fontsize=9)
    axes.invert_yaxis()
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def wrap(text: str, width: int) -> str:
    r"""Break a label into lines.

    Examples
    --------
    >>> wrap("a long label", 7)
    'a long\nlabel'
    """
    return "\n".join(textwrap.wrap(text, width))
