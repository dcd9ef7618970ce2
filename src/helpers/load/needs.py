"""What the helpers need of a study, declared once; who needs it checks it by name."""

from collections.abc import Iterable

import pandas as pd

from helpers.load.files import Problem, stop_on

COLUMNS = {
    "participants": {"participant_id": "string"},
    "responses": {"participant_id": "string", "question": "string", "text": "string"},
    "codings": {
        **dict.fromkeys(["participant_id", "question", "theme", "coder"], "string"),
        **dict.fromkeys(["start", "end"], "integer"),
    },
    "remarks": dict.fromkeys(["participant_id", "question", "remark"], "string"),
    "omi": {"participant_id": "string", "sex": "string"},
    "facts": dict.fromkeys(
        [
            *("fact_id", "chapter", "label", "printed", "unit", "section", "status", "note"),
            *("table", "statistic", "column", "where", "base", "conflicts_with"),
        ],
        "string",
    ),
    "omi_items": dict.fromkeys(["item", "label"], "string"),
    "codebook": dict.fromkeys(["question", "theme", "label"], "string"),
    "answers": {"participant_id": "string"},
    "items": dict.fromkeys(["item", "label"], "string"),
    "released": {
        **dict.fromkeys(["participant_id", "question"], "string"),
        **dict.fromkeys(["start", "end"], "integer"),
    },
    "vocabulary": dict.fromkeys(["form", "word", "theme"], "string"),
}
"""The columns without which a table cannot be used, with their types."""

LANGUAGE = "language"
"""The column that tells rows in several languages apart; tables in one language do without."""

KEYS = {
    "participants": [["participant_id"]],
    "responses": [["participant_id", "question", LANGUAGE]],
    "codings": [["participant_id", "question", "theme", LANGUAGE, "coder", "start"]],
    "remarks": [["participant_id", "question", "remark"]],
    "omi": [["participant_id"]],
    "facts": [["fact_id"]],
    "omi_items": [["item"], ["label"]],
    "codebook": [["question", LANGUAGE, of] for of in ("theme", "label", "definition")],
    "answers": [],
    "items": [["item"], ["label"]],
    "released": [],
    "vocabulary": [[LANGUAGE, "form"]],
}
"""The columns that together tell the rows of a table apart, where it has them."""

Reference = tuple[str, list[str], str, list[str]]
_ANSWER, _THEME = ["participant_id", "question", LANGUAGE], ["question", "theme", LANGUAGE]

REFERENCES: list[Reference] = [
    ("participants", ["participant_id"], "omi", ["participant_id"]),
    ("omi", ["participant_id"], "participants", ["participant_id"]),
    ("responses", ["participant_id"], "participants", ["participant_id"]),
    ("remarks", ["participant_id", "question"], "responses", ["participant_id", "question"]),
    ("codings", _ANSWER, "responses", _ANSWER),
    ("codings", _THEME, "codebook", _THEME),
    ("codebook", ["counterpart"], "codebook", ["theme"]),
    ("answers", ["participant_id"], "participants", ["participant_id"]),
    ("released", ["participant_id", "question"], "responses", ["participant_id", "question"]),
]
"""Columns of a table whose values must stand in columns of another."""

MOST = {
    **dict.fromkeys(
        ["participants", "responses", "codings", "remarks", "omi", "answers", "released"],
        1_000_000,
    ),
    **dict.fromkeys(["facts", "omi_items", "items", "codebook", "vocabulary"], 10_000),
}
"""The rows of a table that are read at most: no more could be worked with in a minute."""


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
