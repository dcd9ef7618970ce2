from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.compute.themes import (
    by_group,
    coders,
    combinations,
    examples,
    presence,
    segments,
    theme_counts,
)
from helpers.load.settings import Quotes
from helpers.load.study import data_folder, load_study

STUDY = load_study()
RESIDUAL = "other"
THEMES = STUDY.codebook.loc[STUDY.codebook["question"].eq("recovery"), "theme"].tolist()
ADHERENCE, _, FAMILY = THEMES[:3]


def study_of(named, **columns):
    """Return a study in which these people, P01 onwards, name these themes."""
    people = [f"P{i:02}" for i in range(1, len(named) + 1)]
    codings = [
        (person, "recovery", theme, "consensus", i, i + 1)
        for person, themes in zip(people, named, strict=True)
        for i, theme in enumerate(themes)
    ]
    return replace(
        STUDY,
        settings=replace(STUDY.settings, quotes=Quotes()),
        participants=pd.DataFrame({"participant_id": people} | columns),
        responses=pd.DataFrame(
            {"participant_id": people, "question": "recovery", "text": "what somebody says"}
        ),
        codings=pd.DataFrame(codings, columns=list(STUDY.codings.columns)),
    )


some_people = st.lists(st.lists(st.sampled_from(THEMES), max_size=5), min_size=1, max_size=12)


# Against the files, read with nothing but pandas


@pytest.mark.parametrize("question", ["recovery", "relapse"])
def test_counts_what_pandas_counts(question):
    codings = pd.read_csv(data_folder() / "study" / "codings.csv")
    codings = codings[codings["question"].eq(question) & codings["coder"].eq("consensus")]
    expected = codings.groupby("theme")["participant_id"].nunique()
    counts = theme_counts(STUDY, question).set_index("theme")
    pd.testing.assert_series_equal(counts["n"].sort_index(), expected, check_names=False)


@pytest.mark.parametrize("question", ["recovery", "relapse"])
def test_synthetic_answers_give_the_counts_of_the_codebook(question):
    book = pd.read_csv(data_folder() / "published" / "codebook.csv")
    book = book[book["question"].eq(question)].set_index("theme")
    counts = theme_counts(STUDY, question).set_index("theme")
    assert counts["n"].to_dict() == book["target_count"].to_dict()
    printed = counts["printed"].dropna()
    assert printed.to_dict() == book["printed_count"].dropna().astype(int).to_dict()
    assert (counts.loc[printed.index, "n"] == printed).all()


def test_ranks_as_the_paper_does():
    ranked = [(row.theme, row.n) for row in theme_counts(STUDY, "recovery").itertuples()]
    assert [n for _, n in ranked] == [40, 33, 24, 23, 23, 12, 34]
    assert ranked[-1][0] == RESIDUAL


# Worked by hand


def test_counts_people_not_stretches():
    study = study_of([[ADHERENCE, ADHERENCE, FAMILY], [FAMILY], [], [RESIDUAL]])
    counts = theme_counts(study, "recovery")
    assert counts["theme"].iloc[:2].tolist() == [FAMILY, ADHERENCE]
    assert counts["n"].tolist() == [2, 1, 0, 0, 0, 0, 1]
    assert counts["share"].tolist() == [0.5, 0.25, 0, 0, 0, 0, 0.25]
    assert counts["theme"].tolist()[2:] == [t for t in THEMES[1:] if t != FAMILY]


def test_counts_another_coder():
    study = study_of([[ADHERENCE], [ADHERENCE]])
    codings = study.codings.assign(coder=["consensus", "c1"])
    study = replace(study, codings=codings)
    assert presence(study, "recovery", "c1")[ADHERENCE].tolist() == [False, True]
    assert theme_counts(study, "recovery", "c1")["n"].sum() == 1


def test_intervals_are_wilsons():
    # R 4.2: prop.test(24, 89, correct = FALSE); of 0 of 10, prop.test(0, 10, correct = FALSE).
    family = theme_counts(STUDY, "recovery").set_index("theme").loc["family_support"]
    assert family[["low", "high"]].tolist() == pytest.approx([0.188420525797, 0.369966422008])
    nobody = theme_counts(study_of([[]] * 10), "recovery").iloc[0]
    assert nobody[["low", "high"]].tolist() == pytest.approx([0, 0.277532799863])


@pytest.mark.parametrize("of", [presence, theme_counts, combinations, by_group])
def test_a_question_that_nobody_answered_is_an_error(of):
    with pytest.raises(ValueError, match="nobody answered the question 'recuperation'"):
        of(STUDY, "recuperation")


def test_examples_are_words_of_one_theme_beside_their_speaker():
    study = study_of([[ADHERENCE, FAMILY], [FAMILY, FAMILY, FAMILY, ADHERENCE]], age=[30, 40])
    spans = {"start": [5, 0, 14, 5, 0, 2], "end": [13, 4, 18, 13, 4, 4]}
    rows = examples(replace(study, codings=study.codings.assign(**spans)), "recovery")
    shown = rows[["participant_id", "theme", "stretch", "age"]].to_numpy().tolist()
    assert shown == [
        ["P01", ADHERENCE, "somebody", 30],
        ["P02", FAMILY, "somebody", 40],  # longer than "says"; "what" has two themes
        ["P01", FAMILY, "what", 30],
    ]


def test_coders_are_those_of_the_question():
    codings = STUDY.codings.astype({"coder": str})
    codings = codings[codings["question"].eq("recovery") | codings["coder"].ne("c3")]
    study = replace(STUDY, codings=codings)
    assert coders(study, "recovery") == ["c1", "c2", "c3"]
    assert coders(study, "relapse") == ["c1", "c2"]


@pytest.mark.parametrize("known", [["consensus"], ["c1", "consensus"]])
def test_the_reading_that_counts_is_a_coder_where_fewer_than_two_others_are(known):
    codings = STUDY.codings.astype({"coder": str})
    study = replace(STUDY, codings=codings[codings["coder"].isin(known)])
    assert coders(study, "recovery") == known


def test_segments_of_overlapping_stretches():
    codings = pd.DataFrame({"theme": ["a", "b", "a"], "start": [2, 4, 8], "end": [6, 8, 9]})
    cut = segments("0123456789", codings)
    assert cut["text"].tolist() == ["01", "23", "45", "67", "8", "9"]
    assert cut["themes"].tolist() == [(), ("a",), ("a", "b"), ("b",), ("a",), ()]


def test_an_answer_without_codes_is_one_segment():
    cut = segments("nothing", pd.DataFrame({"theme": [], "start": [], "end": []}, dtype=int))
    assert cut.to_dict("records") == [{"start": 0, "end": 7, "text": "nothing", "themes": ()}]


# Between groups


def groups_of(named, base):
    """Return who names a theme, and their group, for n of base people in each group."""
    who, group = [], []
    for i, (n, size) in enumerate(zip(named, base, strict=True)):
        who += [[ADHERENCE]] * n + [[]] * (size - n)
        group += [f"g{i}"] * size
    return who, group


def test_two_groups_have_fishers_p():
    # R 4.2: fisher.test(matrix(c(30, 28, 9, 22), 2))
    who, group = groups_of([30, 9], [58, 31])
    row = by_group(study_of(who, sex=group), "recovery", "sex").iloc[0]
    assert row["p"] == pytest.approx(0.0463064840954, rel=1e-9)
    assert (row["by"], row["group"], row["n"], row["base"]) == ("sex", "g0", 30, 58)
    assert row["share"] == pytest.approx(30 / 58)


def test_more_groups_have_about_the_exact_p():
    # R 4.2: fisher.test(matrix(c(12, 19, 6, 17, 9, 3, 4, 16), 2))
    who, group = groups_of([12, 6, 9, 4], [31, 23, 12, 20])
    rows = by_group(study_of(who, job_title=group), "recovery", "job_title")
    p = rows.loc[rows["theme"].eq(ADHERENCE), "p"]
    assert p.eq(p.iloc[0]).all()
    # Three standard errors of a share of 9,999 tables.
    assert p.iloc[0] == pytest.approx(0.0127577812963, abs=0.0034)


def test_corrects_for_all_tests_of_the_call():
    who, group = groups_of([30, 9], [58, 31])
    study = study_of(who, sex=group, other=group)
    alone = by_group(study, "recovery", "sex").iloc[0]
    both = by_group(study, "recovery", "sex", "other").iloc[0]
    assert alone["p_holm"] == pytest.approx(len(THEMES) * alone["p"])
    assert both["p_holm"] == pytest.approx(2 * len(THEMES) * alone["p"])


def test_correction_steps_down():
    who, group = groups_of([30, 9], [58, 31])
    who = [themes + [FAMILY] * (i < 25) for i, themes in enumerate(who)]
    rows = by_group(study_of(who, sex=group), "recovery", "sex").set_index("theme")
    family, adherence = (rows.loc[theme].iloc[0] for theme in (FAMILY, ADHERENCE))
    assert family["p_holm"] == pytest.approx(len(THEMES) * family["p"])
    assert adherence["p_holm"] == pytest.approx((len(THEMES) - 1) * adherence["p"])


@pytest.mark.parametrize("named", [0, 1])
def test_groups_do_not_differ_where_nobody_or_everybody_names_the_theme(named):
    base = [31, 23, 12, 20]
    who, group = groups_of([named * size for size in base], base)
    rows = by_group(study_of(who, job_title=group), "recovery", "job_title")
    assert rows["p"].eq(1).all()
    assert rows.loc[rows["theme"].eq(ADHERENCE), "share"].eq(named).all()


def test_leaves_out_people_whose_group_is_unknown():
    study = study_of([[FAMILY], [FAMILY], []], sex=["woman", None, "man"])
    rows = by_group(study, "recovery", "sex").set_index(["theme", "group"])
    assert rows.loc[FAMILY, "n"].to_dict() == {"woman": 1, "man": 0}
    assert rows["base"].eq(1).all()


def test_says_the_same_every_time():
    first, second = (by_group(STUDY, "relapse", "job_title", "sex") for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_groups_stand_as_the_schema_orders_them():
    rows = by_group(STUDY, "recovery", "job_title", "own_diagnosis")
    jobs = STUDY.participants["job_title"].cat.categories
    assert list(rows["group"].unique()) == [*jobs, False, True]
    assert rows.groupby(["by", "theme"])["base"].sum().eq(89).all()


# For any answers


@settings(max_examples=40)
@given(some_people)
def test_counts_hold_together(named):
    study = study_of(named)
    expected = Counter(theme for themes in named for theme in set(themes))
    counts = theme_counts(study, "recovery")
    assert dict(zip(counts["theme"], counts["n"], strict=True)) == {
        theme: expected[theme] for theme in THEMES
    }
    assert counts["n"].iloc[:-1].is_monotonic_decreasing
    assert (counts["low"] <= counts["share"] + 1e-12).all()
    assert (counts["share"] <= counts["high"] + 1e-12).all()


@settings(max_examples=40)
@given(some_people)
def test_combinations_sort_people_by_what_they_name(named):
    combined = combinations(study_of(named), "recovery")
    expected = Counter(tuple(t for t in THEMES if t in themes) for themes in named)
    assert dict(zip(combined["themes"], combined["n"], strict=True)) == expected
    assert combined["size"].tolist() == [len(themes) for themes in combined["themes"]]
    assert combined["share"].sum() == pytest.approx(1)
    places = [tuple(THEMES.index(t) for t in themes) for themes in combined["themes"]]
    keys = list(zip(-combined["n"], combined["size"], places, strict=True))
    assert keys == sorted(keys)


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=30), st.data())
def test_segments_cover_the_answer(text, data):
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    spans = data.draw(st.lists(ends.filter(lambda span: span[0] < span[1]), max_size=5))
    codings = pd.DataFrame(spans, columns=["start", "end"], dtype=int)
    codings["theme"] = [f"t{i}" for i in range(len(spans))]
    cut = segments(text, codings)
    assert "".join(cut["text"]) == text
    for row in cut.itertuples():
        for character in range(row.start, row.end):
            holding = [f"t{i}" for i, (a, b) in enumerate(spans) if a <= character < b]
            assert list(row.themes) == holding
