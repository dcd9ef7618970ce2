"""Build the book of a study in a folder of its own: `python tools/own_book.py FOLDER`.

The pages are those of `book/own` for which the folder has tables, with those of the folder's own
`pages` in their place or beside them. They are laid out in `_build/book` there, and built there.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import build
import release
from execute import ROOT

if TYPE_CHECKING:
    from helpers.load import Study
    from helpers.load.settings import Settings

BOOK = ROOT / "book"
PARTS = ["_ext", "_theme", "_static", "references.bib"]
RECORDS = {
    "real": "The records are those of the people who took part.",
    "synthetic": "The records are synthetic: no row describes a real person.",
}


def main() -> int:
    """Lay out the book of the folder named on the command line, build it, return the status."""
    folder = ROOT / sys.argv[1]
    if not (folder / "datapackage.json").is_file():
        print(f"{folder} has no datapackage.json: make own drafts such a folder", file=sys.stderr)
        return 1
    os.environ["STUDY_DATA"] = str(folder)
    from helpers.load import StudyError, load_study

    try:
        study = load_study(folder)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    book = folder / "_build" / "book"
    for line in lay_out(study, folder, book):
        build.say(line)
    sys.argv[1:] = [str(book)]
    return build.main() or unsafe(book / "_build" / "html", study)


def unsafe(site: Path, study: "Study") -> int:
    """Take a site away that holds what a private study may not show; return 1 if it did."""
    if found := release.report(site, study):
        shutil.rmtree(site)
        print(f"The site was taken away: it is private, with {found} findings", file=sys.stderr)
    return bool(found)


def lay_out(study: "Study", folder: Path, book: Path) -> Iterator[str]:
    """Write the book's folder anew but for what was built in it; give a line for what is left out.

    Only pages that are named in the table of contents are taken, and nothing of the tables.
    """
    import yaml

    settings, left = study.settings, missing(study)
    own = {path.stem: path for path in sorted((folder / "pages").glob("*.*"))}
    pages = {path.stem: path for path in sorted((BOOK / "own").glob("*.ipynb"))}
    order = [name for name in ORDER if name in pages and name not in left]
    more = [name for name in own if name not in pages and name != "intro"]
    for old in [book / "chapters", *(book / part for part in PARTS if "." not in part)]:
        shutil.rmtree(old, ignore_errors=True)
    (book / "chapters").mkdir(parents=True)
    for part in PARTS:
        copy = shutil.copytree if (BOOK / part).is_dir() else shutil.copy
        copy(BOOK / part, book / part, **_without_caches(BOOK / part))
    for name in [*order, *more]:
        source = own.get(name, pages.get(name))
        shutil.copy(source, book / "chapters" / source.name)
    (book / "intro.md").write_text(intro(own.get("intro"), settings, left), encoding="utf-8")
    contents = [{"file": f"chapters/{name}"} for name in [*order, *more]]
    toc = {"format": "jb-book", "root": "intro", "chapters": contents}
    (book / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")
    (book / "_config.yml").write_text(config(), encoding="utf-8")
    for name, why in left.items():
        yield f"  left out: {name}, since {why}"
    yield from remarks(study)


def remarks(study: "Study") -> Iterator[str]:
    """Say what the pages do not show although somebody might expect it of them."""
    compare, people, language = study.settings.compare, study.participants, study.settings.language
    if compare and compare.group in people:
        group = people[compare.group].astype("string").fillna("")
        for level, n in group[~group.isin(list(compare.labels))].value_counts().items():
            fault = f"{level}, which [compare] labels leaves out" if level else "missing"
            yield f"  not compared: {n} people whose {compare.group} is {fault}"
    if language != "en":
        yield f"  in English: the pages of book/own, though study.toml says {language}"


ORDER = ["people", "themes", "agreement", "scale", "print"]
"""The chapters that fit any study, in their order."""


def missing(study: "Study") -> dict[str, str]:
    """Say of each chapter that cannot be built what it lacks."""
    from helpers.compute.themes import coders

    left = {}
    for table in ("responses", "codings", "codebook"):
        if getattr(study, table) is None:
            left["themes"] = left["agreement"] = f"there is no table {table}"
    if "themes" not in left and not any(
        len(coders(study, question)) > 1 for question in study.codebook["question"].unique()
    ):
        left["agreement"] = "fewer than two people coded"
    if study.settings.scale is None:
        left["scale"] = "study.toml has no [scale]"
    if study.facts is None:
        left["print"] = "there is no table facts: nothing printed is given"
    return left


def intro(own: Path | None, settings: "Settings", left: dict[str, str]) -> str:
    """Return the first page: the folder's own, or ours with what study.toml says."""
    if own is not None:
        return own.read_text(encoding="utf-8")
    shown = (
        f"Counts of fewer than {settings.safe_threshold} people are not shown, nor what would tell "
        "them, and quotations only if they were released. A dash stands for what is not shown."
    )
    template = Template((BOOK / "own" / "intro.md").read_text(encoding="utf-8"))
    names = [f"{name} ({why})" for name, why in left.items()]
    return template.substitute(
        title=settings.title,
        author=settings.author,
        records=RECORDS[settings.records],
        shown=shown if settings.private else "",
        citation=settings.citation,
        left=f"Left out: {'; '.join(names)}." if names else "",
    )


def config() -> str:
    """Return the settings of this book without what belongs to its own study and pages."""
    import yaml

    told: dict[str, Any] = yaml.safe_load((BOOK / "_config.yml").read_text(encoding="utf-8"))
    options = told["sphinx"]["config"]["html_theme_options"]
    for name in ("based_on", "dataset_page"):
        options.pop(name, None)
    told["html"]["baseurl"] = told["repository"]["url"] = ""
    return yaml.safe_dump(told, sort_keys=False)


def _without_caches(part: Path) -> dict[str, Any]:
    return {"ignore": shutil.ignore_patterns("__pycache__")} if part.is_dir() else {}


if __name__ == "__main__":
    sys.exit(main())
