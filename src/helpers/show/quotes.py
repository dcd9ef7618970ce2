"""Show answers in free text: one with its codes in place, or stretches of many as examples."""

from html import escape

import pandas as pd

from helpers.compute.themes import segments
from helpers.show.page import Html


def annotate(text: str, codings: pd.DataFrame, labels: pd.Series, caption: str) -> Html:
    """Show an answer with every coded stretch marked, numbered and named in the margin.

    The numbers carry the meaning, so that it is there without colour; a screen reader hears at each
    stretch which codes it was given.

    Parameters
    ----------
    text
        The answer.
    codings
        Its coded stretches: `theme`, `start` and `end` (exclusive) in characters.
    labels
        The name of each theme, indexed by theme.
    caption
        Who speaks, and what to notice.

    Examples
    --------
    >>> codings = pd.DataFrame({"theme": ["family"], "start": [0], "end": [8]})
    >>> shown = annotate("A sister helps.", codings, pd.Series({"family": "Family"}), "A nurse")
    >>> "<mark>A sister" in shown.html
    True
    """
    themes = list(dict.fromkeys(codings.sort_values("start", kind="stable")["theme"]))
    parts = []
    for segment in segments(text, codings).itertuples():
        words = escape(segment.text)
        if not segment.themes:
            parts.append(words)
            continue
        numbers = ", ".join(str(themes.index(theme) + 1) for theme in segment.themes)
        names = " and ".join(escape(labels[theme]) for theme in segment.themes)
        parts.append(
            f'<mark>{words}<sup aria-hidden="true">{numbers}</sup>'
            f'<span class="sr-only"> (coded {names})</span></mark>'
        )
    notes = "".join(f"<li>{escape(labels[theme])}</li>" for theme in themes)
    html = (
        f'<figure class="study annotated">\n<blockquote><p>{"".join(parts)}</p></blockquote>\n'
        f'<ol aria-label="Codes in this answer">{notes}</ol>\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )
    return Html(html, f"{caption}\n{text}\n{', '.join(labels[themes])}")


def examples(stretches: pd.DataFrame) -> Html:
    """Show stretches of answers, each with the job, age and experience of who said it.

    Parameters
    ----------
    stretches
        Rows that `helpers.compute.themes.examples` returns.

    Examples
    --------
    >>> row = {"stretch": "every day", "sex": "woman", "job_title": "nurse"}
    >>> examples(pd.DataFrame([row | {"age": 40, "years_experience": 9}]))
    every day (nurse, woman, 40, 9 years in the field)
    """
    speakers = [
        f"{row.job_title.replace('_', ' ')}, {row.sex}, {row.age}, {row.years_experience} "
        f"year{'s' * (row.years_experience != 1)} in the field"
        for row in stretches.itertuples()
    ]
    items = [
        f"<li>“{escape(words)}” <small>{escape(speaker)}</small></li>"
        for words, speaker in zip(stretches["stretch"], speakers, strict=True)
    ]
    texts = [f"{w} ({s})" for w, s in zip(stretches["stretch"], speakers, strict=True)]
    return Html(f'<ul class="quotes">{"".join(items)}</ul>', "\n".join(texts))
