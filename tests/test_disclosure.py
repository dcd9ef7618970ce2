"""Disclosure control, held against acro and against whoever tries every table that fits."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.compute import compare, describe, disclosure, themes
from helpers.load.settings import Quotes

GOLDEN = pd.read_csv(Path(__file__).parent / "golden" / "acro_cells.csv")


def possible(counts, found):
    """Give every table that fits what is shown, by trying all: for tables of few people."""
    rows, columns = counts.to_numpy().sum(axis=1), counts.to_numpy().sum(axis=0)
    hidden = found.cells.to_numpy()
    most = [rows.sum() if hide else 0 for hide in hidden.ravel()]
    for cells in product(*(range(int(n) + 1) for n in most)):
        table = np.where(hidden, np.reshape(cells, hidden.shape), counts)
        fits_rows = (table.sum(axis=1) == rows)[~found.rows.to_numpy()].all()
        fits_columns = (table.sum(axis=0) == columns)[~found.columns.to_numpy()].all()
        if fits_rows and fits_columns and table.sum() == rows.sum():
            yield table


@settings(max_examples=24)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(2, 4), st.booleans())
def test_whoever_tries_all_tables_learns_only_that_a_cell_is_small(cells, threshold, totals_known):
    counts = pd.DataFrame(np.reshape(cells, (2, 2)))
    found = disclosure.suppress(counts, threshold, totals_known)
    assert not (totals_known and (found.rows.any() or found.columns.any()))
    assert (found.cells | ~found.small).all(axis=None)
    alone = disclosure.Suppression(
        found.small, found.cells | True, found.rows, found.columns
    )  # whoever knows the totals only
    tables, by_totals = (np.array(list(possible(counts, f))) for f in (found, alone))
    for row, column in np.argwhere(found.small.to_numpy()):
        seen, alike = (set(t[:, row, column]) for t in (tables, by_totals))
        assert seen >= alike & set(range(threshold)), counts


@settings(max_examples=15)
@given(st.lists(st.integers(0, 40), min_size=12, max_size=12))
def test_large_tables_are_covered_and_totals_too(cells):
    counts = pd.DataFrame(np.reshape(cells, (4, 3)))
    found = disclosure.suppress(counts, 10)
    assert found.cells[found.small].sum().sum() == found.small.sum().sum()
    assert found.rows[counts.sum(axis=1) < 10].all()
    assert found.columns[counts.sum() < 10].all()
    hidden = found.cells.to_numpy()
    for line, is_total_hidden in zip(
        [*hidden, *hidden.T], [*found.rows, *found.columns], strict=True
    ):
        assert is_total_hidden or line.sum() != 1


def test_nothing_is_suppressed_where_nothing_is_small_or_private():
    counts = pd.DataFrame([[10, 11], [12, 13]])
    assert not disclosure.suppress(counts, 10).cells.any(axis=None)
    assert not disclosure.suppress(counts - 10, 0).cells.any(axis=None)


def test_the_primary_suppression_is_that_of_acro():
    for _, cells in GOLDEN[GOLDEN["aggfunc"] == "count"].groupby("table"):
        counts = cells.pivot(index="row", columns="column", values="n")
        checks = cells.pivot(index="row", columns="column", values="checks")
        small = disclosure.suppress(counts, 10).small
        assert small.equals(checks.map(lambda told: "MinimumThresholdCheck" in told))
        assert (counts == 0).equals(checks.map(lambda told: "PresenceOfZeroCheck" in told))


def test_dominance_is_that_of_acro():
    means = GOLDEN[GOLDEN["aggfunc"] == "mean"]
    assert len(means) > 20
    for row in means.itertuples():
        values = pd.Series([float(v) for v in row[-1].split()])
        told = "NKCheck" in row.checks or "PPercentCheck" in row.checks
        same = values.nunique() < 2
        assert disclosure.is_dominated(values) == (told or same), row


def test_one_cell_that_is_hidden_alone_takes_another_with_it(study):
    rows = describe.tally(study.participants, "job_title", by="sex")
    shown = disclosure.tally(rows, "job_title", 10, by="sex")
    hidden = shown["n"].isna()
    assert (rows.loc[~hidden, "n"] >= 10).all()
    levels = disclosure.tally(describe.tally(study.participants, "job_title"), "job_title", 10)
    known = levels.dropna(subset=["n"])["job_title"]
    for name, level in shown.assign(hidden=hidden).groupby("job_title", observed=False):
        assert level["hidden"].sum() != 1 or name not in set(known)
    assert shown.loc[hidden, ["share", "low", "high"]].isna().all(axis=None)
    assert disclosure.remark(shown) == f"rows suppressed: {hidden.sum()}"


def test_a_small_total_that_is_known_gives_no_cell_away(study):
    rows = describe.tally(study.participants, "job_title", by="sex")
    totals = rows.groupby("job_title", observed=True)["n"].transform("sum")
    assert totals.lt(10).any()
    shown = disclosure.tally(rows, "job_title", 10, by="sex", totals_known=True)
    for _, level in shown.groupby("job_title", observed=True):
        assert level["n"].isna().sum() != 1
    assert shown["base"].equals(rows["base"])


def test_who_does_not_name_a_theme_counts_too(study):
    rows = themes.by_group(study, "recovery", "sex", "job_title")
    shown = disclosure.named(rows, 10, "group")
    left = shown.dropna(subset=["n"])
    assert (left["n"] >= 10).all()
    assert (left["base"] - left["n"] >= 10).all()
    assert 0 < len(left) < len(rows)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.integers(0, 12))
def test_no_level_can_be_worked_out_from_percentages_and_the_missing(counts, missing):
    levels = list("abcdef"[: len(counts)])
    jobs = [*np.repeat(levels, counts), *[None] * missing]
    people = pd.DataFrame({"job": pd.Categorical(jobs, levels)})
    people["sex"] = pd.Categorical(["w"] * len(people), ["w"])
    shown = disclosure.table_one(describe.table_one(people, ["job"]), len(people), 10)
    hidden = shown["n"].isna()
    assert hidden.sum() != 1
    assert (shown.loc[~hidden, "n"] >= 10).all()
    by_group = disclosure.tally(describe.tally(people, "job", by="sex"), "job", 10, by="sex")
    assert by_group["n"].isna().tolist() == hidden.tolist()  # one group: the totals again


def test_answers_of_a_group_are_shown_all_or_none():
    rng = np.random.default_rng(5)
    answers = pd.DataFrame({"ward": rng.choice([*"abc"], 300), "x": rng.choice([1, 2, 3, 4], 300)})
    answers.loc[answers["ward"].eq("c") & answers["x"].eq(4), "x"] = 3
    answers["x"] = pd.Categorical(answers["x"], [1, 2, 3, 4])
    rows = disclosure.answers(describe.tally(answers, "x", by="ward"), 10, "ward")
    assert rows.groupby("ward")["n"].count().to_dict() == {"a": 4, "b": 4, "c": 0}
    assert rows.loc[rows["ward"].eq("c"), ["base", "share"]].isna().all(axis=None)
    assert disclosure.remark(rows) == "rows suppressed: 4"


def test_means_of_few_and_the_next_one_go():
    rng = np.random.default_rng(2)
    answers = pd.DataFrame({"ward": ["a"] * 30 + ["b"] * 4 + ["c"] * 15 + ["d"] * 20})
    answers["x"] = rng.integers(1, 7, len(answers))
    rows = disclosure.moments(compare.moments(answers, ["x"], "ward"), answers, "ward", 10)
    assert rows["mean"].isna().tolist() == [False, True, True, False]
    assert "median" not in rows


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(20, 59)), max_size=40))
def test_every_description_of_a_speaker_is_shared(people):
    frame = pd.DataFrame(people, columns=["job", "age"]).astype({"age": "Int64", "job": "str"})
    frame["participant_id"] = [f"P{n}" for n in range(len(frame))]
    lines = disclosure.speakers(frame, Quotes(("job", "age"), bands={"age": 10}), 4)
    told = lines[lines != ""]
    assert (told.map(told.value_counts()) >= 4).all()


def test_private_pages_get_only_what_was_released(study):
    stretches = themes.examples(study, "recovery")
    first = stretches.iloc[[0]].assign(question="recovery")
    listed = first[["participant_id", "question", "start", "end"]]
    kept = disclosure.released(stretches.assign(question="recovery"), listed, 10)
    assert kept["stretch"].tolist() == first["stretch"].tolist()
    shorter = listed.assign(end=listed["end"] - 1)
    assert disclosure.released(stretches.assign(question="recovery"), shorter, 10).empty


def test_what_was_not_checked_is_told_apart():
    frame = pd.DataFrame({"n": [3]})
    assert not disclosure.is_checked(frame)
    checked = disclosure.declare(frame, "made up")
    assert disclosure.is_checked(checked.assign(m=1))
    assert not disclosure.is_checked(pd.DataFrame({"n": [3]}).merge(frame))


def test_a_level_that_a_group_lacks_is_a_small_cell_too():
    people = pd.DataFrame(
        {"ward": ["a"] * 30 + ["b"] * 20, "tired": [True, False] * 15 + [True] * 20}
    )
    rows = describe.tally(people, "tired", by="ward")
    assert rows["n"].tolist() == [15, 15, 0, 20]
    shown = disclosure.tally(rows, "tired", 10, by="ward")
    assert shown["n"].isna().all()
