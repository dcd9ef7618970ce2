import re
from dataclasses import replace

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.compute.agreement import (
    agreement,
    confusion,
    judgements,
    on_where,
    reliability,
    unitizing,
)
from helpers.compute.themes import presence
from helpers.load import load_study

STUDY = load_study()
QUESTIONS = ["recovery", "relapse"]
CHANCE_CORRECTED = ["cohen_kappa", "fleiss_kappa", "alpha"]
NONE = np.nan


def study_of(*codings):
    """Return a study of one answer, or several, with these codings of recovery.

    Each is "coder person theme start end".
    """
    rows = [coding.split() for coding in codings]
    rows = [(p, "recovery", theme, c, int(start), int(end)) for c, p, theme, start, end in rows]
    table = pd.DataFrame(rows, columns=list(STUDY.codings.columns))
    people = table["participant_id"].unique()
    answers = pd.DataFrame({"participant_id": people, "question": "recovery", "text": "x" * 99})
    return replace(STUDY, responses=answers, codings=table)


# Published examples


def test_krippendorff_2011():
    # Section A: two observers, binary. B: two observers, nominal. C: four, with missing values.
    binary = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
    nominal = [list("aabbdcccedda"), list("babbbcccaddd")]
    nominal[1][8] = "e"
    missing = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
        [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
    ]
    measured = [reliability(ratings) for ratings in (binary, nominal, missing)]
    assert [round(m["alpha"], 3) for m in measured] == [0.095, 0.692, 0.743]
    assert [m["n"] for m in measured] == [10, 12, 11]


def test_cohen_1960():
    # Table 1: three categories, 200 subjects.
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    first, second = (np.repeat(places.ravel(), np.ravel(table)) for places in np.indices((3, 3)))
    measured = reliability([first, second])
    assert measured["percent_agreement"] == pytest.approx(70)
    assert round(measured["cohen_kappa"], 3) == 0.492


def test_fleiss_1971():
    # Table 1: of six psychiatrists, how many gave each of 30 patients each of five diagnoses.
    table = (
        "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 "
        "00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
    )
    patients = [[int(n) for n in patient] for patient in table.split()]
    ratings = np.transpose([np.repeat(range(5), patient) for patient in patients])
    measured = reliability(ratings)
    assert measured["n"] == 30
    assert round(measured["percent_agreement"], 1) == 55.6
    assert round(measured["fleiss_kappa"], 2) == 0.43


# What the measures must do

ratings = st.integers(2, 4).flatmap(
    lambda coders: st.lists(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, NONE]), min_size=coders, max_size=coders),
        min_size=1,
        max_size=15,
    ).map(np.transpose)
)


@settings(max_examples=60)
@given(ratings)
def test_coders_and_names_of_categories_are_interchangeable(ratings):
    measured = reliability(ratings)
    renamed = np.select([ratings == 0, ratings == 1, ratings == 2], [7.0, 3.0, 5.0], NONE)
    assert reliability(renamed[::-1]) == pytest.approx(measured, nan_ok=True)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(2, 4))
def test_coders_who_always_agree(codes, coders):
    measured = reliability([codes] * coders)
    assert measured["percent_agreement"] == 100
    perfect = 1 if len(set(codes)) > 1 else NONE
    for name in [*CHANCE_CORRECTED, "alpha_low", "alpha_high"]:
        assert measured[name] == pytest.approx(perfect, nan_ok=True)


def test_coders_who_code_at_random():
    rng = np.random.default_rng(1)
    measured = reliability(rng.random((3, 20_000)) < [[0.2], [0.3], [0.4]])
    assert abs(measured["cohen_kappa"]) < 0.02
    # These two take unequal shares for disagreement, so that chance lies a little below 0.
    for name in ["fleiss_kappa", "alpha"]:
        assert -0.04 < measured[name] < 0.01


def test_unjudged_units_count_for_nothing():
    judged = np.array([[0, 1, 1, 0, 1], [0, 1, 0, 0, 1]], dtype=float)
    alone = np.array([[1, NONE, NONE], [NONE, 0, NONE]])
    measured, more = reliability(judged), reliability(np.hstack([judged, alone]))
    assert more["n"] == measured["n"] == 5
    for name in ["percent_agreement", *CHANCE_CORRECTED]:
        assert more[name] == pytest.approx(measured[name])


def test_coders_who_never_judged_the_same_unit():
    measured = reliability([[0, NONE], [NONE, 1]])
    assert measured.pop("n") == 0
    assert np.isnan(list(measured.values())).all()


def test_one_coder_is_too_few():
    with pytest.raises(ValueError, match="at least two coders; there is 1"):
        reliability([[0, 1, 1]])


@pytest.mark.parametrize("per_person", [1, 4])
def test_interval_is_that_of_alpha_in_samples_of_people(per_person):
    rng = np.random.default_rng(5)
    truth = rng.random(80) < 0.3
    found = np.where(rng.random((3, 80)) < 0.1, ~truth, truth).astype(float)
    found[0, :7] = NONE
    people = np.repeat(np.arange(80 // per_person), per_person)
    alphas = []
    for _ in range(1_500):
        drawn = rng.integers(0, people[-1] + 1, people[-1] + 1)
        units = np.concatenate([np.flatnonzero(people == person) for person in drawn])
        alphas.append(krippendorff.alpha(found[:, units], level_of_measurement="nominal"))
    measured = reliability(found, people)
    # Of normal samples, percentiles 2.5 and 5 would lie .3 standard deviations apart.
    near = 0.2 * np.std(alphas)
    assert measured["alpha_low"] == pytest.approx(np.quantile(alphas, 0.025), abs=near)
    assert measured["alpha_high"] == pytest.approx(np.quantile(alphas, 0.975), abs=near)


@settings(max_examples=60)
@given(ratings)
def test_interval_adds_up_the_terms_of_alpha(ratings):
    # One person alone is drawn every time, so both ends are alpha itself.
    measured = reliability(ratings, np.zeros(ratings.shape[1]))
    ends = [measured["alpha_low"], measured["alpha_high"]]
    assert ends == pytest.approx([measured["alpha"]] * 2, nan_ok=True)


# Of a study


@pytest.mark.parametrize("question", QUESTIONS)
def test_agreement_is_that_of_the_codings(question):
    table = agreement(STUDY, question).set_index("theme")
    codings = STUDY.codings[STUDY.codings["question"].eq(question)]
    answered = STUDY.responses.loc[STUDY.responses["question"].eq(question), "participant_id"]
    themes = STUDY.codebook.loc[STUDY.codebook["question"].eq(question), "theme"]
    every = []
    for theme in themes:
        of_theme = codings[codings["theme"].eq(theme)]
        found = np.array(
            [
                answered.isin(of_theme.loc[of_theme["coder"].eq(coder), "participant_id"])
                for coder in ["c1", "c2", "c3"]
            ]
        )
        every.append(found)
        alpha = krippendorff.alpha(found.astype(int), level_of_measurement="nominal")
        assert table.loc[theme, "alpha"] == pytest.approx(alpha)
        assert table.loc[theme, "prevalence"] == pytest.approx(found.mean())
    every = np.hstack(every).astype(int)
    overall = krippendorff.alpha(every, level_of_measurement="nominal")
    assert table.index.tolist() == [*themes, "all"]
    assert table.loc["all", "alpha"] == pytest.approx(overall)
    assert table.loc["all", "n"] == len(answered) * len(themes)
    assert table["alpha"].between(table["alpha_low"], table["alpha_high"]).all()


def test_agreement_needs_two_coders():
    with pytest.raises(ValueError, match="at least two coders; there is 1"):
        agreement(study_of("consensus P01 other 0 9"), "recovery")


def test_more_coders_can_be_held_against_them():
    found = judgements(STUDY, "recovery")
    consensus = presence(STUDY, "recovery").to_numpy().ravel()
    assert found.shape == (3, consensus.size)
    with_reader = np.vstack([found.loc[["c1"]].to_numpy(), consensus])
    assert 0.5 < reliability(with_reader)["cohen_kappa"] < 1


def test_confusion_of_single_codes():
    table = confusion(
        study_of(
            "c1 P01 other 0 9",  # c2 agrees, on other words in part
            "c2 P01 other 5 20",
            "c1 P02 family_support 0 9",  # c2 takes it for something else
            "c2 P02 support_network 3 7",
            "c1 P03 diagnosis_type 0 9",  # c2 gave the theme elsewhere
            "c2 P03 diagnosis_type 9 20",
        ),
        "recovery",
    )
    assert table.loc["other", "other"] == 2
    assert table.loc["family_support", "support_network"] == 1
    assert table.loc["support_network", "family_support"] == 1
    assert table.loc["diagnosis_type", "none"] == 2
    assert table.to_numpy().sum() == 6


def test_a_stretch_with_two_themes_is_missed_and_not_confused_by_who_sees_one():
    table = confusion(
        study_of("c1 P01 other 0 9", "c1 P01 family_support 0 9", "c2 P01 other 0 9"), "recovery"
    )
    assert table.loc["family_support", "none"] == 1
    assert table.loc["other", "other"] == 2
    assert table.to_numpy().sum() == 3


def test_a_code_that_another_coder_broke_in_two_is_one_agreed_code():
    table = confusion(
        study_of("c1 P01 other 0 9", "c2 P01 other 0 3", "c2 P01 other 5 9"), "recovery"
    )
    assert table.loc["other", "other"] == table.to_numpy().sum() == 3


def test_every_code_is_held_against_every_other_coder():
    table = confusion(
        study_of("c1 P01 other 0 9", "c2 P01 other 0 9", "c3 P02 other 0 9"), "recovery"
    )
    assert table.loc["other"].to_dict() == {**dict.fromkeys(table, 0), "other": 2, "none": 4}


@pytest.mark.parametrize("question", QUESTIONS)
def test_confusion_holds_together(question):
    table = confusion(STUDY, question)
    themes = table.drop(columns="none")
    assert list(themes.index) == list(themes.columns)
    assert (themes.to_numpy() == themes.to_numpy().T).all()
    codings = STUDY.codings[STUDY.codings["question"].eq(question)]
    codes = codings.loc[codings["coder"].ne("consensus"), "theme"].value_counts()
    # Each is held against two coders; it counts more than once where it is confused with several.
    assert (table.sum(axis=1) >= 2 * codes[table.index]).all()
    assert table.to_numpy().sum() < 1.05 * 2 * codes.sum()


# Gwet's AC1, as the documentation of irrCAC has it for its data sets (Gwet 2014)

# Units × raters; cac.raw4raters, cac.ben.gerry and the like of R's irrCAC 1.0.
FOUR_RATERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, None],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
FIVE_OBSERVERS = [
    [1, 1, 2, None, 0, 0, 1, 1, 2, 2, None, 0, 1, 3, 1],
    [1, 1, 3, 0, 0, 0, 0, None, 2, 1, 1, 0, 2, 3, 1],
    [2, 0, 3, 0, 0, 0, 2, 2, 2, 1, 0, 0, 2, 2, 1],
    [None, 1, 3, None, None, None, None, 0, None, 1, 0, 0, 2, 2, None],
    [2, None, None, 0, 0, 0, 1, None, 2, None, None, None, None, 3, 1],
]
BEN_AND_GERRY = [list("aabbdcccedda"), [*"babbbccce", None, "d", "d"]]
GENDER = [list(row) for row in ["aaaaabbbcaaaaab", "aaaababccaaaaba", "abbcaabbcabbcaa"]]
GENDER.append(list("ccccaabbcccccaa"))


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [(FOUR_RATERS, 0.775), (FIVE_OBSERVERS, 0.497), (BEN_AND_GERRY, 0.661), (GENDER, 0.208)],
)
def test_gwets_ac1_as_irrcac_gives_it(ratings, expected):
    ratings = pd.DataFrame(ratings).astype(object)
    found = reliability(ratings.where(ratings.notna(), np.nan))["gwet_ac1"]
    assert round(found, 3) == expected


def test_ac1_stays_high_where_a_category_is_rare_and_alpha_falls():
    rare = reliability([[1, 0] + [0] * 98, [0, 1] + [0] * 98])
    assert rare["percent_agreement"] == 98
    assert rare["alpha"] < 0
    assert rare["gwet_ac1"] > 0.97


# Unitizing


def in_units(*coders):
    """Return units from strings in which every character is a value, or a dot for a gap."""
    rows = []
    for name, coder in enumerate(coders):
        for unit in re.finditer(r"([^.|])\1*", coder.replace("|", "")):
            rows.append((name, unit[1], *unit.span()))
    return pd.DataFrame(rows, columns=["coder", "value", "start", "end"])


def krippendorffs_example():
    """Return Figure 12.11 of Krippendorff (2019, Content Analysis, 4th ed., p. 340)."""
    alex = [(1, 7, 1), (8, 13, 2), (31, 32, 5), (33, 37, 6), (38, 44, 6), (45, 60, 7)]
    paul = [(1, 7, 1), (8, 13, 3), (14, 21, 5), (33, 44, 6)]
    suzan = [(1, 7, 1), (8, 13, 4), (14, 21, 5), (33, 37, 6), (38, 41, 6), (42, 44, 6)]
    rows = [
        (name, value, first - 1, last)
        for name, coder in enumerate([alex, paul, suzan])
        for first, last, value in coder
    ]
    return pd.DataFrame(rows, columns=["coder", "value", "start", "end"])


def test_unitizing_alpha_of_krippendorffs_example():
    assert unitizing(krippendorffs_example(), 60, range(3)) == pytest.approx(0.510, abs=5e-4)


def test_unitizing_by_hand():
    # Both in 8 characters, one in 2, neither in 10: 40 pairable, units of 10 and 8, gaps 10 and 12.
    units = in_units("aaaaaaaaaa..........", "..aaaaaaaa..........")
    expected = 1 - 4 / (40 * 2 * 18 * 22 / (40**2 - 100 - 64 - 22))
    assert unitizing(units, 20, [0, 1]) == pytest.approx(expected)


def test_unitizing_alpha_of_the_same_units_is_one_and_of_none_shared_below_zero():
    same = in_units("aaa..bbb..", "aaa..bbb..", "aaa..bbb..")
    assert unitizing(same, 10, range(3)) == pytest.approx(1)
    apart = in_units("aaaaa.....", ".....aaaaa")
    assert unitizing(apart, 10, [0, 1]) < 0


def test_a_coder_who_marked_nothing_counts():
    # Of three in 20 characters, two mark the same 10: each of these disagrees with the third. 60
    # are pairable: units of 10 and 10, and 40 characters of gaps.
    units = in_units("aaaaaaaaaa..........", "aaaaaaaaaa..........")
    expected = 1 - 20 / (60 * 2 * 20 * 40 / (60**2 - 100 - 100 - 40))
    assert unitizing(units, 20, [0, 1, 2]) == pytest.approx(expected)
    assert round(expected, 2) == 0.30
    assert unitizing(units, 20, [0, 1]) == 1
    assert np.isnan(unitizing(units.iloc[:0], 20, [0, 1]))
    with pytest.raises(KeyError, match="1"):
        unitizing(units, 20, [0, 2])


def test_where_counts_every_coder_of_the_question_and_takes_a_theme_nobody_marked():
    study = study_of("c1 P01 other 0 33", "c2 P01 other 0 33", "c3 P01 family_support 40 50")
    table = on_where(study, "recovery").set_index("theme")
    expected = 1 - 66 / (297 * 2 * 66 * 231 / (297**2 - 2 * 33**2 - 231))
    assert table.loc["other", "alpha"] == pytest.approx(expected)
    assert table.loc["other", "share"] == pytest.approx(66 / 297)
    assert table["alpha"].notna().sum() == 2


@pytest.mark.parametrize("question", ["recovery", "relapse"])
def test_where_stretches_lie_in_the_study(question):
    table = on_where(STUDY, question)
    study = STUDY
    book = study.codebook[study.codebook["question"].eq(question)]
    assert table["theme"].tolist() == book["theme"].tolist()
    assert table["alpha"].between(-1, 1).all()
    # By brute force for the first theme: one array of characters a coder over all answers.
    theme = table["theme"].iloc[0]
    codings = study.codings[study.codings["question"].eq(question)]
    codings = codings[codings["coder"].ne("consensus") & codings["theme"].eq(theme)]
    answers = study.responses[study.responses["question"].eq(question)]
    marked = {coder: [] for coder in codings["coder"].unique()}
    for answer in answers.itertuples():
        for coder, of_coder in marked.items():
            here = np.zeros(len(answer.text))
            own = codings[codings["participant_id"].eq(answer.participant_id)]
            own = own[own["coder"].eq(coder)]
            for row in own.itertuples():
                here[row.start : row.end] = 1
            of_coder.extend(here)
    assert table["share"].iloc[0] == pytest.approx(np.mean(list(marked.values())))
