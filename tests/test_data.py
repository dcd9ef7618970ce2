"""The published tables, counted with nothing of ours: no helper is imported here."""

import csv
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from scipy import stats

DATA = Path(__file__).parents[1] / "data"


def read(path):
    with (DATA / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PEOPLE, OMI = read("study/participants.csv"), read("study/omi.csv")
RESPONSES, CODINGS = read("study/responses.csv"), read("study/codings.csv")
CODEBOOK, ITEMS = read("published/codebook.csv"), read("published/omi_items.csv")
FACTS = {row["fact_id"]: row for row in read("published/facts.csv")}
LANGUAGES = ("es", "en")
REMARKS = read("study/remarks.csv")
CONSENSUS = [r for r in CODINGS if r["coder"] == "consensus" and r["language"] == "es"]
TEXTS = {
    language: {
        (row["participant_id"], row["question"]): row["text"]
        for row in RESPONSES
        if row["language"] == language
    }
    for language in LANGUAGES
}
ANSWERED = set(TEXTS["es"])


def printed(fact_id):
    return FACTS[fact_id]["printed"]


# The program that makes them


def test_the_program_writes_the_same_bytes_again(tmp_path):
    folders = []
    for seed in ["1", "2"]:
        folder = shutil.copytree(DATA, tmp_path / seed)
        for table in (folder / "study").iterdir():
            table.unlink()
        command = [sys.executable, "-W", "error", str(folder / "make_study.py")]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        folders.append((folder, subprocess.Popen(command, cwd=tmp_path, env=environment)))
    for folder, process in folders:
        assert process.wait(timeout=120) == 0
        assert tables(folder) == tables(DATA)


@pytest.fixture
def old(copy):
    """A copy of the data whose tables are other ones, and the bytes of these."""
    for table in (copy / "study").iterdir():
        table.write_text("old\n")
    return copy, tables(copy)


def tables(folder):
    return {path.name: path.read_bytes() for path in (folder / "study").iterdir()}


def test_where_the_tables_cannot_be_written_the_old_ones_stay(old):
    folder, before = old
    # No file may grow beyond a few KB, which fails as a full disk does; coverage's would.
    command = f'unset COVERAGE_PROCESS_CONFIG; ulimit -f 16\nexec "{sys.executable}" make_study.py'
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Not all tables were written; run make data again: ")
    assert done.stderr.count("\n") == 1
    assert tables(folder) == before


def test_if_the_program_is_killed_while_writing_the_old_tables_stay(old):
    folder, before = old
    process = subprocess.Popen([sys.executable, "make_study.py"], cwd=folder)
    while not (folder / "unfinished").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert tables(folder) == before
    assert subprocess.run([sys.executable, "make_study.py"], cwd=folder).returncode == 0
    assert tables(folder) == tables(DATA)
    assert not (folder / "unfinished").exists()


def test_frictionless_finds_the_package_valid():
    import frictionless

    with frictionless.system.use_context(trusted=True):
        report = frictionless.validate(str(DATA / "datapackage.json"))
    assert report.valid
    assert report.stats["tasks"] == 9


# Demographics


def percentages(column, value):
    return Decimal(100 * sum(row[column] == value for row in PEOPLE)) / len(PEOPLE)


@pytest.mark.parametrize(
    ("fact_id", "column", "value"),
    [
        ("P5", "sex", "woman"),
        ("P6", "job_title", "psychiatrist"),
        ("P7", "job_title", "psychologist"),
        ("P8", "job_title", "social_worker"),
        ("P9", "job_title", "nurse"),
        ("P10", "job_title", "other"),
        ("P14", "work_setting", "both"),
        ("P15", "work_setting", "private"),
        ("P16", "continuing_education", "true"),
        ("P17", "close_person_diagnosed", "true"),
        ("P18", "own_diagnosis", "true"),
        ("P19", "sought_treatment", "true"),
    ],
)
def test_percentages_of_everybody(fact_id, column, value):
    digits = Decimal(printed(fact_id))
    assert percentages(column, value).quantize(digits, ROUND_HALF_UP) == digits


def test_work_setting_leaves_68_in_public_institutions():
    settings = Counter(row["work_setting"] for row in PEOPLE)
    assert settings == {"public": 68, "both": 23, "private": 4}


@pytest.mark.parametrize(
    ("column", "mean", "least", "most"),
    [("age", "P4", "P3.min", "P3.max"), ("years_experience", "P12", "P11.min", "P11.max")],
)
def test_ages_and_years_have_the_printed_mean_and_range(column, mean, least, most):
    values = [int(row[column]) for row in PEOPLE]
    exact = Decimal(sum(values)) / len(values)
    assert str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP)) == printed(mean)
    assert (min(values), max(values)) == (int(printed(least)), int(printed(most)))


def test_ages_and_years_have_believable_shapes():
    ages = [int(row["age"]) for row in PEOPLE]
    years = [int(row["years_experience"]) for row in PEOPLE]
    began = [age - year for age, year in zip(ages, years, strict=True)]
    assert min(began) >= 18
    assert 0.6 < stats.spearmanr(ages, years).statistic < 0.95
    for values in (ages, years, began):
        # No spikes: no value is had by more than a sixth of the people, and the values at the ends
        # by no more than those inside are on average.
        counts = Counter(values)
        inner = [n for value, n in counts.items() if value not in (min(values), max(values))]
        assert max(counts.values()) <= len(PEOPLE) / 6
        assert counts[min(values)] <= statistics.mean(inner)
        assert counts[max(values)] <= statistics.mean(inner)
    # More than one in five ends in 0 or 5, as people round what they report.
    for values in (ages, years):
        assert 0.25 < statistics.mean(value % 5 == 0 for value in values) < 0.4
    # Neither flat nor cut off: right-skewed, as ages and years in a job are.
    assert 0 < stats.skew(ages) < 1.5
    assert 0 < stats.skew(years) < 1.5


def test_six_people_without_contact_were_asked_nothing():
    without = [row for row in PEOPLE if row["patient_contact"] == "false"]
    assert len(PEOPLE) == int(printed("P1"))
    assert len(without) == int(printed("P2"))
    for row in PEOPLE:
        given = row["recovery_opinion"] != "" and row["recovery_as_cure"] != ""
        assert given == (row not in without)
        assert ((row["participant_id"], "recovery") in ANSWERED) == given
    assert not {row["participant_id"] for row in without} & {person for person, _ in ANSWERED}


def test_opinions():
    opinions = Counter(row["recovery_opinion"] for row in PEOPLE if row["recovery_opinion"])
    counts = {"depends": "R1", "possible": "R2", "not_possible": "R3"}
    assert opinions == {opinion: int(printed(fact)) for opinion, fact in counts.items()}
    cure = [row["recovery_opinion"] for row in PEOPLE if row["recovery_as_cure"] == "true"]
    assert cure == ["not_possible"] * int(printed("R4"))


def test_who_sought_treatment_has_a_diagnosis():
    assert all(
        row["own_diagnosis"] == "true" for row in PEOPLE if row["sought_treatment"] == "true"
    )


# Quoted people


@pytest.mark.parametrize(
    ("fact_id", "person", "question", "themes"),
    [
        ("Q1", {"sex": "man", "job_title": "psychiatrist"}, "recovery", set()),
        ("Q2", {"sex": "woman", "job_title": "nurse"}, "recovery", {"treatment_adherence"}),
        (
            "Q3",
            {"sex": "woman", "job_title": "psychologist"},
            "recovery",
            {"individual_characteristics", "treatment_adherence"},
        ),
        ("Q4", {"sex": "man", "job_title": "psychologist"}, "recovery", {"other"}),
        ("Q5", {"sex": "man", "job_title": "nurse"}, "recovery", {"other"}),
        ("Q6", {"job_title": "psychiatrist"}, "relapse", set()),
        (
            "Q7",
            {"job_title": "social_worker", "close_person_diagnosed": "true"},
            "relapse",
            set(),
        ),
    ],
)
def test_quoted_people_are_there_with_their_themes(fact_id, person, question, themes):
    age, years = (part.split()[0] for part in printed(fact_id).split(", "))
    person |= {"age": age, "years_experience": years}
    (row,) = [row for row in PEOPLE if person.items() <= row.items()]
    key = row["participant_id"], question
    assert key in ANSWERED
    assert themes <= {
        code["theme"] for code in CONSENSUS if (code["participant_id"], code["question"]) == key
    }


# Attitude items


def answers(item):
    return [[int(row[item]) for row in OMI if row["sex"] == sex] for sex in ("woman", "man")]


def test_the_attitude_file_has_a_split_of_its_own():
    sexes = {row["participant_id"]: row["sex"] for row in PEOPLE}
    assert [row["participant_id"] for row in OMI] == list(sexes)
    assert Counter(row["sex"] for row in OMI) == {"woman": 60, "man": 35}
    assert sum(row["sex"] != sexes[row["participant_id"]] for row in OMI) == 1


def test_answers_are_whole_numbers_from_0_to_5():
    cells = {row[f"item_{i:02d}"] for row in OMI for i in range(1, 12)}
    assert cells == set("012345")


def chosen_test(women, men):
    """Return Student's test, or Welch's if Levene's (mean-centred) says that SDs differ."""
    equal = stats.levene(women, men, center="mean").pvalue > 0.05
    return stats.ttest_ind(women, men, equal_var=equal), equal


@pytest.mark.parametrize("item", [row for row in ITEMS if row["t"]], ids=lambda row: row["item"])
def test_printed_items_to_the_last_digit(item):
    women, men = answers(item["item"])
    test, equal = chosen_test(women, men)
    computed = {"t": (test.statistic, 3), "df": (test.df, 3)}
    for group, values in {"women": women, "men": men}.items():
        computed[f"mean_{group}"] = statistics.mean(values), 4
        computed[f"sd_{group}"] = statistics.stdev(values), 5
    for name, (value, shown) in computed.items():
        displayed = Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-shown), ROUND_HALF_UP)
        assert displayed.quantize(Decimal(item[name]), ROUND_DOWN) == Decimal(item[name]), name
    assert equal == (item["df"] == "93")


def test_five_of_eleven_items_differ():
    significant = [
        row["item"] for row in ITEMS if chosen_test(*answers(row["item"]))[0].pvalue < 0.05
    ]
    assert len(ITEMS) == int(printed("M10")) == 11
    assert len(significant) == int(printed("T0"))
    assert significant[:4] == [row["item"] for row in ITEMS if row["t"]]


def test_what_both_sexes_score_highest_is_unfavourable():
    for group in (0, 1):
        highest = max(ITEMS, key=lambda row: statistics.mean(answers(row["item"])[group]))
        assert highest["direction"] == "unfavourable"


# Answers and codes


def test_people_per_theme_are_the_codebook_s():
    named = defaultdict(set)
    for row in CONSENSUS:
        named[row["question"], row["theme"]].add(row["participant_id"])
    counts = {key: len(people) for key, people in named.items()}
    assert counts == {(r["question"], r["theme"]): int(r["target_count"]) for r in CODEBOOK}


def test_the_codebook_follows_what_is_printed():
    targets = {(row["question"], row["theme"]): row["target_count"] for row in CODEBOOK}
    facts = {
        "R6": "treatment_adherence",
        "R7": "diagnosis_type",
        "R8": "family_support",
        "R10": "support_network",
        "R11": "treatment_effectiveness",
        "R12": "other",
    }
    assert all(targets["recovery", theme] == printed(fact) for fact, theme in facts.items())
    assert targets["relapse", "lack_of_social_support"] == printed("L6")
    for row in CODEBOOK:
        assert (row["status"] == "assumed") == (row["printed_count"] == "")
        assert row["printed_count"] in ("", row["target_count"])
    questions = Counter(row["question"] for row in CODEBOOK if row["language"] == "en")
    assert questions == {"recovery": int(printed("R5")), "relapse": int(printed("L3"))}


def test_relapse_themes_are_in_the_printed_order():
    targets = {
        row["theme"]: int(row["target_count"]) for row in CODEBOOK if row["question"] == "relapse"
    }
    leading = printed("L4").split(" > ")
    counts = [targets.pop(theme) for theme in leading]
    assert counts == sorted(set(counts), reverse=True)
    # "Below a quarter" of the people who answered, for every other one.
    assert max(targets.values()) < int(printed("L1")) / 4 < min(counts)


def test_what_is_not_printed_is_called_assumed():
    for row in ITEMS:
        assert (row["status"] == "assumed") == (row["t"] == "")
    for fact in FACTS.values():
        assert fact["printed"] or fact["status"] == "assumed"


def test_how_many_answered():
    questions = Counter(question for _, question in ANSWERED)
    assert questions["relapse"] == int(printed("L1"))
    assert questions["recovery"] - questions["relapse"] == int(printed("L2"))


def test_every_answer_is_there_in_both_languages():
    assert set(TEXTS["en"]) == ANSWERED
    assert sum(map(len, TEXTS.values())) == len(RESPONSES)


def test_the_codebook_counts_alike_in_both_languages():
    numbers = ["question", "theme", "printed_count", "target_count", "status", "counterpart"]
    spanish, english = (
        [[row[column] for column in numbers] for row in CODEBOOK if row["language"] == language]
        for language in LANGUAGES
    )
    assert spanish == english


def test_both_languages_are_coded_alike():
    """The same themes by the same coders, stretch by stretch."""
    spanish, english = (
        [
            [row["participant_id"], row["question"], row["theme"], row["coder"]]
            for row in sorted(
                (row for row in CODINGS if row["language"] == language),
                key=lambda r: (r["participant_id"], r["question"], r["coder"], int(r["start"])),
            )
        ]
        for language in LANGUAGES
    )
    assert sorted(spanish) == sorted(english)
    differing = sum(a != b for a, b in zip(spanish, english, strict=True))
    # Themes of one stretch may change places, since only their ends are ordered.
    assert differing < 0.02 * len(spanish)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_twice(language):
    sentences = Counter(
        sentence.lower().strip(" .,;:")
        for text in TEXTS[language].values()
        for sentence in re.split(r"(?<=[.!?…;:])\s+", text)
    )
    assert [said for said, n in sentences.items() if n > 1 and len(said.split()) > 3] == []
    openings = Counter(" ".join(text.split()[:5]) for text in TEXTS[language].values())
    assert max(openings.values()) <= 2


def test_answers_are_as_long_as_speech():
    lengths = sorted(len(text.split()) for text in TEXTS["es"].values())
    assert lengths[0] >= 15
    assert lengths[-1] <= 140
    assert sum(40 <= n <= 90 for n in lengths) > len(lengths) / 2
    assert statistics.stdev(lengths) > 20


def test_remarks_are_on_people_who_answered():
    assert {(row["participant_id"], row["question"]) for row in REMARKS} <= ANSWERED
    stories = [row for row in REMARKS if row["remark"] == "story"]
    assert 0 < len(stories) <= len(ANSWERED) / 3


def test_those_who_say_no_speak_of_cure():
    words = {"es": r"\b(cura|alivi|san[oa]|control)", "en": r"\b(cur|heal|well\b|control)"}
    for row in PEOPLE:
        if row["recovery_opinion"] == "not_possible":
            for language, pattern in words.items():
                assert re.search(pattern, TEXTS[language][row["participant_id"], "recovery"], re.I)


def test_schizophrenia_and_addiction_are_spoken_of_as_remarked():
    named = {
        "schizophrenia": r"esquizofr",
        "addiction": r"adicci|alcohol|drog|consum|beb|activo|toxic|sustancia",
    }
    for row in REMARKS:
        for subject, pattern in named.items():
            if row["remark"].startswith(subject):
                assert re.search(pattern, TEXTS["es"][row["participant_id"], row["question"]], re.I)
    grim_or_not = {r["participant_id"] for r in REMARKS if r["remark"].startswith("schizophrenia")}
    speak = {p for (p, q), text in TEXTS["es"].items() if q == "recovery" and "squizofr" in text}
    assert speak == grim_or_not


def stretches(language="es"):
    """Return the themes of each consensus stretch."""
    themes = defaultdict(set)
    for row in CODINGS:
        if row["coder"] == "consensus" and row["language"] == language:
            key = row["participant_id"], row["question"]
            span = TEXTS[language][key][int(row["start"]) : int(row["end"])]
            themes[*key, row["start"], span].add(row["theme"])
    return themes


@pytest.mark.parametrize("language", LANGUAGES)
def test_stretches_are_words_of_their_own(language):
    words = Counter(span.lower() for *_, span in stretches(language))
    assert max(words.values()) <= 3
    assert all(span == span.strip() and span for span in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_themes_named_often_come_in_many_words(language):
    words = defaultdict(set)
    for (_, question, _, span), themes in stretches(language).items():
        for theme in themes:
            words[question, theme].add(span.lower())
    frequent = [
        row for row in CODEBOOK if int(row["target_count"]) >= 30 and row["language"] == language
    ]
    assert len(frequent) == 7
    assert all(len(words[row["question"], row["theme"]]) >= 25 for row in frequent)


def test_some_answers_and_stretches_carry_several_themes():
    of_answer = defaultdict(set)
    for (person, question, *_), themes in stretches().items():
        of_answer[person, question] |= themes
    assert sum(len(themes) >= 4 for themes in of_answer.values()) >= 5
    assert sum(len(themes) == 2 for themes in stretches().values()) >= 5
    assert sum(len(themes) == 1 for themes in of_answer.values()) >= 5


def test_the_coders_read_the_same_answers_differently():
    codes = defaultdict(set)
    for row in CODINGS:
        codes[row["coder"]].add((row["participant_id"], row["question"], row["theme"]))
    assert set(codes) == {"consensus", "c1", "c2", "c3"}
    for coder in ("c1", "c2", "c3"):
        shared = len(codes[coder] & codes["consensus"]) / len(codes["consensus"])
        assert 0.6 < shared < 1
