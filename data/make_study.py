"""Write the synthetic records of data/study/, from which every number the paper prints comes out.

Nothing here describes a real person. What the paper prints is read from data/published/; what it
does not print is assumed, and stands at the head of this file. The same seed gives the same bytes.

Run it with `make data`.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from markup import MarkupError, read_answers, simulate_coders
from scipy import stats

from audit import ALPHA, answer_pairs, compare, counted, exact_tests
from audit.printed import reads_as

DATA = Path(__file__).parent
SEED = 1055

# Assumed: nobody begins work in the field before this age; training takes longer in some jobs.
FIRST_AGE = {"psychiatrist": 25, "psychologist": 21, "social_worker": 21, "nurse": 18, "other": 18}
# Assumed: the odds of being a man, and of working in private institutions too, in each job.
MAN = {"psychiatrist": 3, "psychologist": 1, "social_worker": 0.5, "nurse": 0.7, "other": 1.5}
PRIVATE = {"psychiatrist": 3, "psychologist": 3, "social_worker": 0.5, "nurse": 0.7, "other": 0.2}
EVEN = dict.fromkeys(FIRST_AGE, 1)

# The people whose words the paper quotes: facts Q1 to Q7, and four given by job alone. What it
# does not say of them is assumed: the sex of some, and every opinion that their words leave open.
QUOTED = [
    ("man", "psychiatrist", 33, 7, "depends"),
    ("woman", "nurse", 38, 14, "depends"),
    ("woman", "psychologist", 33, 7, "depends"),
    ("man", "psychologist", 54, 20, "depends"),
    ("man", "nurse", 35, 10, "depends"),
    ("woman", "psychiatrist", 49, 21, "depends"),
    ("woman", "social_worker", 45, 10, "possible"),
    ("woman", "social_worker", 52, 24, "not_possible"),
    ("man", "psychologist", 41, 15, "not_possible"),
    ("woman", "psychiatrist", 44, 16, "depends"),
    ("woman", "psychologist", 36, 9, "depends"),
]
ILL_MOTHER = 6  # of these, the one who grew up with a mother who was ill

# Assumed: the share of people who round their age to the nearest five, and of those who round their
# years in the field if these are many; not those whose answers name their years.
ROUNDED = {"age": 0.15, "years_experience": 0.3}
ROUNDED_FROM = 8  # years
NAME_THEIR_YEARS = ["P15", "P33", "P47", "P73"]

# Assumed: how often each answer, 0 to 5, is given to an item of which the paper prints nothing, by
# women and by men. One of these items is the fifth that differs; the others do not.
UNPRINTED_ITEMS = {
    "item_05": ([0.14, 0.13, 0.16, 0.18, 0.20, 0.19], [0.20, 0.17, 0.17, 0.17, 0.16, 0.13]),
    "item_06": ([0.13, 0.12, 0.17, 0.20, 0.20, 0.18],) * 2,
    "item_07": ([0.06, 0.09, 0.19, 0.26, 0.24, 0.16],) * 2,
    "item_08": ([0.02, 0.03, 0.05, 0.14, 0.31, 0.45],) * 2,
    "item_09": ([0.03, 0.04, 0.06, 0.15, 0.30, 0.42],) * 2,
    "item_10": ([0.30, 0.20, 0.16, 0.13, 0.12, 0.09],) * 2,
    "item_11": ([0.05, 0.08, 0.18, 0.27, 0.25, 0.17],) * 2,
}
DIFFERING_ITEM = "item_05"
LOADING = 0.55  # assumed: how closely an answer follows the person's general attitude
ANSWERS = np.arange(6)
# Inferred, not printed: the one split of the sample that lets all printed t tests be true.
GROUPS = {"woman": 60, "man": 35}


def main() -> None:
    """Make every table before any is written."""
    facts = pd.read_csv(DATA / "published/facts.csv", dtype=str, keep_default_na=False)
    items = pd.read_csv(DATA / "published/omi_items.csv", dtype=str, keep_default_na=False)
    rng = np.random.default_rng(SEED)
    participants = make_participants(facts.set_index("fact_id")["printed"], rng)
    omi = make_attitudes(participants, items.set_index("item"), rng)
    tables = {"participants": participants, "omi": omi} | make_answers(participants, rng)
    write(tables, DATA / "study")


# Answers


def make_answers(participants: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the written answers, their codings by consensus and three coders, and the remarks."""
    codebook = pd.read_csv(DATA / "published/codebook.csv")
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    fields = {
        (table["name"], field["name"]): field.get("constraints", {}).get("enum")
        for table in package["resources"]
        for field in table["schema"]["fields"]
    }
    files = {
        question: {
            language: DATA / f"answers/{question}.{language}.md"
            for language in fields["responses", "language"]
        }
        for question in codebook["question"].unique()
    }
    asked = participants.loc[participants["patient_contact"], "participant_id"].tolist()
    responses, consensus, remarks = read_answers(
        files, asked, codebook, fields["remarks", "remark"]
    )
    codings = pd.concat([consensus, simulate_coders(responses, consensus, rng)])
    return {"responses": responses, "codings": codings, "remarks": remarks}


# Participants


def make_participants(printed: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row a person: the printed margins exactly, everything else drawn."""
    n = int(printed["P1"])

    def out_of_n(fact: str) -> int:
        return round(float(printed[fact]) * n / 100)

    jobs = dict(zip(FIRST_AGE, map(out_of_n, ["P6", "P7", "P8", "P9", "P10"]), strict=True))
    people = place_quoted(jobs)
    free = people["sex"].isna()

    men = n - out_of_n("P5") - people["sex"].eq("man").sum()
    people.loc[pick(people[free], men, MAN, rng), "sex"] = "man"
    people["sex"] = people["sex"].fillna("woman")

    # The paper counts clerical staff and pharmacy technicians among the other jobs; that the people
    # without extended contact with patients are among these is assumed.
    clerical = people[free & people["job_title"].eq("other")]
    people["patient_contact"] = ~people.index.isin(pick(clerical, int(printed["P2"]), EVEN, rng))
    asked = people["patient_contact"]

    opinions = {"depends": "R1", "possible": "R2", "not_possible": "R3"}
    given = people["recovery_opinion"].value_counts()
    left = [int(printed[fact]) - given[opinion] for opinion, fact in opinions.items()]
    people.loc[free & asked, "recovery_opinion"] = rng.permutation(np.repeat(list(opinions), left))
    people["recovery_as_cure"] = people["recovery_opinion"].eq("not_possible").where(asked)

    draw_ages_and_years(people, printed, rng)

    both, private = out_of_n("P14"), out_of_n("P15")
    people["work_setting"] = "public"
    not_only_public = pick(people, both + private, PRIVATE, rng)
    people.loc[not_only_public, "work_setting"] = np.repeat(["both", "private"], [both, private])

    courses = pick(people, out_of_n("P16"), EVEN, rng)
    close = pick(people.drop(ILL_MOTHER), out_of_n("P17") - 1, EVEN, rng)
    diagnosed = pick(people, out_of_n("P18"), EVEN, rng)
    treated = pick(people.loc[diagnosed], out_of_n("P19"), EVEN, rng)
    people["continuing_education"] = people.index.isin(courses)
    people["close_person_diagnosed"] = people.index.isin([ILL_MOTHER, *close])
    people["own_diagnosis"] = people.index.isin(diagnosed)
    people["sought_treatment"] = people.index.isin(treated)

    people = people.sample(frac=1, random_state=rng)
    people.insert(0, "participant_id", [f"P{i:02d}" for i in range(1, n + 1)])
    # Draws of its own, so that all others stay as they are whatever is rounded.
    round_to_fives(people, printed, np.random.default_rng(SEED + 1))
    order = ["participant_id", "sex", "age", "job_title", "years_experience", "work_setting"]
    order += ["continuing_education", "close_person_diagnosed", "own_diagnosis", "sought_treatment"]
    order += ["patient_contact", "recovery_opinion", "recovery_as_cure"]
    return people[order]


def place_quoted(jobs: dict[str, int]) -> pd.DataFrame:
    """Return the quoted people, then as many more rows of each job as it still needs."""
    columns = ["sex", "job_title", "age", "years_experience", "recovery_opinion"]
    quoted = pd.DataFrame(QUOTED, columns=columns)
    missing = pd.Series(jobs).sub(quoted["job_title"].value_counts(), fill_value=0)[list(jobs)]
    others = pd.DataFrame({"job_title": np.repeat(list(jobs), missing.astype(int))})
    return pd.concat([quoted, others], ignore_index=True)


def pick(
    people: pd.DataFrame, k: int, odds: dict[str, float], rng: np.random.Generator
) -> np.ndarray:
    """Return the index of k of these people, drawn with the odds of their jobs."""
    weights = people["job_title"].map(odds).to_numpy(float)
    return rng.choice(people.index, size=k, replace=False, p=weights / weights.sum())


def draw_ages_and_years(people: pd.DataFrame, printed: pd.Series, rng: np.random.Generator) -> None:
    """Fill in ages and years in the field: skewed, of the printed means and ranges."""
    youngest, oldest = int(printed["P3.min"]), int(printed["P3.max"])
    fewest, most = int(printed["P11.min"]), int(printed["P11.max"])
    mean_age, mean_years = float(printed["P4"]), float(printed["P12"])
    first = people["job_title"].map(FIRST_AGE)
    free = people.index[people["age"].isna()]

    age = youngest + to_mean(rng.gamma(2.4, size=len(free)), mean_age - youngest).round()
    # One person at each end, taken from those who stood nearest to it.
    ends = [age.argmax(), np.where(first[free] < youngest - 2, age, oldest).argmin()]
    age = age.clip(youngest + 2, oldest - 1)
    age[ends] = oldest, youngest

    # Years between the first possible age and the first job, never more than there were.
    waited = to_mean(rng.gamma(1.6, size=len(free)), mean_age - mean_years - first[free].mean())
    longest = age - first[free] - fewest
    years = age - first[free] - np.where(waited > longest, longest * rng.random(len(free)), waited)
    years = years.round().clip(fewest, most - 1)
    years.iloc[ends] = most, fewest
    people.loc[free, "age"], people.loc[free, "years_experience"] = age, years

    people[["age", "years_experience"]] = people[["age", "years_experience"]].astype(int)
    inner = free.delete(ends)
    for column, mean in [("age", printed["P4"]), ("years_experience", printed["P12"])]:
        while not reads_as(people[column].mean(), mean, "half_up"):
            step = 1 if people[column].mean() < float(mean) else -1
            began = people["age"] - people["years_experience"]
            began += step if column == "age" else -step
            roomy = people["years_experience"].between(fewest + 3, most - 3) & (began >= first)
            people.loc[rng.choice(inner[roomy[inner]]), column] += step


def round_to_fives(people: pd.DataFrame, printed: pd.Series, rng: np.random.Generator) -> None:
    """Let some people tell an age and years that end in 0 or 5, as people do; the means stay."""
    free = people.index >= len(QUOTED)
    first = people["job_title"].map(FIRST_AGE)
    names_years = people["participant_id"].isin(NAME_THEIR_YEARS)
    for column, fact in [("age", "P4"), ("years_experience", "P12")]:
        values = people[column]
        fives = (values / 5).round().astype(int) * 5
        moved = people.assign(**{column: fives})
        may = free & (moved["age"] - moved["years_experience"] >= first)
        for each in (values, fives):  # one person stands at each end of the range
            may &= each.between(values.min(), values.max(), inclusive="neither")
        if column == "years_experience":
            may &= (values >= ROUNDED_FROM) & ~names_years
        told = None
        while told is None or not reads_as(told.mean(), printed[fact], "half_up"):
            told = values.mask(may & (rng.random(len(people)) < ROUNDED[column]), fives)
        people[column] = told


def to_mean(draws: np.ndarray, mean: float) -> np.ndarray:
    """Stretch positive draws to a mean."""
    return draws * mean / draws.mean()


# Attitudes


def make_attitudes(
    participants: pd.DataFrame, items: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return one row a person: the printed statistics to their last digit, the rest drawn."""
    sex = participants["sex"].copy()
    women = participants.index[sex.eq("woman")]
    other_entry = rng.choice(women, size=len(women) - GROUPS["woman"], replace=False)
    sex[other_entry] = "man"
    omi = pd.DataFrame({"participant_id": participants["participant_id"], "sex": sex})

    attitude = rng.normal(size=len(omi))
    for item, row in items.iterrows():
        counts = printed_answers(row) if row["t"] else drawn_answers(item, rng)
        stigma = 1 if row["direction"] == "unfavourable" else -1
        leaning = stigma * LOADING * attitude + np.sqrt(1 - LOADING**2) * rng.normal(size=len(omi))
        for group, of_group in zip(GROUPS, counts, strict=True):
            members = omi.index[sex.eq(group)]
            in_order = members[np.argsort(leaning[omi.index.get_indexer(members)])]
            omi.loc[in_order, item] = np.repeat(ANSWERS, of_group)
    return omi.astype(dict.fromkeys(items.index, int))


def printed_answers(row: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the least contrived answers of women and men that give all six printed statistics.

    Of all distributions that do, under dropped digits and with the test that Levene's picks, it is
    the pair of the greatest entropy: the one that the most people's answers could have made.
    """
    women, men, fits = answer_pairs(row, *GROUPS.values(), "dropped")
    tests = compare(counted(women[:, None]), counted(men))
    picked = np.where(tests.levene_p > ALPHA, "student", "welch")
    exact = exact_tests(row, *GROUPS.values(), "dropped")
    fits &= np.isin(picked, exact["test"])
    evenness = np.add.outer(stats.entropy(women, axis=1), stats.entropy(men, axis=1))
    i, j = np.unravel_index(np.where(fits, evenness, -1).argmax(), fits.shape)
    return women[i], men[j]


def drawn_answers(item: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw answers to an item of which nothing is printed until it differs, or not, as assumed."""
    while True:
        women, men = (
            rng.multinomial(n, shares)
            for n, shares in zip(GROUPS.values(), UNPRINTED_ITEMS[item], strict=True)
        )
        p = compare(counted(women), counted(men)).p
        if (p < ALPHA) == (item == DIFFERING_ITEM):
            return women, men


# Writing


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write every table beside its place first and move them there last."""
    beside = folder.with_name("unfinished")
    shutil.rmtree(beside, ignore_errors=True)  # left by a run that was killed
    beside.mkdir()
    try:
        for name, table in tables.items():
            flags = [c for c in table if pd.api.types.infer_dtype(table[c]) == "boolean"]
            words = {flag: table[flag].map({True: "true", False: "false"}) for flag in flags}
            table.assign(**words).to_csv(beside / f"{name}.csv", index=False, lineterminator="\n")
        for name in tables:
            (beside / f"{name}.csv").replace(folder / f"{name}.csv")
    finally:
        shutil.rmtree(beside)


if __name__ == "__main__":
    try:
        main()
    except MarkupError as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        raise SystemExit(f"Not all tables were written; run make data again: {error}") from None
