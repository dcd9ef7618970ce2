"""Show every chapter with the outputs of its cells, whichever program builds the book.

Before Sphinx reads the pages, tools/execute.py runs the chapters whose results it does not have in
store. Sphinx then reads them as if they had been saved with their outputs. A fault ends the build.
"""

import base64
import hashlib
import json
import sys
from functools import partial
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import colophon
import execute

PICTURE = "share.png"
"""What links to the book show."""


class ChapterError(SphinxError):
    """Chapters have faults; the message names them all."""

    category = "Chapters"


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build before pages are read, as each is read, and where the build ends."""
    contents: dict[str, bytes] = {}
    app.connect("env-get-outdated", partial(run, contents))
    app.connect("source-read", partial(fill, contents))
    app.connect("build-finished", partial(finish, contents), priority=400)  # before others
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def run(contents: dict[str, bytes], app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Run the chapters; return the pages that are not what they were when they were last read."""
    book = Path(app.srcdir)
    results, faults = execute.begin(book, execute.environment()).result()
    if faults:
        raise ChapterError(execute.told(faults))
    contents.update(results)
    page = book / colophon.PAGE
    if page.exists():
        contents[page.name] = colophon.fill(page.read_text(encoding="utf-8")).encode()
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    last = getattr(env, "executed", {})
    env.executed = digests
    env.picture = PICTURE if shared_picture(contents, app) else ""
    changed = [name for name, digest in digests.items() if digest != last.get(name)]
    return [docname(name) for name in changed if docname(name) in env.found_docs]


def docname(name: str) -> str:
    """Return what Sphinx calls the page made from a file."""
    return Path(name).with_suffix("").as_posix()


def fill(contents: dict[str, bytes], app: Sphinx, page: str, source: list[str]) -> None:
    """Give Sphinx a page as it was run."""
    name = app.env.doc2path(page, base=False)
    if str(name) in contents:
        source[0] = contents[str(name)].decode()


def finish(contents: dict[str, bytes], app: Sphinx, error: Exception | None) -> None:
    """Let readers download the chapters as they were run, and put the scorecard beside them."""
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    if picture := shared_picture(contents, app):
        (out / PICTURE).write_bytes(picture)
    for name in contents:
        place = out / name if name == execute.SCORE else out / "_sources" / name
        place.write_bytes(contents[name])


def shared_picture(contents: dict[str, bytes], app: Sphinx) -> bytes | None:
    """Return the picture that the first page offers beside what it shows, as maps.Shared does."""
    page = contents.get(f"{app.config.root_doc}.ipynb", b'{"cells": []}')
    for cell in json.loads(page)["cells"]:
        for views in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "image/png" in views and "text/html" in views:
                return base64.b64decode(views["image/png"])
    return None
