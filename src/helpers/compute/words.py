"""Words of the answers: how often they are used and by how many people, by whom, and in which talk.

A word is what stands between spaces and punctuation, in lower case: apostrophes within it belong to
it, except that a final 's is left out, and so are numbers. These are the rules of the wordcloud
package (Mueller, version 1.9), except that quotation marks never belong to a word here. Texts are
compared as people read them: in one Unicode form, so that an accented letter is one letter however
it was typed, and with straight apostrophes.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from wordcloud import WordCloud

_WORD = r"\w+(?:'\w+)*"
_DEALS = 1_999  # people dealt out to two groups anew
_SEED = 1
_WIDTH, _HEIGHT = 800, 400  # pixels of a word cloud
_COVERED = 0.6  # the share of it that its words are to cover

# What wordcloud's list of English function words lacks: prepositions first, and last, since numbers
# in digits are left out, those in words.
_ENGLISH = """
    across along alongside amid among around aside behind beneath beside besides beyond despite
    except inside near onto outside past per throughout till toward towards underneath unlike upon
    versus via within without
    although either even neither though unless whether yet
    anybody anyone anything everybody everyone everything mine nobody none nothing ones somebody
    someone something us whatever whichever whoever
    another enough every many much several
    ain't could've it'd it'll may might might've mightn't must must've needn't should've that'd
    that'll there'd there'll there're what'll who'd who'll who've will would've
    now quite rather really still well yes
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand
"""
_SPANISH = """
    a ante bajo con contra de desde durante en entre hacia hasta mediante para por según sin sobre
    tras al del
    el la lo los las un una unos unas
    e ni o u y pero sino aunque porque pues que si como cuando donde
    yo tú él ella ello ellos ellas usted ustedes nosotros nosotras me te se nos le les mí ti sí
    mi mis tu tus su sus nuestro nuestra nuestros nuestras suyo suya suyos suyas
    este esta esto estos estas ese esa eso esos esas aquel aquella aquello aquellos aquellas
    qué quien quién quienes cual cuál cuales cuyo cuya cómo cuándo cuánto dónde
    algo alguien algún alguno alguna algunos algunas nada nadie ningún ninguno ninguna
    cada otro otra otros otras todo toda todos todas mucho mucha muchos muchas poco poca tanto
    así aún entonces más menos muy no tan también tampoco ya
    ser soy eres es somos son era eras éramos eran fue fueron sea sean sido siendo será serán sería
    estar estoy estás está estamos están estaba estaban estuvo esté estén
    haber he has ha hemos han hay había habían haya hayan hubo habrá habría
    cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta
    cincuenta sesenta setenta ochenta noventa cien ciento mil
"""


def stop_words(language: str = "en") -> frozenset[str]:
    """Return the words that are not counted: prepositions and the other function words.

    Parameters
    ----------
    language
        "en", for the list of the wordcloud package and what it lacks, or "es", for our own.

    Raises
    ------
    ValueError
        If there is no list for the language.

    Examples
    --------
    >>> sorted({"without", "support", "from"} & stop_words())
    ['from', 'without']
    """
    from wordcloud import STOPWORDS

    lists = {"en": STOPWORDS.union(_ENGLISH.split()), "es": _SPANISH.split()}
    if language not in lists:
        raise ValueError(f"no stop words for {language!r}; there are lists for {', '.join(lists)}")
    return frozenset(lists[language])


def frequencies(
    texts: Iterable[str],
    language: str = "en",
    phrases: Sequence[str] = (),
    lemmas: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count words, and the people who use them.

    Parameters
    ----------
    texts
        One text a person.
    language
        Whose stop words are left out: "en" or "es".
    phrases
        Terms of several words to be kept whole: "support network". Where several begin at the same
        word, the longest counts.
    lemmas
        The word under which each of these words or phrases is counted: {"families": "family"}. What
        is not in it is counted as it stands.

    Returns
    -------
    DataFrame
        One row a word or phrase, the most frequent first and equal ones in alphabetical order:
        `word`, `n` times, by so many `people`, which is this `share` of all.

    Raises
    ------
    ValueError
        If there are no stop words for the language.

    Examples
    --------
    >>> frequencies(
    ...     ["Her family is her support network.", "Two families; no network, no family."],
    ...     phrases=["support network"],
    ...     lemmas={"families": "family"},
    ... )
                  word  n  people  share
    0           family  3       2    1.0
    1          network  1       1    0.5
    2  support network  1       1    0.5
    """
    times, people, everybody = Counter(), Counter(), 0
    for counts in _counts(texts, language, phrases, lemmas):
        times.update(counts)
        people.update(counts.keys())
        everybody += 1
    rows = [(word, n, people[word]) for word, n in times.items()]
    table = pd.DataFrame(rows, columns=["word", "n", "people"])
    table = table.astype({"word": str, "n": int, "people": int})
    table["share"] = table["people"] / max(everybody, 1)
    return table.sort_values(["n", "word"], ascending=[False, True], ignore_index=True)


def cloud(frequencies: pd.DataFrame, seed: int = _SEED, words: int = 60) -> "WordCloud":
    """Lay out a word cloud.

    The height of a word goes with the square root of its frequency, so that the area of a letter
    goes with the frequency itself: roughly, since sizes are whole pixels and a word that finds no
    room is set smaller. Long words take more room than short ones that are as frequent.

    Parameters
    ----------
    frequencies
        As `frequencies` returns it.
    seed
        Fixes the layout.
    words
        How many of the most frequent words are laid out.

    Returns
    -------
    wordcloud.WordCloud
        Its `layout_` holds each word with size and place on a canvas of 800 by 400 pixels. All
        words lie level and are black, for whoever draws them to colour.

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

    counted = frequencies.head(words)
    roots = np.sqrt(counted["n"].to_numpy(float))
    # The size of the largest word at which all of them cover their share of the canvas, if a letter
    # is 0.6 times as wide as it is high.
    covered = (0.6 * counted["word"].str.len() * (roots / roots.max(initial=1)) ** 2).sum()
    largest = np.sqrt(_COVERED * _WIDTH * _HEIGHT / max(covered, 1))
    canvas = WordCloud(
        width=_WIDTH,
        height=_HEIGHT,
        max_font_size=int(largest),
        min_font_size=8,
        prefer_horizontal=1,
        relative_scaling=1,
        random_state=seed,
        mode="RGBA",
        background_color=None,
        color_func=lambda *_, **__: "black",
    )
    return canvas.generate_from_frequencies(dict(zip(counted["word"], roots, strict=True)))


def keyness(
    texts_a: Iterable[str],
    texts_b: Iterable[str],
    language: str = "en",
    phrases: Sequence[str] = (),
    lemmas: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    r"""Find the words that one group of people uses more than another.

    The words of one person hang together, so the chi-squared distribution of the log-likelihood
    ratio makes far too much of a word that one person repeats. What chance can do is taken from
    people instead: they are dealt out to the two groups anew, again and again.

    Parameters
    ----------
    texts_a, texts_b
        One text a person of each group.
    language, phrases, lemmas
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
    >>> found = keyness(["cure, no cure", "some cure"], ["hope", "hope and work"])
    >>> found[["word", "n_a", "n_b", "log_ratio"]].round(1)
       word  n_a  n_b  log_ratio
    0  cure    3    0        2.6
    1  hope    0    2       -2.0
    2  work    0    1       -1.0
    """
    from scipy.sparse import csr_array

    first = list(_counts(texts_a, language, phrases, lemmas))
    both = [*first, *_counts(texts_b, language, phrases, lemmas)]
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


def in_context(texts: pd.Series, word: str, width: int = 6) -> pd.DataFrame:
    """Return every use of a word with the words around it.

    Parameters
    ----------
    texts
        One text a person, indexed by who it is.
    word
        A word or a phrase, in whatever case.
    width
        How many words to show on either side.

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
    sought, find = _plain(word).lower().removesuffix("'s"), _finder([word])
    rows = []
    for person, text in texts.items():
        plain = _plain(text)
        for use in find.finditer(plain):
            if use[0].lower().removesuffix("'s") == sought:
                left = re.search(rf"(?:\S+ ){{0,{width}}}\S*$", plain[: use.start()])
                right = re.match(rf"\S*(?: \S+){{0,{width}}}", plain[use.end() :])
                rows.append((person, left[0], use[0], right[0]))
    return pd.DataFrame(rows, columns=["person", "left", "word", "right"])


def _plain(text: str) -> str:
    """Bring a text into one Unicode form, with straight apostrophes and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).replace("’", "'").split())


def _finder(phrases: Sequence[str]) -> re.Pattern[str]:
    """Return what finds words, and before them the phrases, the longest first."""
    longest_first = sorted(map(_plain, phrases), key=len, reverse=True)
    whole = [rf"{re.escape(phrase)}(?:'s)?(?!\w)" for phrase in longest_first]
    return re.compile("|".join([*whole, _WORD]), re.IGNORECASE)


def _counts(
    texts: Iterable[str],
    language: str,
    phrases: Sequence[str],
    lemmas: Mapping[str, str] | None,
) -> Iterator[Counter[str]]:
    """Yield, text by text, how often each word comes in it."""
    left_out, lemmas = stop_words(language), lemmas or {}
    find = _finder(phrases).findall
    for text in texts:
        words = (word.removesuffix("'s") for word in find(_plain(text).lower()))
        counted = (word for word in words if word not in left_out and not word.isdigit())
        yield Counter(lemmas.get(word, word) for word in counted)


def _log_likelihood(n_a: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return G2 of the 2 by 2 table of every word: this word or others, group a or the other."""
    from scipy.special import xlogy

    total, total_a = n.sum(), n_a.sum()
    cells = np.array([n_a, n - n_a, total_a - n_a, total - total_a - (n - n_a)])
    margins = np.array([n, total - n, np.full_like(n, total_a), np.full_like(n, total - total_a)])
    return 2 * (xlogy(cells, cells) - xlogy(margins, margins)).sum(axis=0) + 2 * xlogy(total, total)
