"""Let every notebook that is downloaded from a page run on a computer with nothing of the book.

Beside the pages stand the helpers as a wheel and the data as a ZIP file; the downloads' first cell
fetches both from there.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import parcel


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build where it ends."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def finish(app: Sphinx, error: Exception | None) -> None:
    """Put wheel and ZIP file beside the pages, and the cell into the notebooks."""
    if error or app.builder.name != "html":
        return
    tables = parcel.given_away()
    if tables is None:
        return
    out = Path(app.outdir)
    cell = parcel.first_cell(app.config.html_baseurl, out / parcel.FOLDER, tables)
    for notebook in out.glob("_sources/**/*.ipynb"):
        text = notebook.read_text(encoding="utf-8")
        notebook.write_text(parcel.with_cell(text, cell), encoding="utf-8")
