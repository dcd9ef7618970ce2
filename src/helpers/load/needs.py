"""What the helpers need of a study, declared once; who needs it checks it by name."""

from collections.abc import Iterable

import pandas as pd

from helpers.load.files import Problem, stop_on

CONSENSUS = "consensus"
"""The coder whose codes are those that all agreed on; every study with codings needs one."""
RESIDUAL = "other"
"""The theme for what fits no other one; a codebook may do without."""

COLUMNS = {
    "participants": {"participant_id": "string", "patient_contact": "boolean"},
    "responses": {"participant_id": "string", "question": "string", "text": "string"},
    "codings": {
        **dict.fromkeys(["participant_id", "question", "theme", "coder"], "string"),
        **dict.fromkeys(["start", "end"], "integer"),
    },
    "omi": {"participant_id": "string", "sex": "string"},
    "facts": dict.fromkeys(
        [
            *("fact_id", "chapter", "label", "printed", "unit", "section", "status", "note"),
            *("table", "statistic", "column", "where", "base", "conflicts_with"),
        ],
        "string",
    ),
    "omi_items": dict.fromkeys(["item", "label", "direction"], "string"),
    "codebook": {
        **dict.fromkeys(["question", "theme", "label", "definition"], "string"),
        **dict.fromkeys(["include", "exclude", "example", "counterpart"], "string"),
        "printed_count": "integer",
    },
}
"""The columns without which a table cannot be used, with their types."""

KEYS = {
    "participants": [["participant_id"]],
    "responses": [["participant_id", "question"]],
    "codings": [["participant_id", "question", "theme", "coder", "start"]],
    "omi": [["participant_id"]],
    "facts": [["fact_id"]],
    "omi_items": [["item"], ["label"]],
    "codebook": [["question", "theme"], ["question", "label"], ["question", "definition"]],
}
"""The columns that together tell the rows of a table apart."""

REFERENCES = [
    ("participants", ["participant_id"], "omi", ["participant_id"]),
    ("omi", ["participant_id"], "participants", ["participant_id"]),
    ("responses", ["participant_id"], "participants", ["participant_id"]),
    ("codings", ["participant_id", "question"], "responses", ["participant_id", "question"]),
    ("codings", ["question", "theme"], "codebook", ["question", "theme"]),
    ("codebook", ["counterpart"], "codebook", ["theme"]),
]
"""Columns of a table whose values must stand in columns of another."""

MOST = {
    **dict.fromkeys(["participants", "responses", "codings", "omi"], 1_000_000),
    **dict.fromkeys(["facts", "omi_items", "codebook"], 10_000),
}
"""The rows of a table that are read at most: no more could be worked with in a minute."""

SPEAKER = ["sex", "age", "job_title", "years_experience"]
"""What is said of somebody who is quoted."""


def need(table: pd.DataFrame, columns: Iterable[str], who: str) -> None:
    """Stop if a table lacks columns.

    Raises
    ------
    StudyError
        If it does; it names them, and who needs them.

    Examples
    --------
    >>> need(pd.DataFrame({"age": [40]}), ["age", "sex"], "a quotation")
    Traceback (most recent call last):
    ...
    helpers.load.files.StudyError: the data have one problem:
      datapackage.json, at sex: a quotation needs a column of this name
    """
    missing = [column for column in columns if column not in table]
    advice = f"{who} needs a column of this name"
    stop_on(Problem("datapackage.json", 0, column, "", advice) for column in missing)
