"""Make up a fresh study for a class: new people and other true differences in the same tables.

Solutions of the book do not fit it. It takes over the schema, the codebook's themes and what the
items say; its people, answers and printed report are its own, and so is what is true of it. Texts
are catchwords, since the book's answers belong to the book's people.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from execute import ROOT
from scipy import special

from helpers.load import Study, load_study

DATA = ROOT / "data"
JOBS = ["psychiatrist", "psychologist", "social_worker", "nurse", "other"]
GROUPING = ["work_setting", "continuing_education", "close_person_diagnosed"]
DIFFERING = 3
"""Items on which women and men truly differ; the others differ by chance alone."""
SHIFT = 0.75
"""By how many standard deviations women agree more, or less, on those."""
MISSED, ADDED = 0.15, 0.03
"""How often a simulated coder misses a theme that is there, and marks one that is not."""


def write(seed: int, folder: Path) -> dict[str, object]:
    """Write the study of a seed into a folder, and return what is true of it.

    Parameters
    ----------
    seed
        Any whole number; the same one gives the same bytes.
    folder
        Where `datapackage.json` and the tables go; what is there is replaced.

    Returns
    -------
    dict
        `opinion_goes_with`, `theme_of_women`, `differing_items` and `impossible_fact`: what was put
        in, for the lecturer alone.
    """
    rng = np.random.default_rng(seed)
    book = load_study(DATA)
    goes_with = str(rng.choice(GROUPING))
    people = _people(rng, goes_with)
    codings, theme = _codings(people, book.codebook, rng)
    omi, differing = _attitudes(people, book.omi_items["item"].tolist(), rng)
    facts, impossible = _report(people, book.facts, rng)
    shutil.rmtree(folder, ignore_errors=True)
    codebook, vocabulary = book.every["codebook"], book.every["vocabulary"]
    tables = _answers(codings, book) | {
        "participants": people,
        "omi": omi,
        "facts": facts,
        "omi_items": book.omi_items.assign(
            status="assumed", **dict.fromkeys(book.omi_items.columns[5:], "")
        ),
        "codebook": codebook.assign(printed_count=pd.NA, status="assumed"),
        "vocabulary": vocabulary,
    }
    # What the book remarks on its answers has no counterpart here.
    resources = [r for r in book.package["resources"] if r["name"] in tables]
    for resource in resources:
        path = folder / resource["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = [field["name"] for field in resource["schema"]["fields"]]
        table = tables[resource["name"]][columns]
        flags = [c for c in table if pd.api.types.infer_dtype(table[c]) == "boolean"]
        words = {flag: table[flag].map({True: "true", False: "false"}) for flag in flags}
        table.assign(**words).to_csv(path, index=False, lineterminator="\n")
    package = book.package | {
        "title": f"Synthetic records of a made-up replication, number {seed}",
        "description": "A made-up study for one class. No row describes a real person.",
        "resources": resources,
    }
    (folder / "datapackage.json").write_text(json.dumps(package, indent=2, ensure_ascii=False))
    shutil.copy(DATA / "study.toml", folder)
    return {
        "seed": seed,
        "opinion_goes_with": goes_with,
        "theme_of_women": theme,
        "differing_items": differing,
        "impossible_fact": impossible,
    }


def _people(rng: np.random.Generator, goes_with: str) -> pd.DataFrame:
    """Return one row a person; the opinion goes with one column, and with nothing else."""
    n = int(rng.integers(105, 131))
    job = rng.choice(JOBS, size=n, p=rng.dirichlet([6, 6, 4, 6, 3]))
    age = np.clip(rng.normal(41, 10, n).round().astype(int), 23, 69)
    years = np.clip((age - 23 - rng.gamma(2, 4, n)).round().astype(int), 1, 40)
    people = pd.DataFrame(
        {
            "participant_id": [f"P{i:03}" for i in range(1, n + 1)],
            "sex": rng.choice(["woman", "man"], size=n, p=[0.58, 0.42]),
            "age": age,
            "job_title": job,
            "years_experience": years,
            "work_setting": rng.choice(["public", "both", "private"], size=n, p=[0.6, 0.28, 0.12]),
            "continuing_education": rng.random(n) < rng.uniform(0.4, 0.6),
            "close_person_diagnosed": rng.random(n) < rng.uniform(0.45, 0.65),
            "own_diagnosis": rng.random(n) < rng.uniform(0.2, 0.35),
        }
    )
    people["sought_treatment"] = people["own_diagnosis"] & (rng.random(n) < 0.7)
    people["patient_contact"] = rng.random(n) < 0.92
    asked = people["patient_contact"]
    is_hopeful = people[goes_with].isin([True, "both"])
    p = np.where(is_hopeful.to_numpy()[:, None], [0.42, 0.5, 0.08], [0.5, 0.2, 0.3])
    drawn = (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1)
    answers = np.array(["depends", "possible", "not_possible"])[drawn]
    people["recovery_opinion"] = pd.Series(answers).where(asked)
    people["recovery_as_cure"] = (people["recovery_opinion"] == "not_possible").where(asked)
    return people


def _codings(
    people: pd.DataFrame, codebook: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, str]:
    """Return who is found to name which theme by whom, and the theme that women name more."""
    asked = people[people["patient_contact"]]
    named = codebook[["question", "theme"]].drop_duplicates()
    favourite = str(rng.choice(named.query("question == 'recovery'")["theme"].to_numpy()[:-1]))
    rows = []
    for question, themes in named.groupby("question", observed=True, sort=False)["theme"]:
        spoke = asked if question == "recovery" else asked[rng.random(len(asked)) < 0.86]
        shares = dict(zip(themes, rng.uniform(0.12, 0.45, len(themes)), strict=True))
        for person, sex in zip(spoke["participant_id"], spoke["sex"], strict=True):
            more = 2.2 if sex == "woman" else 1
            has = [
                t for t, p in shares.items() if rng.random() < p * (more if t == favourite else 1)
            ]
            has = has or [str(rng.choice(themes))]
            rows += [(person, question, theme, "consensus") for theme in has]
            for coder in ("c1", "c2", "c3"):
                found = [t for t in has if rng.random() > MISSED]
                found += [t for t in themes if t not in has and rng.random() < ADDED]
                rows += [(person, question, theme, coder) for theme in found]
    columns = ["participant_id", "question", "theme", "coder"]
    return pd.DataFrame(rows, columns=columns), favourite


def _answers(codings: pd.DataFrame, book: Study) -> dict[str, pd.DataFrame]:
    """Return answers made of the labels of the themes that anybody found, and where these stand."""
    responses, codes = [], []
    for language in book.languages:
        labels = book.in_language(language).codebook[["question", "theme", "label"]]
        labelled = codings.merge(labels, on=["question", "theme"]).assign(language=language)
        places = {}
        for (person, question), found in labelled.groupby(["participant_id", "question"]):
            text = ""
            for label, theme in dict(zip(found["label"], found["theme"], strict=True)).items():
                text += "; " if text else ""
                places[person, question, theme] = len(text), len(text) + len(label)
                text += label
            responses.append((person, question, language, text))
        keys = zip(*(labelled[c] for c in ("participant_id", "question", "theme")), strict=True)
        labelled[["start", "end"]] = [places[key] for key in keys]
        codes.append(labelled)
    columns = ["participant_id", "question", "language", "text"]
    return {"responses": pd.DataFrame(responses, columns=columns), "codings": pd.concat(codes)}


def _attitudes(
    people: pd.DataFrame, items: list[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, list[str]]:
    """Return the answers to the items, and those on which women and men truly differ."""
    differing = sorted(rng.choice(items, size=DIFFERING, replace=False).tolist())
    general = rng.normal(size=len(people))
    omi = people[["participant_id", "sex"]].copy()
    for item in items:
        leaning = 0.5 * general + np.sqrt(0.75) * rng.normal(size=len(people))
        if item in differing:
            leaning += rng.choice([-SHIFT, SHIFT]) * people["sex"].eq("woman")
        cuts = special.ndtri(rng.dirichlet(np.full(6, 3.0)).cumsum()[:-1])
        omi[item] = np.searchsorted(cuts, leaning)
    return omi, differing


def _report(
    people: pd.DataFrame, facts: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, str]:
    """Return what a report of this study prints: shares to one decimal, one of them impossible."""
    report = facts[facts["chapter"].eq("02_demographics") & facts["statistic"].eq("percent")].copy()
    n = len(people)
    report["base_n"], report["status"], report["note"] = n, "reported", ""
    report["section"], report["conflicts_with"] = "Report", ""
    masks = [people.eval(where) for where in report["where"]]  # our own recipes, not a reader's
    report["printed"] = [f"{100 * mask.mean():.1f}" for mask in masks]
    possible = {f"{100 * count / n:.1f}" for count in range(n + 1)}
    row = rng.choice(report.index)
    slipped = [round(float(report.loc[row, "printed"]) + tenths / 10, 1) for tenths in range(1, 9)]
    report.loc[row, "printed"] = next(f"{p:.1f}" for p in slipped if f"{p:.1f}" not in possible)
    return report, str(report.loc[row, "fact_id"])
