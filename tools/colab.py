"""Give each chapter a cell for Colab, which opens a notebook without the rest of its book.

`python tools/colab.py` takes the repository's address from `book/_config.yml`. In Colab the cell
fetches the book and installs the helpers; elsewhere it does nothing. Without an address the
chapters have no such cell.
"""

import sys
from pathlib import Path

import build
import nbformat
import yaml
from execute import ROOT

CELL_ID = "colab"
CELL = """\
# In Colab only: fetch the book and install its helpers.
import os
import subprocess
import sys

if "google.colab" in sys.modules:
    if not os.path.exists("book"):
        clone = ["git", "clone", "--quiet", "--depth=1", "--branch={branch}"]
        subprocess.run([*clone, "{url}", "book"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "./book"], check=True)
    os.environ["STUDY_DATA"] = os.path.abspath("book/data")"""


def main(book: Path = ROOT / "book") -> None:
    """Write the chapters anew whose cell is not what the address asks for."""
    repository = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))["repository"]
    for path in (book / name for name in build.chapters(book)):
        text = path.read_text(encoding="utf-8")
        if (new := with_cell(text, repository)) != text:
            path.write_text(new, encoding="utf-8")
            print(build.shown(path))


def with_cell(text: str, repository: dict[str, str]) -> str:
    """Return a notebook with the cell behind its title, or without it if there is no address."""
    notebook = nbformat.reads(text, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != CELL_ID]
    if repository["url"]:
        source = CELL.format(url=repository["url"], branch=repository["branch"])
        tags = {"tags": ["remove-cell"]}
        cell = nbformat.v4.new_code_cell(source, id=CELL_ID, metadata=tags)
        notebook.cells.insert(1, cell)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.exit(main())
