"""Show what an explorer has for one choice, where that takes more than one figure or table."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from audit import ALPHA, compare, counted, printed
from helpers import plots, quotes, tables
from helpers.show.page import Html, join
from learn import play


def small(width: float) -> plots.Axes:
    """Return axes at a place that is the same for every choice, so that nothing jumps."""
    figure = plots.plt.figure(figsize=(width, 3.1), layout="none")
    left, right, below, above = 0.9, 0.15, 0.75, 0.75  # inches
    place = left / width, below / 3.1, 1 - (left + right) / width, 1 - (below + above) / 3.1
    return figure.add_axes(place)


def theme(entry: pd.Series, named: pd.DataFrame, stretches: pd.DataFrame) -> Html:
    """Show a theme: what it means, who names it, and how people put it.

    Parameters
    ----------
    entry
        Its row of the codebook, whose name is the theme: `label`, `definition`, `include` and
        `exclude`.
    named
        One row for everyone, and one a group: `group`, what it is one of (`by`, missing for
        everyone), `n` of `base` people in it who name the theme, their `share` with its 95%
        interval, `low` to `high`, and whether the count is `assumed`.
    stretches
        Rows that `helpers.compute.themes.examples` returns.

    Examples
    --------
    >>> from helpers import themes
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> book = study.codebook.query("question == 'recovery'").set_index("theme")
    >>> named = themes.by_group(study, "recovery", "sex").query("theme == 'family_support'")
    >>> named["assumed"] = True
    >>> said = themes.examples(study, "recovery").query("theme == 'family_support'")
    >>> "What belongs to family support" in theme(book.loc["family_support"], named, said[:1]).html
    True
    """
    group = named["group"].astype(str).str.replace("_", " ")
    how_many = named["n"].astype(str) + " of " + named["base"].astype(str)
    kinds = " and ".join(f"by {by.replace('_', ' ')}" for by in named["by"].dropna().unique())
    kind = named["by"].str.replace("_", " ").str.cat(group, sep=": ").fillna(group)
    rows = named.assign(group=kind.str.capitalize())
    everyone = named.iloc[0]
    hollow = " Hollow: the count is assumed." if named["assumed"].any() else ""

    def drawn(width: float) -> plots.Axes:
        axes = plots.intervals(rows, "group", width, how_many, assumed=rows["assumed"])
        axes.set_xlabel("Share, with 95% interval")
        return axes

    return join(
        tables.table(
            entry[["label", "definition", "include", "exclude"]].to_frame().T,
            f"What belongs to {entry['label'].lower()}",
            labels={"label": "Theme", "include": "Counts", "exclude": "Does not count"},
        ),
        plots.publish(
            drawn,
            f"who-{entry.name}",
            f"{everyone['n']} of {everyone['base']} people name it",
            f"{entry['label']}: {everyone['n']} of {everyone['base']} people name it "
            f"({everyone['share']:.0%}). Below: who names it, {kinds}.{hollow}",
            f"Dot plot of the share of each group: {', '.join(group + ' ' + how_many)}.",
        ),
        quotes.examples(stretches),
    )


def false_alarms(significant: pd.Series, items: int, many: int, name: str) -> Html:
    """Show in how many studies so many tests came out significant.

    Parameters
    ----------
    significant
        One whole number a study, from 0 to `items`, as `learn.play.significant` returns.
    items
        How many tests each study has.
    many
        How often so many or more came out is said in the caption, with Wilson's 95% limits (1927).
    name
        The figure's identifier on the page.

    Examples
    --------
    >>> false_alarms(pd.Series([0, 0, 1, 3]), items=4, many=3, name="four").text.split(";")[0]
    '1.0 of 4 tests are significant on average'
    """
    from scipy import stats
    from statsmodels.stats.proportion import proportion_confint

    numbers = np.arange(items + 1)
    edges = np.append(numbers, items + 1) - 0.5
    shares = [(significant == n).mean() for n in numbers]
    independent = stats.binom.pmf(numbers, items, significant.mean() / items)
    reached = significant >= many
    low, high = proportion_confint(reached.sum(), len(reached), method="wilson")

    def drawn(width: float) -> plots.Axes:
        axes = small(width)
        axes.set(xlim=edges[[0, -1]], ylim=(0, 1), xticks=numbers[::2])
        axes.set(xlabel="Significant tests", ylabel="Studies")
        axes.set_yticks([0, 0.5, 1], ["0", "50%", "100%"])
        axes.stairs(shares, edges, fill=True, color=plots.INK, alpha=0.35)
        axes.stairs(independent, edges, color=plots.INK, baseline=None)
        return axes

    return plots.publish(
        drawn,
        name,
        f"{reached.mean():.1%} of the studies have {many} or more",
        f"{significant.mean():.1f} of {items} tests are significant on average; at least one in "
        f"{(significant >= 1).mean():.1%} of the studies, {many} or more in {reached.mean():.1%} "
        f"(95% limits {low:.1%} and {high:.1%}). Line: independent "
        "tests with the same average.",
        f"Share of drawn studies with 0 to {items} significant tests: "
        + ", ".join(f"{share:.1%}" for share in shares),
    )


def answers(counts: play.Counts, mean: str, sd: str, who: str, name: str) -> Html:
    """Show answers beside a printed mean and SD, and say whether their SD fits.

    Parameters
    ----------
    counts
        How many people gave each answer, from 0 up.
    mean, sd
        As printed. Digits beyond the printed ones were dropped.
    who
        Who answered, in the plural, as the axis says it.
    name
        The figure's identifier on the page.

    Examples
    --------
    >>> answers(np.array([2, 0, 2]), "1.00", "1.15", "Men", "four").text.splitlines()[0]
    'Mean 1.0000, printed 1.00; SD 1.15470, printed 1.15: it fits.'
    """
    each = np.repeat(np.arange(len(counts)), counts)
    spread = each.std(ddof=1)
    low, high, *_ = printed.limits(sd, "dropped", "sd")
    misses = "the SD is too small" if spread < low else "the SD is too large"
    verdict = "it fits" if low <= spread < high else misses

    def drawn(width: float) -> plots.Axes:
        axes = small(width)
        axes.set(xlabel="Answer", ylabel=who, ylim=(0, 1.15 * len(each)))
        axes.set_xticks(range(len(counts)))
        axes.bar_label(axes.bar(np.arange(len(counts)), counts, width=0.7))
        return axes

    return plots.publish(
        drawn,
        name,
        f"SD {spread:.2f}, printed {sd}: {verdict}",
        f"Mean {each.mean():.4f}, printed {mean}; SD {spread:.5f}, printed {sd}: {verdict}.",
        f"{who} who give each answer. " + ", ".join(f"{a}: {n}" for a, n in enumerate(counts)),
    )


def one_move(
    women: play.Counts, men: play.Counts, answer: int, mover: Literal["woman", "man"], item: str
) -> Html:
    """Show means and tests before and after one person goes from one group to the other.

    Parameters
    ----------
    women, men
        How many of them gave each answer, from 0 up; at least three in each group.
    answer
        What the person answered who goes.
    mover
        From which group.
    item
        What the caption calls the item.

    Examples
    --------
    >>> one_move(np.array([0, 2, 1, 2]), np.array([1, 2, 1, 0]), 0, "woman", "Item 1")
    No woman gave this answer.
    """
    if not (women if mover == "woman" else men)[answer]:
        nobody = f"No {mover} gave this answer."
        return Html(f"<p>{nobody}</p>", nobody)
    leaves = np.eye(len(women), dtype=int)[answer] * (1 if mover == "woman" else -1)
    women, men = np.stack([women, women - leaves]), np.stack([men, men + leaves])
    tests = pd.DataFrame(compare(counted(women), counted(men))._asdict())
    values = np.arange(women.shape[1])
    rows = tests.assign(
        groups=["now", "after"],
        women=women @ values / women.sum(axis=1),
        men=men @ values / men.sum(axis=1),
        test=np.where(tests["levene_p"] > ALPHA, "Student", "Welch"),
    )
    now, after = rows["p"]
    result = "stays" if (now < ALPHA) == (after < ALPHA) else "changes"
    return tables.table(
        rows[["groups", "women", "men", "levene_p", "t", "df", "p", "test"]],
        f"{item}: p goes from {now:.4f} to {after:.4f}; the result {result}. Means and tests",
        labels={"levene_p": "Levene", "t": "t", "df": "df", "p": "p"},
        formats={
            **dict.fromkeys(["women", "men"], "{:.2f}"),
            "levene_p": lambda p: f"{p:.3f}" if p >= 0.0005 else "< 0.001",
            "t": "{:.3f}",
            "df": "{:.1f}",
            "p": "{:.4f}",
        },
    )
