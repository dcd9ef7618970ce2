import csv
import dataclasses
import json
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from conftest import TINY
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from helpers.compute.scorecard import STATISTICS, VERDICTS, compare, compute, tables
from helpers.load import StudyError, load_study

FACTS = Path(__file__).parents[1] / "data" / "published" / "facts.csv"


@pytest.fixture(scope="module")
def facts():
    """Return the facts by id, read with nothing of ours."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return {row["fact_id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def computed(study):
    return compute(study)


@pytest.fixture(scope="module")
def board(study, computed):
    return compare(study.facts, computed)


# The study's scorecard


def test_every_fact_has_a_row_and_none_differs(board, facts):
    assert list(board["fact_id"]) == list(facts)
    assert list(board["printed"]) == [fact["printed"] for fact in facts.values()]
    assert set(board["verdict"]) == set(VERDICTS) - {"differs"}
    assert list(board) == [
        *("fact_id", "chapter", "label", "unit", "printed", "computed", "verdict", "note")
    ]


def test_what_no_record_carries_says_why(board):
    without = board[board["verdict"].isin(["not recoverable", "background", "inconsistent"])]
    assert (without["note"] != "").all()
    assert without.loc[without["verdict"] == "background", "computed"].isna().all()


def test_every_recipe_is_followed(study, facts, computed):
    carried = {name for name, fact in facts.items() if fact["statistic"]}
    assert set(computed) == carried
    assert {fact["statistic"] for fact in facts.values()} - {""} <= set(STATISTICS)
    assert {fact["table"] for fact in facts.values()} - {"", "elsewhere"} <= set(tables(study)[0])
    assert all(fact["table"] not in ("", "elsewhere") for fact in facts.values() if fact["where"])


# What is called inconsistent is so, by arithmetic that shares nothing with helpers


def prints(value, printed):
    """Tell whether a number gives the printed digits, rounded half up or dropped."""
    unit = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
    value = Decimal(value)
    return Decimal(printed) in (
        value.quantize(unit, ROUND_HALF_UP),
        value.quantize(unit, ROUND_DOWN),
    )


def counts_that_print(percent, base):
    return [k for k in range(base + 1) if prints(Decimal(100 * k) / base, percent)]


def largest_p(t, df):
    """Return the p of the t and df nearest to zero that can stand behind the printed ones."""
    half = Decimal(5).scaleb(-3)  # t is printed to two decimals at most: 2.525, or 2.495 for 2.5
    return 2 * stats.t.sf(float(abs(Decimal(t)) - half), float(Decimal(df)) - 0.5)


def p_cannot_be(facts, item):
    printed = facts[f"{item}.p"]["printed"]
    largest = largest_p(facts[f"{item}.t"]["printed"], facts[f"{item}.df"]["printed"])
    return printed == ".05" and largest < 0.045


def work_setting_cannot_be(facts):
    people = int(facts["P1"]["printed"])
    (both,) = counts_that_print(facts["P14"]["printed"], people)
    (private,) = counts_that_print(facts["P15"]["printed"], people)
    percent = facts["P13"]["printed"]
    assert not prints(Decimal(100 * (people - both - private)) / people, percent)
    return not any(counts_that_print(percent, base) for base in (people, 89, 77))


def f_cannot_have(facts):
    people = int(facts["P1"]["printed"])
    return stats.f.sf(float(facts["X3.f"]["printed"]) - 0.005, 1, people - 2) < 0.045


IMPOSSIBLE = {
    "P13": work_setting_cannot_be,
    "T1.p": lambda facts: p_cannot_be(facts, "T1"),
    "T2.p": lambda facts: p_cannot_be(facts, "T2"),
    "T3.p": lambda facts: p_cannot_be(facts, "T3"),
    "T4.p": lambda facts: p_cannot_be(facts, "T4"),
    "X3.p": f_cannot_have,
    # 16 of the 89 who were asked, whom the abstract gives.
    "H1.not_possible": lambda facts: (
        int(facts["R3"]["printed"])
        not in counts_that_print(facts["H1.not_possible"]["printed"], int(facts["X1"]["printed"]))
    ),
    # 45 people are 46.6% of no number of people.
    "H1.depends": lambda facts: (
        not any(
            int(facts["R1"]["printed"]) in counts_that_print(facts["H1.depends"]["printed"], base)
            for base in range(45, 200)
        )
    ),
    "H2": lambda facts: facts["H2"]["printed"] != facts["R5"]["printed"],
}


def test_inconsistent_is_what_names_the_facts_it_conflicts_with(board, facts):
    inconsistent = set(board.loc[board["verdict"] == "inconsistent", "fact_id"])
    assert inconsistent == set(IMPOSSIBLE)
    assert inconsistent == {name for name, fact in facts.items() if fact["conflicts_with"]}


@pytest.mark.parametrize("fact_id", IMPOSSIBLE)
def test_what_is_inconsistent_is_impossible(facts, fact_id):
    assert IMPOSSIBLE[fact_id](facts)


def test_neighbours_of_what_is_impossible_would_be_possible():
    assert counts_that_print("71.6", 95) == [68]
    assert counts_that_print("24.2", 95) == [23]
    assert counts_that_print("50.6", 89) == [45]
    assert largest_p("1.99", "93") > 0.0495


# Digits


def verdict(value, printed, unit="mean", conflicts=""):
    fact = {"fact_id": "A", "chapter": "c", "label": "l", "unit": unit, "printed": printed}
    fact |= {"table": "t", "note": "", "conflicts_with": conflicts}
    return compare(pd.DataFrame([fact]), {"A": value})["verdict"].item()


UNITS = {"mean": 4, "sd": 5, "t": 3, "df": 3, "p": 3, "F": 3, "%": 1, "years": 4}
NUMBERS = st.decimals("-500", "500", places=6)


@given(NUMBERS, st.integers(0, 3), st.sampled_from(sorted(UNITS)))
def test_what_is_rounded_half_up_matches(value, places, unit):
    printed = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert verdict(float(value), f"{printed:f}", unit) == "match"


@given(NUMBERS, st.integers(0, 3), st.sampled_from(sorted(UNITS)))
def test_what_is_cut_off_is_truncated_unless_rounding_gives_the_same(value, places, unit):
    shown = UNITS[unit]
    assume(places <= shown)
    displayed = value.quantize(Decimal(1).scaleb(-shown), ROUND_HALF_UP)
    printed = displayed.quantize(Decimal(1).scaleb(-places), ROUND_DOWN)
    same = printed == value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert verdict(float(value), f"{printed:f}", unit) == ("match" if same else "truncated")


@given(
    NUMBERS,
    st.integers(0, 3),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from([2, -2]),
    st.booleans(),
)
def test_another_last_digit_differs(value, places, unit, off, has_conflict):
    assume(places <= UNITS[unit])
    step = Decimal(1).scaleb(-places)
    printed = value.quantize(step, ROUND_HALF_UP) + off * step
    found = verdict(float(value), f"{printed:f}", unit, "B" if has_conflict else "")
    assert found == ("inconsistent" if has_conflict else "differs")


@pytest.mark.parametrize(
    ("value", "printed", "expected"),
    [
        (25.0, ">=25", "match"),
        (38.9, ">=25", "match"),
        (24.9, ">=25", "differs"),
        (10.0, "<=10", "match"),
        (10.1, "<=10", "differs"),
        ("a > b", "a > b", "match"),
        ("b > a", "a > b", "differs"),
        ("nobody", "33 y, 7 y", "differs"),
        (23.0, "", "not recoverable"),
        (float("nan"), "2.5", "differs"),  # no rows fit the recipe
        (2.7, "2.6", "differs"),
        (2.69, "2.6", "truncated"),
        (-2.126, "-2.12", "truncated"),
        (2.126, "-2.12", "differs"),
    ],
)
def test_verdicts(value, printed, expected):
    assert verdict(value, printed) == expected


@pytest.mark.parametrize(
    ("value", "printed", "unit", "expected"),
    [
        (71.58, "71.5", "%", "differs"),  # SPSS shows 71.6
        (66.8, "66", "%", "truncated"),
        (6.6096, "6.60", "F", "differs"),  # SPSS shows 6.610
        (6.6094, "6.60", "F", "truncated"),
        (12.3296, "12.32", "years", "truncated"),
    ],
)
def test_digits_are_dropped_from_what_spss_shows(value, printed, unit, expected):
    assert verdict(value, printed, unit) == expected


# Verdicts follow the data


@pytest.fixture
def changed_facts(study, computed, board):
    """Return a function that gives the facts, and the verdicts, that other tables change."""

    def change(**frames):
        after = compute(dataclasses.replace(study, **frames))
        values = {name for name in computed if computed[name] != after[name]}
        new = compare(study.facts, after)
        moved = new["verdict"] != board["verdict"]
        return values, new[moved].set_index("fact_id")["verdict"].to_dict()

    return change


def test_one_other_opinion(study, changed_facts):
    people = study.participants.copy()
    defined = study.remarks.loc[study.remarks["remark"].isin(["clinical", "broad"])]
    silent = ~people["participant_id"].isin(defined["participant_id"])
    person = people.index[people["recovery_opinion"].eq("depends") & silent][0]
    people.loc[person, "recovery_opinion"] = "possible"
    values, verdicts = changed_facts(participants=people)
    assert values == {"R1", "R2", "H1.depends"}
    assert verdicts == {"R1": "differs", "R2": "differs"}


def test_one_person_less(study, changed_facts):
    people = study.participants
    woman = people.index[people["sex"].eq("woman") & people["patient_contact"]][-1]
    _, verdicts = changed_facts(participants=people.drop(woman))
    assert {"P1", "P5", "X1"} <= set(verdicts)
    assert verdicts["P1"] == verdicts["X1"] == "differs"


def test_one_code_less(study, changed_facts):
    codings = study.codings
    is_theme = codings["theme"].eq("family_support") & codings["coder"].eq("consensus")
    person = codings.loc[is_theme, "participant_id"].iloc[0]
    dropped = codings[is_theme & codings["participant_id"].eq(person)].index
    values, verdicts = changed_facts(codings=codings.drop(dropped))
    assert values == {"R8", "W6.es", "W6.en"}  # now as many as name the support network
    assert verdicts == {"R8": "differs"}


def test_one_other_answer_to_an_item(study, changed_facts):
    omi = study.omi.copy()
    man = omi.index[omi["sex"].eq("man") & omi["item_01"].lt(3)][0]
    omi.loc[man, "item_01"] += 2
    values, verdicts = changed_facts(omi=omi)
    assert {"T1.mean_men", "T1.sd_men", "T1.t", "T1.p"} <= values
    assert not {name for name in values if name[:2] in ("T2", "T3", "T4")}
    assert verdicts["T1.mean_men"] == "differs"


# Recipes, on tables small enough for the head


PEOPLE = pd.DataFrame(
    {
        "participant_id": ["P1", "P1", "P2", "P3", "P4"],
        "theme": ["rest", "rest", "rest", "work", "work"],
        "age": [30, 30, 41, 25, 60],
        "years_experience": [5, 5, 10, 2, 30],
        "item_01": [0, 0, 5, 5, 3],
        "item_02": [0, 1, 1, 1, 1],
        "score": pd.array([None] * 5, dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({"statistic": "count"}, 5),
        ({"statistic": "count", "where": "age > 30"}, 2),
        ({"statistic": "people"}, 4),
        ({"statistic": "people", "where": "theme == 'rest'"}, 2),
        ({"statistic": "percent", "where": "theme == 'rest'"}, 50),
        ({"statistic": "percent", "where": "theme == 'rest'", "base": "age < 50"}, 200 / 3),
        ({"statistic": "percent", "where": "age > 50", "base": "age > 99"}, float("nan")),
        ({"statistic": "mean", "column": "age"}, 37.2),
        ({"statistic": "mean", "column": "age", "where": "theme == 'work'"}, 42.5),
        ({"statistic": "min", "column": "age", "where": "theme == 'rest'"}, 30),
        ({"statistic": "max", "column": "age"}, 60),
        ({"statistic": "mean", "column": "score"}, float("nan")),
        ({"statistic": "levels", "column": "item_"}, 4),
        ({"statistic": "value", "column": "age", "where": "participant_id == 'P3'"}, 25),
        ({"statistic": "value", "column": "theme", "where": "age == max(age)"}, "work"),
        ({"statistic": "person", "where": "age == 41"}, "41 y, 10 y"),
        ({"statistic": "person", "where": "theme == 'work'"}, "25 y, 2 y; 60 y, 30 y"),
        ({"statistic": "person", "where": "age == 99"}, "nobody"),
        (
            {"statistic": "ranking", "column": "theme", "where": "age > 29", "printed": "a > b"},
            "rest > work",
        ),
        # Of the ten pairs of rows the doubled one is tied in both columns, the others are in order.
        ({"statistic": "kendall", "column": "age years_experience"}, 1),
        # Of the three pairs among P2 to P4, two are not in order and one is tied in item_01.
        ({"statistic": "kendall", "column": "age item_01", "where": "age != 30"}, -2 / 6**0.5),
        (
            {"statistic": "ranking", "column": "theme", "where": "age > 30", "printed": "a > b"},
            None,
        ),
    ],
)
def test_recipe_by_hand(recipe, expected):
    fact = pd.Series({"where": "", "base": "", "column": "", "printed": "1"} | recipe)
    found = STATISTICS[fact["statistic"]](fact, PEOPLE)
    if expected is None:  # two values with one person each: neither comes before the other
        assert found in ("rest = work", "work = rest")
    else:
        assert found == (
            expected if isinstance(expected, str) else pytest.approx(expected, nan_ok=True)
        )


def test_p_of_a_printed_f():
    # An F with 1 and d degrees of freedom is the square of a t with d; 3.9201 is 1.9799 squared,
    # the two-sided 5% point of t with 120 (Pearson and Hartley 1954, table 12).
    printed = pd.DataFrame({"fact_id": ["F", "d"], "printed": ["3.9201", "120"]})
    fact = pd.Series({"column": "F", "where": "d"})
    assert STATISTICS["p_of_f"](fact, printed) == pytest.approx(0.05, abs=1e-5)


def test_a_study_of_four_people(tiny):
    study = load_study(tiny)
    board = compare(study.facts, compute(study)).set_index("fact_id")
    assert board["verdict"].to_dict() == {
        "N": "match",
        "W": "inconsistent",
        "C": "not recoverable",
    }
    assert board.loc["W", "computed"] == 50


def test_every_recipe_that_cannot_be_carried_out_is_named(write_tiny, tmp_path):
    facts = TINY["published/facts.csv"].replace("sex == 'woman'", "sexx == 'woman'")
    facts += "A,one,Age,43,years,4,Methods,reported,,participants,mean,agee,,,\n"
    facts += 'B,one,People,about 4,people,,Methods,reported,"It has\ntwo lines.",'
    facts += "participants,count,,,,\n"
    for fact, where in [("P", "sex =="), ("Q", "(sex"), ("R", "lambda: 1"), ("S", "age")]:
        facts += f"{fact},one,Age,43,years,4,Methods,reported,,participants,mean,age,{where},,\n"
    facts += "T,one,Levels,6,points,,Methods,reported,,omi,levels,item_(,,,\n"
    folder = write_tiny(tmp_path / "tiny", {"published/facts.csv": facts}.items())
    with pytest.raises(StudyError) as caught:
        compute(load_study(folder))
    found = [(p.file, p.line, p.column, p.value) for p in caught.value.problems]
    assert found == [
        ("published/facts.csv", *place)
        for place in [
            (3, "where", "sexx == 'woman'"),
            (5, "column", "agee"),
            (6, "printed", "about 4"),
            (8, "where", "sex =="),
            (9, "where", "(sex"),
            (10, "where", "lambda: 1"),
            (11, "where", "age"),
            (12, "column", "item_("),
        ]
    ]
    advice = [problem.advice for problem in caught.value.problems]
    assert advice[0].startswith("at character 1: 'sexx' is no column; use one of participant_id, ")
    assert advice[1].startswith("is no column of numbers; use one of age, years_experience")
    assert advice[2].endswith("'about 4' is not a printed number")


def three_jobs(folder):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace('group = "sex"', 'group = "job_title"')
    jobs = ", ".join(f'{job} = "{job}s"' for job in ["nurse", "psychologist", "psychiatrist"])
    path.write_text(text.replace('woman = "women", man = "men"', jobs), encoding="utf-8")


def one_coder(folder):
    path = folder / "study" / "codings.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("family,en,c1", "treatment,en,consensus")
    )


def without(folder, table):
    """Take the table of study.toml with this name out."""
    path = folder / "study.toml"
    before, _, after = path.read_text(encoding="utf-8").partition(f"[{table}]\n")
    path.write_text(before + after[after.index("\n[") + 1 :], encoding="utf-8")


@pytest.mark.parametrize(
    ("table", "change", "advice"),
    [
        ("comparisons", lambda folder: without(folder, "compare"), "needs [compare] in study.toml"),
        ("pairs", lambda folder: without(folder, "scale"), "needs [scale] in study.toml"),
        ("moments", lambda folder: without(folder, "scale"), "needs [scale] in study.toml"),
        ("scale", lambda folder: without(folder, "scale"), "needs [scale] in study.toml"),
        ("agreement", lambda folder: lacks(folder, "codings"), "needs the table codings"),
        ("agreement", one_coder, "needs the codings of two people"),
        ("key_terms", lambda folder: lacks(folder, "vocabulary"), "needs the table vocabulary"),
        (
            "gender_tests",
            three_jobs,
            "compares two groups; [compare] labels in study.toml names 3",
        ),
    ],
)
def test_what_a_made_table_needs_is_told(write_tiny, tmp_path, table, change, advice):
    folder = write_tiny(tmp_path / "tiny", with_fact(table, "count").items())
    change(folder)
    with pytest.raises(StudyError) as caught:
        compute(load_study(folder))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.value) == (2, "table", table)
    assert problem.advice.startswith(advice)


def with_fact(table, statistic, column=""):
    head = TINY["published/facts.csv"].partition("\nN,")[0]
    row = f"A,one,Age,43,years,4,Methods,reported,,{table},{statistic},{column},,,\n"
    return {"published/facts.csv": f"{head}\n{row}"}


def lacks(folder, table):
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"] = [r for r in package["resources"] if r["name"] != table]
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


def test_agreement_is_that_on_questions_which_two_coded(write_tiny, tmp_path):
    folder = write_tiny(tmp_path / "tiny", with_fact("agreement", "count").items())
    assert compute(load_study(folder)) == {"A": 3}  # two themes of recovery, and all


def test_items_without_a_direction_are_compared(write_tiny, tmp_path):
    folder = write_tiny(tmp_path / "tiny", with_fact("gender_tests", "count").items())
    study = load_study(folder)
    items = study.omi_items.drop(columns="direction")
    assert compute(dataclasses.replace(study, omi_items=items)) == {"A": 2}


def test_a_number_that_overflows_is_told(write_tiny, tmp_path):
    folder = write_tiny(tmp_path / "tiny", with_fact("participants", "max", "age").items())
    study = load_study(folder)
    people = study.participants.assign(age=float("inf"))
    with pytest.raises(StudyError, match="A cannot be told from the records"):
        compute(dataclasses.replace(study, participants=people))


def test_statistics_need_no_list_in_the_package(write_tiny, tmp_path):
    facts = TINY["published/facts.csv"]
    facts += "A,one,Age,43,years,4,Methods,reported,,participants,average,age,,,\n"
    folder = write_tiny(tmp_path / "tiny", {"published/facts.csv": facts}.items())
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    fields = next(r["schema"]["fields"] for r in package["resources"] if r["name"] == "facts")
    next(field for field in fields if field["name"] == "statistic").pop("constraints")
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        compute(load_study(folder))
    (problem,) = caught.value.problems  # and not of C, which has none
    assert (problem.line, problem.column, problem.value) == (5, "statistic", "average")
    assert problem.advice.startswith("is not known; use one of count, people, percent, mean")
