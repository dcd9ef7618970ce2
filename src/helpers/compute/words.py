"""Words of the answers: how often they are used, by how many people, by whom, and in what context.

A word is what stands between spaces and punctuation, in lower case: apostrophes within it belong to
it, except that a final 's is left out, and so are numbers. These are the rules of the wordcloud
package (Mueller, version 1.9), except that quotation marks never belong to a word here. Texts are
compared as people read them: in one Unicode form, so that an accented letter is one letter however
it was typed, and with straight apostrophes.

Function words are left out by a published list, Stopwords ISO (Diaz, version 1.1, MIT licence).
Whatever else is decided before counting is declared, form by form, and passed as `forms`: the word
or term under which a form is counted, or nothing if it is left out. A form of several words is kept
whole.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers.compute.themes import presence
from helpers.load.study import Study

if TYPE_CHECKING:
    from wordcloud import WordCloud

_WORD = r"\w+(?:'\w+)*"
_DEALS = 1_999  # people dealt out to two groups anew
_SEED = 1
_MOST = 60  # words in a cloud
_COVERED = 0.62  # the share of a word cloud that its words are to cover


def stop_words(language: str = "en") -> frozenset[str]:
    """Return the words that are not counted: prepositions and the other function words.

    Parameters
    ----------
    language
        Its code in ISO 639-1: "en", "es", or another of the languages of Stopwords ISO.

    Raises
    ------
    ValueError
        If there is no list for the language.

    Examples
    --------
    >>> sorted({"without", "support", "from"} & stop_words())
    ['from', 'without']
    """
    import stopwordsiso

    if not stopwordsiso.has_lang(language):
        listed = ", ".join(sorted(stopwordsiso.langs()))
        raise ValueError(f"no stop words for {language!r}; there are lists for {listed}")
    return frozenset(_plain(word) for word in stopwordsiso.stopwords(language))


def declared(study: Study) -> dict[str, str]:
    """Return what the study's vocabulary, if it has one, says of each form in its language.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> forms = declared(load_study())
    >>> forms["families"], forms["disorder"]
    ('family', '')
    """
    if study.vocabulary is None:
        return {}
    return dict(study.vocabulary[["form", "word"]].itertuples(index=False, name=None))


def frequencies(
    texts: Iterable[str], language: str = "en", forms: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Count words, and the people who use them.

    Parameters
    ----------
    texts
        One text a person.
    language
        Whose stop words are left out, as for `stop_words`; a form goes out with its word.
    forms
        The word under which each of these forms is counted, as in `{"families": "family"}`, empty
        if it is left out. Forms of several words are kept whole; where several begin at the same
        word, the longest counts. What is not among them is counted as it stands.

    Returns
    -------
    DataFrame
        One row a word or term, those of most people first, then the most frequent, then in
        alphabetical order: `word`, `n` times, by so many `people`, which is this `share` of all.

    Raises
    ------
    ValueError
        If there are no stop words for the language.

    Examples
    --------
    >>> frequencies(
    ...     ["Her family is her support network.", "Two families; no network, no family."],
    ...     forms={"families": "family", "support network": "support network"},
    ... )
                  word  n  people  share
    0           family  3       2    1.0
    1          network  1       1    0.5
    2  support network  1       1    0.5
    """
    times, people, everybody = Counter(), Counter(), 0
    for counts in _counts(texts, language, forms or {}):
        times.update(counts)
        people.update(counts.keys())
        everybody += 1
    rows = [(word, n, people[word]) for word, n in times.items()]
    table = pd.DataFrame(rows, columns=["word", "n", "people"])
    table = table.astype({"word": str, "n": int, "people": int})
    table["share"] = table["people"] / max(everybody, 1)
    order = ["people", "n", "word"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True)


def ranks(counted: pd.DataFrame, terms: Sequence[str], by: str = "people") -> pd.Series:
    """Return the place of terms among all words.

    Parameters
    ----------
    counted
        As `frequencies` returns it.
    terms
        Words or terms. One that was not kept whole has the place of the last of its words, since
        it can be read from a cloud only where they all are.
    by
        The column that is ranked: "people" or "n".

    Returns
    -------
    Series
        The rank of each term, from 1; words that are equally frequent share the last of their
        places. NA where no word of a term is counted.

    Examples
    --------
    >>> counted = frequencies(["a family, a network", "a family", "one support network"])
    >>> ranks(counted, ["family", "support network"]).to_dict()
    {'family': 2, 'support network': 3}
    """
    rank = counted.set_index("word")[by].rank(ascending=False, method="max")
    places = {}
    for term in terms:
        parts = [term] if term in rank.index else term.split()
        places[term] = rank.reindex(parts).max()
    return pd.Series(places, dtype=float).astype("Int64")


def key_terms(study: Study, question: str = "recovery") -> pd.DataFrame:
    """Tell how often the terms that the vocabulary gives a theme are used, in every language.

    Returns
    -------
    DataFrame
        One row a language, a term, and a way to count it (`counted`: "people" or "n", its uses):
        `language`, `term`, its `theme`, `counted`, `times`, `rank` among all words, and `named`,
        the number of people who name the theme.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> terms = key_terms(load_study())
    >>> terms.loc[terms["term"].eq("family"), "theme"].unique().tolist()
    ['family_support']
    """
    named = presence(study, question).sum()
    tables = []
    for language in study.languages:
        spoken = study if language == study.language else study.in_language(language)
        terms = spoken.vocabulary.loc[spoken.vocabulary["theme"].ne(""), ["word", "theme"]]
        counted = frequencies(spoken.texts(question), language, declared(spoken))
        for by in ["people", "n"]:
            table = terms.rename(columns={"word": "term"}).assign(language=language, counted=by)
            table["times"] = table["term"].map(counted.set_index("word")[by]).fillna(0).astype(int)
            table["rank"] = table["term"].map(ranks(counted, terms["word"], by))
            tables.append(table.assign(named=table["theme"].map(named)))
    return pd.concat(tables, ignore_index=True)


def cloud(
    frequencies: pd.DataFrame,
    font: str | None = None,
    width: int = 800,
    height: int = 360,
) -> "WordCloud":
    """Lay out a word cloud.

    The height of a word goes with the square root of the number of people who use it, so that the
    area of a letter goes with the number itself: roughly, since sizes are whole pixels and a word
    that finds no room is set smaller. Long words take more room than short ones of as many people.

    Parameters
    ----------
    frequencies
        As `frequencies` returns it.
    font
        The file of the font whose letters are measured; by default the one of wordcloud.
    width, height
        Of the canvas, in pixels.

    Returns
    -------
    WordCloud
        Its `layout_` holds each word with its size and the top left of its ink. The first 60 words
        are laid out at most: those that would be less than 14 pixels high, and all after them, are
        left out. All lie level and are black, for whoever draws them to colour. The same words are
        laid out alike every time.

    Raises
    ------
    ValueError
        If there are no words.

    Examples
    --------
    >>> laid_out = cloud(frequencies(["a family", "the family and a friend"]))
    >>> [word for (word, _), *_ in laid_out.layout_]
    ['family', 'friend']
    """
    from wordcloud import WordCloud

    counted = frequencies.head(_MOST)
    roots = np.sqrt(counted["people"].to_numpy(float))
    # The size of the largest word at which all of them cover their share of the canvas, if a letter
    # is 0.6 times as wide as it is high.
    covered = (0.6 * counted["word"].str.len() * (roots / roots.max(initial=1)) ** 2).sum()
    largest = np.sqrt(_COVERED * width * height / max(covered, 1))
    canvas = WordCloud(
        width=width,
        height=height,
        font_path=font,
        margin=8,
        max_font_size=int(largest),
        min_font_size=14,
        prefer_horizontal=1,
        relative_scaling=1,
        random_state=_SEED,
        mode="RGBA",
        background_color=None,
        color_func=lambda *_, **__: "black",
    )
    return canvas.generate_from_frequencies(dict(zip(counted["word"], roots, strict=True)))


def keyness(
    texts_a: Iterable[str],
    texts_b: Iterable[str],
    language: str = "en",
    forms: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    r"""Find the words that one group of people uses more than another.

    The words of one person hang together, so the chi-squared distribution of the log-likelihood
    ratio makes far too much of a word that one person repeats. What chance can do is found
    instead by dealing the people out to the two groups anew, again and again.

    Parameters
    ----------
    texts_a, texts_b
        One text a person of each group.
    language, forms
        As for `frequencies`.

    Returns
    -------
    DataFrame
        One row a word that is used at all, the largest `g2` first and equal ones in alphabetical
        order:

        - `n_a`, `n_b` times by `people_a`, `people_b`;
        - `log_ratio`: the binary logarithm of how many times as often group a uses it, per counted
          word, with 0.5 in place of a count of 0 (Hardie 2014);
        - `g2`: the log-likelihood ratio (Dunning 1993), twice the sum of
          :math:`O \ln(O / E)` over this word and all others in both groups;
        - `p`: how often dealing people out gives this word a `g2` at least as large, among 1,999
          random ways and the real one; they are the same in every run;
        - `p_adjusted`: how often it gives one to any word at all, which corrects for their number
          (Westfall and Young 1993).

    Raises
    ------
    ValueError
        If there are no stop words for the language, or a group has no words.

    Examples
    --------
    >>> found = keyness(["cure, no cure", "some cure"], ["hope", "hope and family"])
    >>> found[["word", "n_a", "n_b", "log_ratio"]].round(1)
         word  n_a  n_b  log_ratio
    0    cure    3    0        2.6
    1    hope    0    2       -2.0
    2  family    0    1       -1.0
    """
    from scipy.sparse import csr_array

    first = list(_counts(texts_a, language, forms or {}))
    both = [*first, *_counts(texts_b, language, forms or {})]
    words = sorted(set().union(*both))
    column = {word: i for i, word in enumerate(words)}
    person = np.repeat(np.arange(len(both)), [len(counts) for counts in both])
    word = [column[word] for counts in both for word in counts]
    times = [n for counts in both for n in counts.values()]
    uses = csr_array((times, (person, word)), shape=(len(both), len(words)))
    in_a = (np.arange(len(both)) < len(first)).astype(int)
    n, n_a = uses.sum(axis=0), in_a @ uses
    if not 0 < n_a.sum() < n.sum():
        raise ValueError("keyness needs words in both groups")

    g2 = _log_likelihood(n_a, n)
    # Equal tables can differ by a hair, since logarithms are added up in another order.
    reached = g2 - 1e-9 * n.sum()
    rng = np.random.default_rng(_SEED)
    alone, together = np.ones(len(words)), np.ones(len(words))
    for _ in range(_DEALS):
        dealt = _log_likelihood(rng.permutation(in_a) @ uses, n)
        alone += dealt >= reached
        together += dealt.max() >= reached

    n_b = n - n_a
    rates = [np.where(k > 0, k, 0.5) / k.sum() for k in (n_a, n_b)]
    used = uses.minimum(1)
    table = {
        "word": words,
        "n_a": n_a,
        "n_b": n_b,
        "people_a": in_a @ used,
        "people_b": (1 - in_a) @ used,
        "log_ratio": np.log2(rates[0] / rates[1]),
        "g2": g2,
        "p": alone / (_DEALS + 1),
        "p_adjusted": together / (_DEALS + 1),
    }
    return pd.DataFrame(table).sort_values(
        ["g2", "word"], ascending=[False, True], ignore_index=True
    )


def in_context(
    texts: pd.Series, word: str, width: int = 6, forms: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return every use of a word with the words around it.

    Parameters
    ----------
    texts
        One text a person, indexed by who it is.
    word
        A word or a term of several, in whatever case.
    width
        How many words to show on either side.
    forms
        As for `frequencies`: what is counted under the word is found too.

    Returns
    -------
    DataFrame
        One row a use, in the order of the texts: `person`, `left`, `word` as it stands there,
        `right`. Joined, the three are a piece of the text with single spaces.

    Examples
    --------
    >>> in_context(pd.Series({"P01": "My family helps. No family, no hope."}), "family", 2)
      person        left    word       right
    0    P01         My   family   helps. No
    1    P01  helps. No   family  , no hope.
    """
    return contexts(texts, [word], width, forms)[word]


def contexts(
    texts: pd.Series, words: Iterable[str], width: int = 6, forms: Mapping[str, str] | None = None
) -> dict[str, pd.DataFrame]:
    """Return every use of each of some words with the words around it; the texts are read once.

    Parameters
    ----------
    texts, width, forms
        As for `in_context`.
    words
        Words or terms of several.

    Returns
    -------
    dict
        By word what `in_context` returns of it.

    Examples
    --------
    >>> found = contexts(pd.Series({"P01": "No family, no hope."}), ["family", "hope"], 1)
    >>> found["hope"].loc[0].tolist()
    ['P01', 'no ', 'hope', '.']
    """
    forms = forms or {}
    rows = {word: [] for word in words}
    sought: dict[str, list[str]] = {}
    for word in rows:
        sought.setdefault(_bare(_plain(word)), []).append(word)
    find = _finder([*rows, *forms])
    for person, text in texts.items():
        plain = _plain(text)
        for use in find.finditer(plain):
            bare = _bare(use[0])
            for found in {bare, forms.get(bare)} & sought.keys():
                left = " ".join(plain[: use.start()].rsplit(" ", width + 1)[-width - 1 :])
                right = " ".join(plain[use.end() :].split(" ", width + 1)[: width + 1])
                for word in sought[found]:
                    rows[word].append((person, left, use[0], right))
    columns = ["person", "left", "word", "right"]
    return {word: pd.DataFrame(uses, columns=columns) for word, uses in rows.items()}


def _plain(text: str) -> str:
    """Bring a text into one Unicode form, with straight apostrophes and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).replace("’", "'").split())


def _bare(word: str) -> str:
    return word.lower().removesuffix("'s")


def _finder(forms: Iterable[str]) -> re.Pattern[str]:
    """Return what finds words, and before them the forms of several words, the longest first."""
    terms = {plain for form in forms if not re.fullmatch(_WORD, plain := _plain(form))}
    longest_first = sorted(terms, key=lambda term: (-len(term), term))
    whole = [rf"{re.escape(term)}(?:'s)?(?!\w)" for term in longest_first]
    return re.compile("|".join([*whole, _WORD]), re.IGNORECASE)


def _counts(
    texts: Iterable[str], language: str, forms: Mapping[str, str]
) -> Iterator[Counter[str]]:
    """Yield, text by text, how often each word comes in it."""
    left_out = stop_words(language) | {""}
    find = _finder(forms).findall
    counted_as = {_bare(_plain(form)): word for form, word in forms.items()}
    for text in texts:
        found = (word for word in map(_bare, find(_plain(text))) if not word.isdigit())
        words = (counted_as.get(word, word) for word in found if word not in left_out)
        yield Counter(word for word in words if word not in left_out)


def _log_likelihood(n_a: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return G2 of the 2 by 2 table of every word: this word or others, group a or the other."""
    from scipy.special import xlogy

    total, total_a = n.sum(), n_a.sum()
    cells = np.array([n_a, n - n_a, total_a - n_a, total - total_a - (n - n_a)])
    margins = np.array([n, total - n, np.full_like(n, total_a), np.full_like(n, total - total_a)])
    return 2 * (xlogy(cells, cells) - xlogy(margins, margins)).sum(axis=0) + 2 * xlogy(total, total)
