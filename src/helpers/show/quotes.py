"""Show answers in free text: one with its codes in place, or stretches of many as examples."""

from html import escape

import pandas as pd

from helpers.compute.themes import segments
from helpers.show import guards
from helpers.show.page import LANGUAGES, Html


def annotate(
    text: str, codings: pd.DataFrame, labels: pd.Series, caption: str, language: str = "en"
) -> Html:
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
    language
        Of the text and the labels, as ISO 639-1 has it.

    Examples
    --------
    >>> codings = pd.DataFrame({"theme": ["family"], "start": [0], "end": [8]})
    >>> shown = annotate("A sister helps.", codings, pd.Series({"family": "Family"}), "A nurse")
    >>> "<mark>A sister" in shown.html
    True
    """
    guards.check_frame(None, caption)  # whole answers are nobody's to release
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
        f'<figure class="study annotated">\n<blockquote lang="{escape(language)}">'
        f"<p>{''.join(parts)}</p></blockquote>\n"
        f'<ol aria-label="Codes in this answer" lang="{escape(language)}">{notes}</ol>\n'
        f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
    )
    return Html(html, f"{caption}\n{text}\n{', '.join(labels[themes])}")


def examples(stretches: pd.DataFrame) -> Html:
    """Show stretches of answers, each with what may be said of who said it.

    A translated stretch has the original at a click.

    Parameters
    ----------
    stretches
        Rows that `helpers.compute.themes.examples` returns: `stretch`, `speaker`, and where it is a
        translation, `original` and the language `spoken`.

    Raises
    ------
    DisclosureError
        If the study is private and the stretches were not checked against what was released.

    Examples
    --------
    >>> examples(pd.DataFrame({"stretch": ["every day"], "speaker": ["nurse, woman, 40"]}))
    every day (nurse, woman, 40)
    """
    guards.check_frame(stretches, "quotations")
    none = pd.Series("", stretches.index)
    columns = [stretches.get(of, none) for of in ("stretch", "speaker", "original", "spoken")]
    rows = list(zip(*columns, strict=True))
    items = [
        f"<li>“{escape(words)}”"
        + (f" <small>{escape(who)}</small>" if who else "")
        + (_original(said, spoken) if said else "")
        + "</li>"
        for words, who, said, spoken in rows
    ]
    texts = [f"{words} ({who})" if who else words for words, who, *_ in rows]
    return Html(f'<ul class="quotes">{"".join(items)}</ul>', "\n".join(texts))


def _original(words: str, language: str) -> str:
    quoted = f'<q lang="{escape(language)}">{escape(words)}</q>'
    name = escape(LANGUAGES.get(language, language))
    return f"<details><summary>In {name}</summary>{quoted}</details>"
