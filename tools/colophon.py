"""Say on the colophon page what this very book was made from: commit, packages, data.

All of it follows from the commit, so that one commit gives one page.
"""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import requires, version

import execute
from execute import LOCK, ROOT, sha256

PAGE = "colophon.md"
MARK = "<!-- colophon -->"
EXTRAS = re.compile(r"""extra\s*==\s*["'](?!book["'])""")


def fill(page: str) -> str:
    """Return the page with all that is known about this build in the place of its mark."""
    before, after = page.split(MARK)
    return before + text() + after


def text() -> str:
    """Return what the book was made from, and the checksums of the data, in Markdown."""
    versions = {"Python": platform.python_version()} | {name: version(name) for name in packages()}
    return "\n".join(
        [
            f"Commit of {date()}, and SHA-256 of the list of pinned packages:",
            *("", "```text", commit(), f"{sha256(ROOT / LOCK)}  {LOCK}", "```", ""),
            *("```{table} What the book was made with", "| Package | Version |", "| --- | --- |"),
            *(f"| {name} | {number} |" for name, number in versions.items()),
            "```",
            *("", "SHA-256 of the data:", "", "```text", *checksums(), "```"),
        ]
    )


def commit() -> str:
    """Return the commit in full, with `-dirty` if a file that it holds was changed since."""
    name = git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    return name or "not built from a Git repository"


@cache
def epoch() -> int:
    """Return the second of the commit, or the one that `SOURCE_DATE_EPOCH` names; 0 if unknown."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or 0)


def date() -> str:
    """Return the day of the commit in UTC."""
    return f"{datetime.fromtimestamp(epoch(), UTC):%Y-%m-%d}" if epoch() else "unknown date"


def git(*arguments: str) -> str:
    """Return what Git says about this folder: nothing where there is no Git or no repository."""
    if not (ROOT / ".git").exists():  # a repository further up would be another project's
        return ""
    try:
        said = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return said.stdout.strip()


def packages() -> list[str]:
    """Return the names of the packages that the project asks for, to run and to make the book."""
    wanted = [text for text in requires("recovery-book-helpers") or [] if not EXTRAS.search(text)]
    return sorted((re.match(r"[\w.-]+", text)[0] for text in wanted), key=str.lower)


def checksums() -> list[str]:
    """Return a line for each file of the data, as `sha256sum` writes and checks them."""
    folder = execute.data_folder()
    return [
        f"{sha256(path)}  data/{path.relative_to(folder).as_posix()}"
        for path in execute.files(folder)
    ]
