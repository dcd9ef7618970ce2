"""Say what of a private study's site would become public, and look for what must not.

`python tools/release.py FOLDER` lists, page by page, the tables, figures, quotations and sentences
with numbers of the site that `make book STUDY=FOLDER` built. Then it searches every file of the
site, sources and search index included, for answers, identifiers, people and small cells, and
fails if it finds one.
"""

import html
import json
import os
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import parcel
from execute import ROOT

if TYPE_CHECKING:
    from helpers.load import Study
    from helpers.load.settings import Settings

TEXT = {".html", ".ipynb", ".js", ".json", ".txt", ".svg", ".xml", ".css", ".md", ".csv", ".toml"}
DATA = {
    ".csv",
    ".sav",
    ".zsav",
    ".dta",
    ".xlsx",
    ".qdpx",
    ".parquet",
    ".pickle",
    ".feather",
    ".zip",
}
WORDS = 6  # as many words of an answer in a row are its own


class Leak(NamedTuple):
    """Something that must not be public: the file, what kind of thing it is, and what was found."""

    file: str
    kind: str
    what: str


class Shown(HTMLParser):
    """What one page shows: by kind, the texts; and the cells of its tables, row by row."""

    KINDS = {"caption": "table", "figcaption": "figure", "li": "quotation"}  # noqa: RUF012

    def __init__(self, text: str) -> None:
        super().__init__()
        self.items: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.labels: list[str] = []
        self._open: list[str] = []
        self._folded = 0
        self._in_quotes = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what is listed; take down what is only read out."""
        values = dict(attrs)
        self.labels += [values[name] or "" for name in ("aria-label", "alt") if name in values]
        self._folded += tag in ("details", "pre")
        if tag == "ul":
            self._in_quotes = "quotes" in (values.get("class") or "")
        if tag in ("caption", "figcaption", "p") or (tag == "li" and self._in_quotes):
            self._open.append("")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self._open.append("")

    def handle_data(self, data: str) -> None:
        """Add to what is open."""
        if self._open and not self._folded:
            self._open[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """End what is listed."""
        self._folded -= tag in ("details", "pre")
        is_listed = tag in ("caption", "figcaption", "p", "td", "th")
        if not self._open or not (is_listed or (tag == "li" and self._in_quotes)):
            return
        text = " ".join(self._open.pop().split())
        if tag in ("td", "th"):
            if self.rows and self.rows[-1]:
                self.rows[-1][-1] = text
        elif tag != "p" or re.search(r"\d", text):
            self.items.append((self.KINDS.get(tag, "sentence with numbers"), text))


def main() -> int:
    """List what would be public, then what must not be; return the exit status."""
    folder = ROOT / sys.argv[1]
    site = folder / "_build" / "book" / "_build" / "html"
    if not site.is_dir():
        print(f"There is no site yet: make book STUDY={sys.argv[1]}", file=sys.stderr)
        return 1
    os.environ["STUDY_DATA"] = str(folder)
    from helpers.load import StudyError, load_study

    try:
        study = load_study(folder)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    for line in listing(site):
        print(line)
    if not study.settings.private:
        print("study.toml says private = false: everything is public, and nothing was looked for.")
        return 0
    if found := report(site, study):
        print(f"Not to be released: {found} findings", file=sys.stderr)
        return 1
    print(
        "No answer, identifier, person or small cell was found. Read the list above all the same."
    )
    return 0


def listing(site: Path) -> Iterator[str]:
    """Give, page by page, what is to be seen, and at last the files that are no pages."""
    for page in sorted(site.rglob("*.html")):
        yield page.relative_to(site).as_posix()
        for kind, text in Shown(page.read_text(encoding="utf-8")).items:
            yield f"  {kind}: {text}"
    others = sorted(p for p in site.rglob("*") if p.is_file() and p.suffix != ".html")
    yield "Other files"
    yield from (f"  {path.relative_to(site).as_posix()}" for path in others)


def report(site: Path, study: "Study") -> int:
    """Print everything that the study may not show, and return how many findings that is."""
    found = list(leaks(site, study))
    for leak in found:
        print(f"{leak.file}: {leak.kind}: {leak.what}", file=sys.stderr)
    return len(found)


def leaks(site: Path, study: "Study") -> Iterator[Leak]:
    """Give everything in the files of a site that the study may not show."""
    told = study.settings
    if not told.private:
        return
    answers = own_words(study)
    # The longest first, so that "anna-01" is found before "01".
    ids = sorted(study.participants["participant_id"], key=len, reverse=True)
    named = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ids))})(?!\w)")
    if bare := [name for name in ids if name.isdecimal()]:
        advice = "which cannot be told from other numbers: put a letter before them in every table"
        bare_numbers = f"{len(bare)} of {len(ids)} are bare numbers, such as {bare[0]!r}, {advice}"
        yield Leak("participants", "identifier", bare_numbers)
    people = unlike(study)
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        if path.suffix in DATA and not (told.twin and name == parcel.DATA):
            yield Leak(name, "data", "tables are not part of a private site")
        if path.suffix not in TEXT:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".ipynb":
            yield from (Leak(name, "unchecked output", what) for what in raw(json.loads(text)))
        text = html.unescape(text)
        words = re.findall(r"\w+", text.replace("\\n", " ").lower())
        for run in {tuple(words[i : i + WORDS]) for i in range(len(words))} & answers:
            yield Leak(name, "answer", " ".join(run))
        for found in sorted({*named.findall(text)} - {*bare}):
            yield Leak(name, "identifier", found)
        flat = _flat(text)
        for row in sorted(row for row in people if row in flat):
            yield Leak(name, "person", row)
        if path.suffix == ".html":
            shown = Shown(path.read_text(encoding="utf-8"))
            yield from (Leak(name, kind, what) for kind, what in small(shown, told))


def raw(notebook: dict[str, Any]) -> Iterator[str]:
    """Find outputs that went past the functions which check what they show."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            views = output.get("data", {})
            page = "".join(views.get("text/html", ""))
            is_checked = ("text/markdown" in views or page) and 'class="dataframe"' not in page
            if not is_checked or any(kind.startswith("image/") for kind in views):
                yield f"the cell that begins {''.join(cell['source'])[:60]!r}"


def own_words(study: "Study") -> set[tuple[str, ...]]:
    """Return the runs of words of all answers that were not released."""
    if study.responses is None:
        return set()
    runs: set[tuple[str, ...]] = set()
    free: set[tuple[str, ...]] = set()
    for row in study.every.get("responses", study.responses).itertuples():  # in all languages
        runs |= _runs(row.text)
    key = ["participant_id", "question"]
    if study.released is not None:
        texts = study.responses.set_index(key)["text"]
        for row in study.released.itertuples():
            free |= _runs(texts[row.participant_id, row.question][row.start : row.end])
    return runs - free


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + WORDS]) for i in range(max(len(words) - WORDS + 1, 0))}


def unlike(study: "Study") -> set[str]:
    """Return rows of people as they would stand in a table or a file: those that nobody shares."""
    rows: set[str] = set()
    for table in (study.participants, study.answers, study.omi):
        if table is None:
            continue
        cells = table.drop(columns="participant_id").astype("string").fillna("")
        lines = cells.apply(",".join, axis=1).str.lower()
        rows |= {
            line
            for line, n in lines.value_counts().items()
            if n == 1 and len(line.strip(",").split(",")) >= 3
        }
    return {_flat(row) for row in rows}


def _flat(text: str) -> str:
    """Return the words and numbers of a text between commas, whatever stood between them."""
    return ",".join(["", *re.findall(r"[\w.]+", text.lower()), ""])


def small(shown: Shown, told: "Settings") -> Iterator[tuple[str, str]]:
    """Find counts of people below the threshold, and what is left of a whole if they are below."""
    from helpers.compute.disclosure import PEOPLE, small_counts

    counting = {"n", "of", "base", *PEOPLE}
    heads: list[str] = []
    for row in shown.rows:
        if row and not any(re.fullmatch(r"[\d.,–−%]+", cell) for cell in row):
            heads = [cell.lower() for cell in row]
            continue
        for head, cell in zip(heads, row, strict=False):
            if head in counting and cell.isdigit() and int(cell) < told.threshold:
                yield "small cell", f"{row[0]}: {head} {cell}"
    for text in [*(text for _, text in shown.items), *shown.labels]:
        if small_counts(text, told):
            yield "small count", text


if __name__ == "__main__":
    sys.exit(main())
