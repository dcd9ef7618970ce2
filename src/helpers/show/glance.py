"""The study on one screen, each part a link to its chapter: the front page's first picture."""

from html import escape

import pandas as pd

from helpers import describe, omi, scorecard, themes
from helpers.load.study import Study
from helpers.show.page import Html


def at_a_glance(study: Study) -> Html:
    """Show the people, the three opinions, the leading themes, the differences and the verdicts.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> "Is recovery possible?" in at_a_glance(load_study()).html
    True
    """
    asked = study.participants[study.participants["patient_contact"]]
    answered = study.responses.groupby("question", observed=True)["participant_id"].nunique()
    people = [("interviewed", len(study.participants)), ("with patient contact", len(asked))]
    people += [(f"answered on {question}", n) for question, n in answered.items()]
    opinions = describe.tally(asked, "recovery_opinion")
    said = opinions["recovery_opinion"].astype(str).str.replace("_", " ")
    verdicts = scorecard.compare(study.facts, scorecard.compute(study))["verdict"].value_counts()
    panels = [
        _panel("The people", "01_study", people, "How the sample shrinks"),
        _panel(
            "Is recovery possible?",
            "03_is_recovery_possible",
            list(zip(said, opinions["n"], strict=True)),
            f"Answers of {len(asked)} people",
        ),
        _panel("What helps", "05_recovery_themes", *_leading(study, "recovery")),
        _panel("What brings relapse", "07_relapse_themes", *_leading(study, "relapse")),
        _panel(
            "Attitudes of women and men",
            "08_omi_gender",
            _differences(study),
            "Hedges' g, women minus men",
        ),
        _panel("Printed numbers", "scorecard", list(verdicts.items()), "Verdicts on each of them"),
    ]
    html = f'<div class="glance">\n{"".join(panels)}</div>'
    return Html(html, "The study at a glance")


def _leading(study: Study, question: str) -> tuple[list[tuple[str, int]], str]:
    """List the four themes that most people name, and all as common as the fourth, with a note."""
    counts = themes.theme_counts(study, question)
    is_residual = counts["theme"] == themes.RESIDUAL
    leading = counts[~is_residual].nlargest(4, "n", keep="all")
    stars = leading["printed"].isna().map({True: "\N{NO-BREAK SPACE}*", False: ""})
    apart = (f", {row.label.lower()} ({row.n}) apart" for row in counts[is_residual].itertuples())
    note = f"Leading themes{''.join(apart)}; *\N{NO-BREAK SPACE}assumed, not printed"
    return list(zip(leading["label"] + stars, leading["n"], strict=True)), note


def _differences(study: Study) -> list[tuple[str, str]]:
    """List the items that the paper prints with their effect size."""
    tests = omi.gender_tests(study.omi, study.omi_items["item"])
    tests = tests.merge(study.omi_items, on="item", suffixes=("", "_printed"))
    printed = tests[tests["t_printed"] != ""]
    return [(row.label, f"{row.hedges_g:+.2f}") for row in printed.itertuples()]


def _with_minus(value: object) -> str:
    return escape(str(value)).replace("-", "\N{MINUS SIGN}")


def _panel(title: str, chapter: str, rows: list[tuple[str, object]], note: str) -> str:
    """Return one card, each row with a bar as long as its share of the largest number.

    Bars of numbers below zero are hollow.
    """
    sizes = pd.to_numeric(pd.Series([value for _, value in rows]))
    widths = 100 * sizes.abs() / sizes.abs().max()
    items = "".join(
        f"<li><span>{escape(str(name))}</span><b>{_with_minus(value)}</b>"
        f'<span class="bar{" hollow" * (size < 0)}" style="width: {width:.0f}%"></span></li>'
        for (name, value), size, width in zip(rows, sizes, widths, strict=True)
    )
    return (
        f'<section><h2><a href="chapters/{chapter}.html">{escape(title)}</a></h2>\n'
        f"<ul>{items}</ul>\n<p>{escape(note)}</p></section>\n"
    )
