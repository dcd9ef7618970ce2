"""Themes of the answers: who names them, which go together, and in which words.

A person *names* a theme if at least one stretch of the answer was given it, however many were. What
is counted is people, among those who answered the question.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from audit.corrections import adjust
from helpers.compute import disclosure
from helpers.compute.describe import independence, shares
from helpers.load.study import Study


def coders(study: Study, question: str) -> list[str]:
    """Return who coded the answers to a question on their own.

    That is everybody but the coder whose reading counts, who is one of them only where fewer than
    two would be left: otherwise that reading is what they agreed on.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> coders(load_study(), "recovery")
    ['c1', 'c2', 'c3']
    """
    codings = study.codings
    everybody = sorted(set(codings["coder"][codings["question"].eq(question)]))
    others = [coder for coder in everybody if coder != study.settings.themes.coder]
    return others if len(others) > 1 else everybody


def presence(study: Study, question: str, coder: str = "") -> pd.DataFrame:
    """Tell who names which theme.

    Parameters
    ----------
    study
        The study.
    question
        The question, as the codebook has it.
    coder
        Whose coding counts; by default that of the coder whom study.toml names.

    Returns
    -------
    DataFrame
        Booleans: one row for every person who answered the question, indexed by `participant_id`
        in the order of the answers, and one column a theme, in the order of the codebook.

    Raises
    ------
    ValueError
        If nobody answered the question, or there is no such coder; it names those that there are.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> presence(load_study(), "recovery").shape
    (89, 7)
    """
    people, themes = study.texts(question).index, study.book(question).index
    if people.empty:
        known = ", ".join(dict.fromkeys(study.responses["question"]))
        raise ValueError(f"nobody answered the question {question!r}; there are {known}")
    codings = _codings(study, question, coder)
    named = np.zeros((len(people), len(themes)), dtype=bool)
    rows = people.get_indexer(codings["participant_id"])
    named[rows, themes.get_indexer(codings["theme"])] = True
    return pd.DataFrame(named, index=people, columns=themes)


def theme_counts(study: Study, question: str, coder: str = "") -> pd.DataFrame:
    """Count the people who name each theme.

    Parameters
    ----------
    study, question, coder
        As for `presence`.

    Returns
    -------
    DataFrame
        One row a theme, those that nobody names too, the most named first and residual ones last;
        themes with equal counts stand in the order of the codebook. `theme` and its `label`; `n`
        people; their `share` of those who answered, with its 95% interval `low` to `high` (Wilson
        1927); `printed`, the number of people that the paper prints, NA where it prints none.

    Raises
    ------
    ValueError
        If nobody answered the question.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> counts = theme_counts(load_study(), "recovery")
    >>> list(counts["label"].iloc[[0, -1]])
    ['Treatment adherence', 'Other factors']
    """
    named = presence(study, question, coder)
    themes = study.book(question).reset_index()
    counts = shares(themes[["theme", "label"]].assign(n=named.sum().to_numpy(), base=len(named)))
    counts["printed"] = themes.get("printed_count", pd.Series(pd.NA, themes.index, "Int64"))
    residual = counts["theme"].isin(study.settings.themes.residual)
    order = np.lexsort([-counts["n"], residual])
    return counts.drop(columns="base").iloc[order].reset_index(drop=True)


def excess(together: pd.DataFrame, people: int) -> pd.DataFrame:
    r"""Return how many more people name both of two themes than chance would give.

    If naming one theme were independent of naming the other, and a and b of n people named them,
    :math:`ab/n` people would be expected to name both.

    Parameters
    ----------
    together
        How many people name both of two themes; on the diagonal, how many name the one.
    people
        How many answered the question.

    Returns
    -------
    DataFrame
        Observed minus expected people, each pair once: below the diagonal. Elsewhere the value is
        missing, and the last theme has no column.

    Examples
    --------
    >>> together = pd.DataFrame([[4, 3], [3, 5]], ["a", "b"], ["a", "b"])
    >>> float(excess(together, people=10).loc["b", "a"])
    1.0
    """
    alone = np.diag(together)
    beyond = together - np.outer(alone, alone) / people
    return beyond.where(np.tri(len(alone), k=-1, dtype=bool)).iloc[:, :-1]


def combinations(study: Study, question: str) -> pd.DataFrame:
    """Count the people who name exactly the same themes.

    Parameters
    ----------
    study, question
        As for `presence`; the coding is the one that counts.

    Returns
    -------
    DataFrame
        One row a combination that occurs, the most common first: `themes`, a tuple in the order of
        the codebook; `size`, how many they are; `n` people; their `share` of those who answered.
        Equal counts stand by size.

    Raises
    ------
    ValueError
        If nobody answered the question.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> int(combinations(load_study(), "recovery")["n"].sum())
    89
    """
    named = presence(study, question)
    counts = named.value_counts(sort=False).rename("n").reset_index()
    sets = counts[named.columns].to_numpy()
    combined = pd.DataFrame(
        {"themes": [tuple(named.columns[s]) for s in sets], "size": sets.sum(axis=1)}
    ).assign(n=counts["n"], share=counts["n"] / len(named))
    # Within a size, sets that hold the themes that come first in the codebook come first.
    order = np.lexsort([*~sets.T[::-1], combined["size"], -combined["n"]])
    return combined.iloc[order].reset_index(drop=True)


def by_group(study: Study, question: str, *groups: str) -> pd.DataFrame:
    """Compare how many people name each theme between groups of people.

    Parameters
    ----------
    study, question
        As for `presence`; the coding is the one that counts.
    groups
        Columns of the participants that say who belongs to which group. People for whom a column is
        empty are left out of that comparison.

    Returns
    -------
    DataFrame
        One row a column of `groups`, a theme and a group (`by`, `theme`, `label`, `group`): `n` of
        `base` people name the theme, `share` of them, with its 95% interval `low` to `high`
        (Wilson 1927). `p` tests whether the groups differ, and is the same for all groups of a
        theme: Fisher's exact test of two groups (1922), and of more its extension by Freeman and
        Halton (1951), estimated from 9,999 random tables with the same margins, which are the same
        in every run. `p_holm` corrects it for the number of tests made here (Holm 1979), so one
        call should hold all groupings that are looked at.

    Raises
    ------
    ValueError
        If nobody answered the question.
    KeyError
        If the participants have no such column.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> compared = by_group(load_study(), "recovery", "sex", "recovery_opinion")
    >>> list(compared["group"].unique())
    ['woman', 'man', 'depends', 'possible', 'not_possible']
    """
    named = presence(study, question)
    people = study.participants.set_index("participant_id").loc[named.index]
    rows, tests, sizes = [], [], []
    for column in groups:
        for theme, label in study.book(question)["label"].items():
            counts = named[theme].groupby(people[column], observed=True).agg(n="sum", base="size")
            rows += [(column, theme, label, *row) for row in counts.itertuples()]
            tests.append(independence(np.array([counts["n"], counts["base"] - counts["n"]])))
            sizes.append(len(counts))
    p_holm = adjust(pd.Series(tests, dtype=float), "holm").to_numpy()
    table = pd.DataFrame(rows, columns=["by", "theme", "label", "group", "n", "base"])
    return shares(table).assign(p=np.repeat(tests, sizes), p_holm=np.repeat(p_holm, sizes))


def examples(study: Study, question: str) -> pd.DataFrame:
    """Return words that were given one theme and no other, with who said them.

    Parameters
    ----------
    study, question
        As for `presence`; the coding is the one that counts.

    Returns
    -------
    DataFrame
        One row a person and a theme, the longest words first: `participant_id`, `question`,
        `theme`, `start`, `end`, `stretch` (the words), `original` (the same words in the language
        that was spoken, and empty if this is it), `spoken` (that language), `speaker` (who says
        them, as study.toml has it), and the columns of the participants.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> "years in the field" in examples(load_study(), "recovery")["speaker"].iloc[0]
    True
    """
    spoken = study.in_language(study.languages[0])
    codings = stretches(study, question)
    original = stretches(spoken, question).rename(columns={"stretch": "original"})
    original = original.astype({"original": str})
    if spoken.language == study.language:
        original["original"] = ""
    codings = codings.merge(original.drop(columns=["start", "end"]), how="left")
    codings = codings.drop(columns="number").assign(spoken=spoken.language)
    codings = codings.fillna({"original": ""}).reset_index(names="code")
    pairs = codings.merge(codings, on="participant_id", suffixes=("", "_other"))
    pairs = pairs[pairs["theme"].ne(pairs["theme_other"])]
    meet = pairs["start"].lt(pairs["end_other"]) & pairs["start_other"].lt(pairs["end"])
    codings = codings[~codings.pop("code").isin(pairs.loc[meet, "code"])]
    longest = codings.sort_values("stretch", key=lambda s: -s.str.len(), kind="stable")
    longest = longest.drop_duplicates(["participant_id", "theme"])
    told = study.settings
    who = disclosure.speakers(study.participants, told.quotes, told.threshold)
    longest["speaker"] = longest["participant_id"].map(who)
    return longest.merge(study.participants, on="participant_id")


def stretches(study: Study, question: str) -> pd.DataFrame:
    """Return the codes that count with their words.

    Parameters
    ----------
    study, question
        As for `presence`.

    Returns
    -------
    DataFrame
        One row a code: the columns of `study.codings` but `coder`; `stretch`, its words; and
        `number`, counted from 0, among the codes of a person and theme.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> stretches(load_study(), "recovery")["stretch"].str.len().min() > 0
    np.True_
    """
    codings = _codings(study, question, "").drop(columns="coder").reset_index(drop=True)
    text = codings["participant_id"].map(study.texts(question))
    spans = zip(text, codings["start"], codings["end"], strict=True)
    codings["stretch"] = [words[start:end] for words, start, end in spans]
    codings["number"] = codings.groupby(["participant_id", "theme"]).cumcount()
    return codings


def segments(text: str, codings: pd.DataFrame) -> pd.DataFrame:
    """Cut an answer wherever a coded stretch begins or ends.

    Parameters
    ----------
    text
        The answer.
    codings
        One row a coded stretch of it: `theme`, and its characters from `start` to before `end`.

    Returns
    -------
    DataFrame
        One row a segment, which together make up the whole answer: `start`, `end`, `text`, and
        `themes`, a tuple of the themes of all stretches that hold the segment, in the order of
        `codings`; it is empty where nothing is coded.

    Examples
    --------
    >>> codings = pd.DataFrame({"theme": ["a", "b"], "start": [0, 4], "end": [7, 11]})
    >>> segments("one two three", codings)
       start  end  text  themes
    0      0    4  one     (a,)
    1      4    7   two  (a, b)
    2      7   11   thr    (b,)
    3     11   13    ee      ()
    """
    cuts = sorted({0, len(text), *codings["start"], *codings["end"]})
    rows = []
    for start, end in pairwise(cuts):
        holding = codings["start"].le(start) & codings["end"].ge(end)
        rows.append((start, end, text[start:end], tuple(codings["theme"][holding])))
    return pd.DataFrame(rows, columns=["start", "end", "text", "themes"])


def _codings(study: Study, question: str, coder: str) -> pd.DataFrame:
    codings = study.codings
    known = [*dict.fromkeys(codings["coder"]), study.settings.themes.coder]
    coder = coder or study.settings.themes.coder
    if coder not in known:
        raise ValueError(f"no coder {coder!r}; there are {', '.join(dict.fromkeys(known))}")
    return codings[codings["question"].eq(question) & codings["coder"].eq(coder)]
