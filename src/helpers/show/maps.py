"""Draw the map of group sizes that printed tests allow, for pages and for links to the book."""

import io
from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from helpers.compute import disclosure
from helpers.show import plots
from helpers.show.page import Html

_SHAPES = "os^D"  # of the marks for the items, the first four


def _draw_splits(
    axes: Axes, fits: pd.DataFrame, names: Mapping[str, str], total: int, counted: int
) -> None:
    """Draw the pairs of group sizes that items fit, and ring those that fit all.

    Letters and marks grow with matplotlib's setting `font.size`.
    """
    size = mpl.rcParams["font.size"]
    first, second = fits.columns[:2]
    (left, right), (low, high) = (fits[group].agg(["min", "max"]) for group in (first, second))
    line = {"color": plots.INK, "linewidth": 0.08 * size, "zorder": 1}
    axes.grid(color=plots.FAINT, linewidth=0.05 * size)
    axes.set_axisbelow(True)
    axes.plot([left, right], [total - left, total - right], **line)
    axes.axvline(counted, **line, linestyle=":")
    mark = {"linestyle": "none", "markersize": 0.62 * size, "markeredgecolor": plots.ON_COLOUR}
    for (item, name), shape in zip(names.items(), _SHAPES[: len(names)], strict=True):
        found = fits[fits[item]]
        axes.plot(
            found[first], found[second], shape, color=plots.INK, alpha=0.6, label=name, **mark
        )
    shared = fits[fits["all"]]
    axes.plot(shared[first], shared[second], "o", color=plots.INK, **mark)
    ring = {"markeredgecolor": plots.INK, "markeredgewidth": 0.2 * size, "markersize": 1.9 * size}
    axes.plot(shared[first], shared[second], "o", linestyle="none", markerfacecolor="none", **ring)
    for pair in zip(shared[first], shared[second], strict=True):
        axes.annotate(
            f"{pair[0]} {first},\n{pair[1]} {second}",
            pair,
            (counted + 1, total - counted + 9),
            arrowprops={"arrowstyle": "-", **line, "shrinkB": size},
            weight="bold",
        )
    label = f"{counted} {first}\nin the\ndemographics"
    axes.annotate(label, (counted + 1, high), va="top", bbox=plots.GROUND)
    slope = {"rotation": -45, "rotation_mode": "anchor", "transform_rotates_text": True}
    axes.text(left + 16, total - left - 15, f"{total} in all", **slope)
    axes.set(xlim=(left - 1, right + 1), ylim=(low - 1, high + 1))
    axes.set(
        xlabel=f"{first.capitalize()} who answered", ylabel=f"{second.capitalize()} who answered"
    )
    look = {"frameon": True, "facecolor": plots.ON_COLOUR, "edgecolor": plots.INK, "framealpha": 1}
    axes.legend(loc="lower left", handlelength=1, handletextpad=0.3, fancybox=False, **look)


def split_map(fits: pd.DataFrame, names: Mapping[str, str], total: int, counted: int) -> Html:
    """Show the map of group sizes as a figure called `split-map`.

    Parameters
    ----------
    fits
        As `audit.splits` returns it: the sizes of two groups, a boolean for each of at most four
        items, and `all`.
    names
        What the items are called, by column.
    total
        How many people there are: a line shows the pairs that add up to it.
    counted
        How many are in the first group by another count: a dotted line.

    Examples
    --------
    >>> fits = pd.DataFrame({"women": [30, 60, 80], "men": [15, 35, 65], "tax": 3 * [True]})
    >>> fits["all"] = [False, True, False]
    >>> "All fit 60 women and 35 men." in split_map(fits, {"tax": "Taxes"}, 95, 61).text
    True
    """
    first, second = fits.columns[:2]
    pairs = [
        f"{a} {first} and {b} {second}" for a, b in zip(fits[first], fits[second], strict=True)
    ]
    told = {
        item: ", ".join(pd.Series(pairs)[fits[item]]) or "none of them" for item in [*names, "all"]
    }
    caption = (
        "Each mark is a pair of group sizes that can give an item's six printed numbers, whether "
        f"rounded or cut off. Of {len(fits):,} pairs, each item allows a few; a ring shows what "
        f"all {len(names)} share."
    )
    alt = (
        f"Map of pairs of group sizes, {first} across and {second} upwards. "
        f"{' '.join(f'{name} fits {told[item]}.' for item, name in names.items())} All fit "
        f"{told['all']}. A line shows the pairs that add up to {total}, a dotted one the {counted} "
        f"{first} of the demographics."
    )

    def draw(width: float) -> Axes:
        _, axes = plt.subplots(figsize=(width, 6.2 if width == plots.WIDE else 5))
        _draw_splits(axes, fits, names, total, counted)
        return axes

    finding = f"Sizes that fit all {len(names)} items: {told['all']}"
    of = disclosure.declare(fits, "")  # what the print allows, not what the records say
    return plots.publish(draw, "split-map", finding, caption, alt, of)


class Shared(Html):
    """A piece of HTML, and a picture for links: on the first page, that of links to the book.

    Parameters
    ----------
    shown
        What the page shows.
    png
        The picture.

    Examples
    --------
    >>> Shared(Html("<p>Five</p>", "Five"), b"")._repr_html_()
    '<p>Five</p>'
    """

    def __init__(self, shown: Html, png: bytes) -> None:
        super().__init__(shown.html, shown.text)
        self.png = png

    def _repr_png_(self) -> bytes:
        return self.png


def split_card(
    fits: pd.DataFrame,
    names: Mapping[str, str],
    total: int,
    counted: int,
    title: str,
    finding: str,
) -> bytes:
    """Draw the map beside a title, as a PNG of the 1200 by 630 pixels that links show.

    Parameters
    ----------
    fits, names, total, counted
        As for `split_map`.
    title, finding
        What stands beside the map.

    Examples
    --------
    >>> fits = pd.DataFrame({"women": [30, 60, 80], "men": [15, 35, 65], "tax": 3 * [True]})
    >>> fits["all"] = [False, True, False]
    >>> split_card(fits, {"tax": "Taxes"}, 95, 61, "Can it be?", "It can.")[1:4]
    b'PNG'
    """
    with mpl.rc_context({"font.size": 17, "figure.constrained_layout.use": False}):
        figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
        _draw_splits(figure.add_axes((0.5, 0.11, 0.48, 0.86)), fits, names, total, counted)
        figure.text(0.04, 0.92, plots.wrap(title, 1.9), size=36, weight="bold", va="top")
        figure.text(0.04, 0.46, plots.wrap(finding, 3.3), size=23, va="top", linespacing=1.35)
        buffer = io.BytesIO()
        # Without the program's name and version, so that the bytes are the same each time.
        figure.savefig(
            buffer, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True}
        )
        plt.close(figure)
    return buffer.getvalue()
