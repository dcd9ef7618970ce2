"""How far coders agree, and what they confuse.

Unless said otherwise, coders are compared on whether they found a theme in a person's answer. All
chance-corrected measures are 1 where coders always agree, about 0 where they agree as often as
chance would have it, and NaN where every coder always says the same, so that there is nothing to
agree about.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.compute.themes import coders, presence
from helpers.load.study import Study

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
    >>> from helpers.load import load_study
    >>> agreement(load_study(), "recovery")["theme"].iloc[-1]
    'all'
    """
    return by_theme(judgements(study, question), study.book(question)["label"])


def by_theme(found: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Measure how far any coders agree on each theme, and on all together.

    Parameters
    ----------
    found
        As `judgements` returns it: one row a coder, one column for every (`participant_id`,
        `theme`); NaN where a coder did not judge.
    labels
        The name of each theme, indexed by theme, in the order of the rows to return.

    Returns
    -------
    DataFrame
        As `agreement` returns it.

    Raises
    ------
    ValueError
        If there are fewer than two coders.

    Examples
    --------
    >>> columns = pd.MultiIndex.from_product([["P1", "P2"], ["a"]], names=[None, "theme"])
    >>> found = pd.DataFrame([[1, 0], [1, 1]], ["ana", "ben"], columns)
    >>> by_theme(found, pd.Series({"a": "Theme A"}))["percent_agreement"].tolist()
    [50.0, 50.0]
    """
    overall = reliability(found, found.columns.get_level_values(0))
    of_themes = [found.xs(theme, axis=1, level="theme") for theme in labels.index]
    measures = pd.DataFrame([*map(reliability, of_themes), overall])
    prevalence = [np.nanmean(own.to_numpy(dtype=float)) for own in [*of_themes, found]]
    names = {"theme": [*labels.index, "all"], "label": [*labels, "All themes"]}
    return pd.DataFrame(names | {"prevalence": prevalence}).join(measures)


def pairwise(found: pd.DataFrame) -> pd.DataFrame:
    """Measure how far each two coders agree.

    Parameters
    ----------
    found
        As for `by_theme`.

    Returns
    -------
    DataFrame
        One row a pair of coders: `coder`, `other`; `n`, the units that both judged; and their
        `percent_agreement` and `cohen_kappa`, whose means over pairs `reliability` returns.

    Examples
    --------
    >>> pairwise(pd.DataFrame([[1, 0, 1], [1, 1, 1], [0, 1, 0]], ["ana", "ben", "eva"]))
      coder other  n  percent_agreement  cohen_kappa
    0   ana   ben  3          66.666667          0.0
    1   ana   eva  3           0.000000         -0.8
    2   ben   eva  3          33.333333          0.0
    """
    names = pd.DataFrame(combinations(found.index, 2), columns=["coder", "other"])
    return names.join(_pairs_of(*_codes(found)))


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
    >>> from helpers.load import load_study
    >>> judgements(load_study(), "recovery").shape
    (3, 623)
    """
    units = presence(study, question).T.unstack().index
    found = {c: presence(study, question, c).T.unstack() for c in coders(study, question)}
    return pd.DataFrame(found, units).T


def reliability(ratings: ArrayLike, people: ArrayLike | None = None) -> dict[str, float]:
    r"""Measure how far coders agree in putting units into unordered categories.

    Parameters
    ----------
    ratings
        One row a coder and one column a unit: categories, NaN where the coder did not judge. An
        array or a frame.
    people
        Whom each unit is about, if several units can be about the same person; by default every
        unit is about a different person.

    Returns
    -------
    dict
        These measures, NaN where they are undefined:

        - `n`: units that at least two coders judged;
        - `percent_agreement`: of 100 units, how many two coders judge alike, averaged over pairs of
          coders;
        - `cohen_kappa`: Cohen (1960), averaged over pairs of coders (Light 1971), those pairs left
          out for which it is not defined;
        - `fleiss_kappa`: Fleiss (1971), of the units that all coders judged;
        - `gwet_ac1`: Gwet's AC1, which takes chance agreement for least likely where one category
          is rare, and so does not fall there as kappa and alpha do:

          .. math:: \text{AC}_1 = \frac{p_a - p_e}{1 - p_e}

          .. math:: p_e = \frac{1}{q - 1} \sum_c \pi_c (1 - \pi_c)

          for the observed agreement :math:`p_a` in units that at least two coders judged, averaged
          over units, and the share :math:`\pi_c` of each of q categories, averaged over all units;
        - `alpha`: Krippendorff (2011) for nominal data, which takes missing judgements as they are:
          :math:`\alpha = 1 - D_o / D_e`, observed over expected disagreement among the n values of
          units that at least two coders judged,

          .. math:: D_o = \frac{1}{n} \sum_u \sum_{c} \frac{n_{uc} (m_u - n_{uc})}{m_u - 1}

          .. math:: D_e = \frac{1}{n (n - 1)} \sum_c n_c (n - n_c)

          for :math:`n_{uc}` of :math:`m_u` coders who put unit u into category c;
        - `alpha_low`, `alpha_high`: its 95% interval, percentiles of 1,000 samples of people drawn
          with replacement (Efron 1979), the same in every run; samples in which alpha is not
          defined are left out.

    Raises
    ------
    ValueError
        If there are fewer than two coders.

    References
    ----------
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high
    agreement. British Journal of Mathematical and Statistical Psychology, 61(1), 29–48.
    https://doi.org/10.1348/000711006X126600

    Examples
    --------
    The two observers of ten units in Krippendorff (2011), section A:

    >>> measures = reliability([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]])
    >>> round(measures["percent_agreement"]), float(round(measures["alpha"], 3))
    (60, 0.095)
    """
    codes, values = _codes(ratings)
    coders = len(codes)
    if coders < 2:
        raise ValueError(f"agreement needs at least two coders; there is {coders or 'none'}")
    counts = (codes[:, :, None] == np.arange(values)).sum(axis=0)
    judged = counts.sum(axis=1)
    pairs = _pairs_of(codes, values)
    low, high = _alpha_interval(counts, people)
    return {
        "n": int((judged > 1).sum()),
        "percent_agreement": pairs["percent_agreement"].mean(),
        "cohen_kappa": pairs["cohen_kappa"].mean(),
        "fleiss_kappa": _fleiss_kappa(counts[judged == coders]),
        "gwet_ac1": _gwet_ac1(counts),
        "alpha": _alpha(counts),
        "alpha_low": low,
        "alpha_high": high,
    }


def unitizing(units: pd.DataFrame, length: int, coders: Iterable[str]) -> float:
    r"""Measure how far coders agree on where units lie on a text, and on what they are.

    Krippendorff's alpha for unitising compares lengths: every character is either in a unit of some
    value or in a gap, for each coder. Expected is what the same units and gaps would give if they
    lay anywhere; a unit cannot coincide with itself, so its squared length is taken off.

    Parameters
    ----------
    units
        One row a unit: `coder`, `value`, and its `start` and `end` in characters, end exclusive.
        The units of one coder must not overlap.
    length
        How many characters the text has.
    coders
        Who coded the text, those too who found no unit in it.

    Returns
    -------
    float
        Alpha: agreement on places and values; NaN where it is undefined.

    Raises
    ------
    KeyError
        If a unit's coder is none of them.

    References
    ----------
    Krippendorff, K., Mathet, Y., Bouvry, S., & Widlöcher, A. (2016). On the reliability of
    unitizing textual continua: Further developments. Quality & Quantity, 50(6), 2347–2364.
    https://doi.org/10.1007/s11135-015-0266-1

    Examples
    --------
    >>> units = pd.DataFrame({
    ...     "coder": ["ana", "ben"], "value": ["a", "a"], "start": [0, 2], "end": [10, 10],
    ... })
    >>> alpha = unitizing(units, 20, ["ana", "ben"])
    >>> round(float(alpha), 3)  # 1 - 4 / (40 · 2 · 18 · 22 / (40² - 186))
    0.821
    """
    values = pd.factorize(units["value"])[0] + 1
    given = {coder: np.zeros(length, dtype=int) for coder in coders}  # to characters; 0 is a gap
    for unit in units.assign(value=values).itertuples():
        given[unit.coder][unit.start : unit.end] = unit.value
    observed = np.zeros([values.max(initial=0) + 1] * 2)
    for pair in permutations(given.values(), 2):
        np.add.at(observed, pair, 1 / (len(given) - 1))
    alone = np.bincount(values, (units["end"] - units["start"]) ** 2, minlength=1)
    # Gaps have no units, so each of their characters is one.
    alone[0] = sum((own == 0).sum() for own in given.values())
    margins, total = observed.sum(axis=1), observed.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = total * (np.outer(margins, margins) - np.diag(alone)) / (total**2 - alone.sum())
        return 1 - (total - np.trace(observed)) / (expected.sum() - np.trace(expected))


def on_where(study: Study, question: str) -> pd.DataFrame:
    """Measure for every theme how far coders agree on which words it stands in.

    All answers to the question are taken as one text, one after the other.

    Parameters
    ----------
    study, question
        As for `agreement`.

    Returns
    -------
    DataFrame
        One row a theme, in the order of the codebook: `theme`, its `label`, `alpha` as `unitizing`
        returns it for a single value, and `share`, of the text that any coder gave the theme,
        averaged over coders.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> on_where(load_study(), "recovery").columns.tolist()
    ['theme', 'label', 'share', 'alpha']
    """
    names, lengths = coders(study, question), study.texts(question).str.len()
    units = study.codings[study.codings["question"].eq(question)].astype({"coder": str})
    units = units[units["coder"].isin(names)].rename(columns={"theme": "value"})
    begins = units["participant_id"].map(lengths.cumsum() - lengths)
    units[["start", "end"]] = units[["start", "end"]].add(begins, axis="index")
    total = int(lengths.sum())
    rows = []
    for theme, label in study.book(question)["label"].items():
        of_theme = units[units["value"].eq(theme)]
        share = (of_theme["end"] - of_theme["start"]).sum() / (total * len(names))
        rows.append((theme, label, share, unitizing(of_theme, total, names)))
    return pd.DataFrame(rows, columns=["theme", "label", "share", "alpha"])


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
    >>> from helpers.load import load_study
    >>> confusion(load_study(), "recovery").shape
    (7, 8)
    """
    names = coders(study, question)
    own = study.codings[study.codings["question"].eq(question)].astype({"coder": str})
    own = own[own["coder"].isin(names)].reset_index(names="code")
    every = own.merge(pd.Series(names, name="coder_other"), how="cross")
    every = every[every["coder"].ne(every["coder_other"])]
    both = own.merge(own, on="participant_id", suffixes=("", "_other"))
    both = both[both["coder"].ne(both["coder_other"])]
    both = both[both["start"].lt(both["end_other"]) & both["start_other"].lt(both["end"])]

    here, there = ["code", "coder_other"], ["code_other", "coder"]
    both["alike"] = both["theme"].eq(both["theme_other"])
    agreed, agreed_there = (both.groupby(by)["alike"].transform("any") for by in (here, there))
    alike = both[both["alike"]].drop_duplicates(here)
    found = pd.concat([alike, both[~agreed & ~agreed_there]])
    held = every.merge(found[here].drop_duplicates(), how="left", indicator="found")
    missed = held[held["found"].eq("left_only")].assign(theme_other="none")
    found = pd.concat([found, missed], ignore_index=True)
    themes = list(presence(study, question).columns)
    table = pd.crosstab(found["theme"], found["theme_other"])
    return table.reindex(index=themes, columns=[*themes, "none"], fill_value=0)


def _codes(ratings: ArrayLike) -> tuple[np.ndarray, int]:
    """Return the number of each judgement's category, -1 for none, and how many there are."""
    codes, values = pd.factorize(np.ravel(ratings))
    return codes.reshape(np.shape(ratings)), len(values)


def _pairs_of(codes: np.ndarray, values: int) -> pd.DataFrame:
    pairs = [_pair(*pair, values) for pair in combinations(codes, 2)]
    return pd.DataFrame(pairs, columns=["n", "percent_agreement", "cohen_kappa"])


def _pair(a: np.ndarray, b: np.ndarray, values: int) -> tuple[int, float, float]:
    """Return the units that two coders judged, how many of 100 alike, and Cohen's kappa."""
    from statsmodels.stats.inter_rater import cohens_kappa

    both = (a >= 0) & (b >= 0)
    if not both.any():
        return 0, np.nan, np.nan
    cells = np.bincount(a[both] * values + b[both], minlength=values**2)
    table = cells.reshape(values, values).astype(float)
    with np.errstate(invalid="ignore"):
        kappa = cohens_kappa(table, return_results=False)
    return int(both.sum()), 100 * np.trace(table) / table.sum(), kappa


def _fleiss_kappa(counts: np.ndarray) -> float:
    from statsmodels.stats.inter_rater import fleiss_kappa

    with np.errstate(invalid="ignore"):
        return fleiss_kappa(counts) if len(counts) else np.nan


def _gwet_ac1(counts: np.ndarray) -> float:
    judged = counts.sum(axis=1)
    if counts.shape[1] < 2 or not (judged > 1).any():
        return np.nan
    shares = (counts[judged > 0] / judged[judged > 0, None]).mean(axis=0)
    by_chance = (shares * (1 - shares)).sum() / (len(shares) - 1)
    pairs = (judged * (judged - 1))[judged > 1]
    alike = (counts * (counts - 1)).sum(axis=1)[judged > 1] / pairs
    return float((alike.mean() - by_chance) / (1 - by_chance))


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
