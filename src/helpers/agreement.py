"""How far coders agree, what they confuse, and what their consensus changed.

What is compared is whether a coder found a theme in a person's answer, unless said otherwise. All
chance-corrected measures are 1 where coders always agree, about 0 where they agree as often as
chance would have it, and NaN where every coder always says the same, so that there is nothing to
agree about.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.study import Study
from helpers.themes import presence

_CONSENSUS = "consensus"
_SEED = 1
_RESAMPLES = 1_000


def agreement(study: Study, question: str) -> pd.DataFrame:
    """Measure how far the coders agree on each theme, and on all together.

    Parameters
    ----------
    study
        The study.
    question
        The question, as the codebook has it.

    Returns
    -------
    DataFrame
        One row a theme, in the order of the codebook, and a last one, "all", in which every theme
        of every answer is a unit. `theme` and its `label`; `prevalence`, the share of units in
        which coders find it, averaged over coders; and what `reliability` returns, where the
        interval of the last row too resamples people.

    Raises
    ------
    ValueError
        If nobody answered the question, or fewer than two coders coded.

    Examples
    --------
    >>> from helpers.study import load_study
    >>> agreement(load_study(), "recovery")["theme"].iloc[-1]
    'all'
    """
    found = judgements(study, question)
    people = found.columns.get_level_values(0)
    overall = reliability(found, people)
    book = study.codebook[study.codebook["question"].eq(question)]
    rows = []
    for theme, label in zip(book["theme"], book["label"], strict=True):
        of_theme = found.xs(theme, axis=1, level="theme")
        prevalence = of_theme.to_numpy().mean()
        rows.append({"theme": theme, "label": label, "prevalence": prevalence})
        rows[-1] |= reliability(of_theme)
    rows.append({"theme": "all", "label": "All themes", "prevalence": found.to_numpy().mean()})
    rows[-1] |= overall
    return pd.DataFrame(rows)


def judgements(study: Study, question: str) -> pd.DataFrame:
    """Return what each coder found, as `reliability` takes it.

    Parameters
    ----------
    study, question
        As for `agreement`.

    Returns
    -------
    DataFrame
        Booleans: one row a coder, other than the consensus, and one column for every
        (`participant_id`, `theme`) of those who answered.

    Examples
    --------
    >>> from helpers.study import load_study
    >>> judgements(load_study(), "recovery").shape
    (3, 623)
    """
    coders = _coders(study)
    found = [presence(study, question, coder).to_numpy().ravel() for coder in coders]
    answers = presence(study, question)
    return pd.DataFrame(
        found, index=coders, columns=pd.MultiIndex.from_product([answers.index, answers.columns])
    )


def reliability(ratings: ArrayLike, people: ArrayLike | None = None) -> dict[str, float]:
    r"""Measure how far coders agree in putting units into unordered categories.

    Parameters
    ----------
    ratings
        One row a coder and one column a unit: categories, NaN where the coder did not judge. An
        array or a frame.
    people
        Whom each unit is about, if several units can be about the same person; by default every
        unit is about another one.

    Returns
    -------
    dict
        - `n`: units that at least two coders judged;
        - `percent_agreement`: of 100 units, how many two coders judge alike, averaged over pairs of
          coders;
        - `cohen_kappa`: Cohen (1960), averaged over pairs of coders (Light 1971), those pairs left
          out for which it is not defined;
        - `fleiss_kappa`: Fleiss (1971), of the units that all coders judged;
        - `alpha`: Krippendorff (2011) for nominal data, which takes missing judgements as they are:
          :math:`\alpha = 1 - D_o / D_e`, observed over expected disagreement among the n values of
          units that at least two coders judged,

          .. math:: D_o = \frac{1}{n} \sum_u \sum_{c} \frac{n_{uc} (m_u - n_{uc})}{m_u - 1}, \quad
                    D_e = \frac{1}{n (n - 1)} \sum_c n_c (n - n_c)

          for :math:`n_{uc}` of :math:`m_u` coders who put unit u into category c;
        - `alpha_low`, `alpha_high`: its 95 % interval, percentiles of 1,000 samples of people drawn
          with replacement (Efron 1979), the same in every run; samples in which alpha is not
          defined are left out.

        Undefined values are NaN.

    Raises
    ------
    ValueError
        If there are fewer than two coders.

    Examples
    --------
    The two observers of ten units in Krippendorff (2011), section A:

    >>> measures = reliability([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]])
    >>> round(measures["percent_agreement"]), float(round(measures["alpha"], 3))
    (60, 0.095)
    """
    codes, values = pd.factorize(np.ravel(ratings))
    codes = codes.reshape(np.shape(ratings))
    coders = len(codes)
    if coders < 2:
        raise ValueError(f"agreement needs at least two coders; there is {coders or 'none'}")
    counts = (codes[:, :, None] == np.arange(len(values))).sum(axis=0)
    judged = counts.sum(axis=1)
    pairs = pd.DataFrame([_pair(*pair, len(values)) for pair in combinations(codes, 2)])
    low, high = _alpha_interval(counts, people)
    return {
        "n": int((judged > 1).sum()),
        "percent_agreement": 100 * pairs[0].mean(),
        "cohen_kappa": pairs[1].mean(),
        "fleiss_kappa": _fleiss_kappa(counts[judged == coders]),
        "alpha": _alpha(counts),
        "alpha_low": low,
        "alpha_high": high,
    }


def confusion(study: Study, question: str) -> pd.DataFrame:
    """Count which theme one coder gave to words to which another gave this theme.

    Every code of a coder is held against every other coder. If the other one gave the same theme to
    words that overlap, they agree. If not, it is confused with each theme that the other one gave
    to overlapping words and the first one did not; and where there is none, it was missed.

    Parameters
    ----------
    study, question
        As for `agreement`.

    Returns
    -------
    DataFrame
        One row a theme, in the order of the codebook. One column a theme, in the same order, and a
        last one, "none". On the diagonal are the codes with which another coder agrees, beside it
        the confused ones, which is symmetric but for the column "none" of the missed ones.

    Examples
    --------
    >>> from helpers.study import load_study
    >>> confusion(load_study(), "recovery").shape
    (7, 8)
    """
    own = study.codings[study.codings["question"].eq(question)].astype({"coder": str})
    own = own[own["coder"].ne(_CONSENSUS)].reset_index(names="code")
    every = own.merge(pd.Series(_coders(study), name="coder_other"), how="cross")
    every = every[every["coder"].ne(every["coder_other"])]
    both = own.merge(own, on="participant_id", suffixes=("", "_other"))
    both = both[both["coder"].ne(both["coder_other"])]
    both = both[both["start"].lt(both["end_other"]) & both["start_other"].lt(both["end"])]

    alike = both[both["theme"].eq(both["theme_other"])]
    agreed = _pairs(alike, "code", "coder_other")
    confused = both[
        ~_pairs(both, "code", "coder_other").isin(agreed)
        & ~_pairs(both, "code_other", "coder").isin(agreed)
    ]
    settled = agreed.append(_pairs(confused, "code", "coder_other"))
    missed = every[~_pairs(every, "code", "coder_other").isin(settled)]

    alike = alike.drop_duplicates(["code", "coder_other"])
    found = pd.concat([alike, confused, missed.assign(theme_other="none")])
    themes = list(presence(study, question).columns)
    table = pd.crosstab(found["theme"], found["theme_other"])
    return table.reindex(index=themes, columns=[*themes, "none"], fill_value=0)


def changes(study: Study, question: str) -> pd.DataFrame:
    """Count what the consensus kept of each coder's themes, what it dropped and what it added.

    Parameters
    ----------
    study, question
        As for `agreement`.

    Returns
    -------
    DataFrame
        One row a coder and theme: `coder`, `theme`, `label`, and the people in whose answer both
        the coder and the consensus find the theme (`kept`), only the coder (`dropped`), and only
        the consensus (`added`).

    Raises
    ------
    ValueError
        If nobody answered the question.

    Examples
    --------
    >>> from helpers.study import load_study
    >>> list(changes(load_study(), "recovery").columns)
    ['coder', 'theme', 'label', 'kept', 'dropped', 'added']
    """
    agreed = presence(study, question)
    book = study.codebook[study.codebook["question"].eq(question)]
    tables = []
    for coder in _coders(study):
        found = presence(study, question, coder)
        table = {
            "coder": coder,
            "theme": book["theme"],
            "label": book["label"],
            "kept": (found & agreed).sum().to_numpy(),
            "dropped": (found & ~agreed).sum().to_numpy(),
            "added": (agreed & ~found).sum().to_numpy(),
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _coders(study: Study) -> list[str]:
    return sorted(set(study.codings["coder"]) - {_CONSENSUS})


def _pairs(table: pd.DataFrame, code: str, coder: str) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[[code, coder]])


def _pair(a: np.ndarray, b: np.ndarray, values: int) -> tuple[float, float]:
    """Return the share of units that two coders judge alike, and Cohen's kappa."""
    from statsmodels.stats.inter_rater import cohens_kappa

    both = (a >= 0) & (b >= 0)
    if not both.any():
        return np.nan, np.nan
    table = np.zeros((values, values))
    np.add.at(table, (a[both], b[both]), 1)
    with np.errstate(invalid="ignore"):
        return np.trace(table) / table.sum(), cohens_kappa(table, return_results=False)


def _fleiss_kappa(counts: np.ndarray) -> float:
    from statsmodels.stats.inter_rater import fleiss_kappa

    with np.errstate(invalid="ignore"):
        return fleiss_kappa(counts) if len(counts) else np.nan


def _alpha(counts: np.ndarray) -> float:
    import krippendorff

    pairable = counts[counts.sum(axis=1) > 1]
    if np.count_nonzero(pairable.sum(axis=0)) < 2:
        return np.nan
    return krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")


def _alpha_interval(counts: np.ndarray, people: ArrayLike | None) -> tuple[float, float]:
    """Return the bootstrap interval of alpha.

    Alpha depends on sums over units only: of the agreement in the unit, and of its pairable values
    in each category. So a sample of people is a weighted sum, and no unit has to be counted again.
    """
    judged = counts.sum(axis=1, keepdims=True)
    agreeing = (counts * (counts - 1)).sum(axis=1, keepdims=True) / np.maximum(judged - 1, 1)
    terms = pd.DataFrame(np.hstack([agreeing, counts * (judged > 1)]))
    terms = terms.groupby(terms.index if people is None else np.asarray(people)).sum()
    even = np.full(len(terms), 1 / len(terms))
    drawn = np.random.default_rng(_SEED).multinomial(len(terms), even, size=_RESAMPLES)
    sums = drawn @ terms.to_numpy()
    alike, sizes = sums[:, 0], sums[:, 1:]
    n = sizes.sum(axis=1)
    with np.errstate(invalid="ignore"):
        expected = (sizes * (sizes - 1)).sum(axis=1) / (n - 1)
        alphas = pd.Series(1 - (n - alike) / (n - expected))
    return tuple(alphas.quantile([0.025, 0.975]))
