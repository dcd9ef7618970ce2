"""A desk at which students code answers themselves, and what their coding is compared with.

Everything a student notes is in one CSV file, as wide as the codebook: `coder`, `question`,
`participant_id`, and one column a theme with yes or no. An answer that was read has a row, even if
every theme is no; an answer without a row was not read yet.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from helpers.compute.agreement import by_theme
from helpers.compute.themes import coders, presence
from helpers.load.files import (
    Problem,
    StudyError,
    cell_problems,
    key_problems,
    read_cells,
    stop_on,
    told,
)
from helpers.load.files import read as read_file
from helpers.load.study import Study
from helpers.show.page import Html, with_widgets
from helpers.show.widgets import keep_keys

if TYPE_CHECKING:
    from ipywidgets import VBox

WORDS = {True: "yes", False: "no"}
KEY = ["coder", "question", "participant_id"]
BUTTONS = {"none": "Carries none of these", "back": "Back", "next": "Next"}


@dataclass(frozen=True)
class Coding:
    """What one coder found: booleans, one row an answer read, one column a theme."""

    coder: str
    question: str
    found: pd.DataFrame


# --- Files ---


def save(path: Path, coding: Coding) -> None:
    """Write a coding to a file, in one step, so that there is never half a one.

    Parameters
    ----------
    path
        The file, which may be there already.
    coding
        What to write.

    Raises
    ------
    OSError
        If the file cannot be written. The one that was there before is left as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> found = pd.DataFrame({"family": [True]}, pd.Index(["P01"], name="participant_id"))
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "coding.csv")
    ...     save(path, Coding("Ana", "recovery", found))
    ...     print(path.read_text().strip())
    coder,question,participant_id,family
    Ana,recovery,P01,yes
    """
    table = coding.found.map(WORDS.get).reset_index(names="participant_id")
    table = table.assign(coder=coding.coder, question=coding.question)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        table[[*KEY, *coding.found]].to_csv(file, index=False, lineterminator="\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read(paths: Iterable[str | Path], study: Study, question: str) -> list[Coding]:
    """Read the files of one or more coders.

    Parameters
    ----------
    paths
        The files.
    study
        The study whose answers were coded.
    question
        The question, as the codebook has it.

    Returns
    -------
    list
        One `Coding` a file, its answers in the order of the study's.

    Raises
    ------
    StudyError
        If anything is wrong with any of the files, or two are of the same coder. It lists every
        problem at once, each with file, line, column, the value found and what to do. A file is
        only read for its rows if its text and header are in order. Nothing is written.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> try:
    ...     read(["nowhere.csv"], load_study(), "recovery")
    ... except StudyError as error:
    ...     print(error)
    the data have one problem:
      nowhere.csv: no such file
    """
    codings: dict[str, Coding] = {}
    problems: list[Problem] = []
    for path in map(Path, paths):
        try:
            coding = _coding(path, study, question)
            if coding.coder in codings:
                advice = "another file is of this coder, too; leave one of them out"
                stop_on([Problem(path.name, 2, "coder", coding.coder, advice)])
            codings[coding.coder] = coding
        except StudyError as error:
            problems += error.problems
    stop_on(problems)
    return list(codings.values())


def read_class(folder: str | Path, study: Study, question: str) -> list[Coding]:
    """Read what a class put into a folder: every file `coding_*.csv`, as `read` does.

    Raises
    ------
    StudyError
        As `read` does, and if there is no such folder, no such file in it, or only one, since
        agreement needs two coders.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> try:
    ...     read_class("nowhere", load_study(), "recovery")
    ... except StudyError as error:
    ...     print(str(error).partition(";")[0])
    the data have one problem:
      nowhere: there is no folder of this name here
    """
    place = Path(folder)

    def stop(advice: str) -> None:
        stop_on([Problem(str(folder), 0, "", "", advice)])

    if not place.is_dir():
        beside = sorted(p.name for p in Path().iterdir() if p.is_dir() and p.name[0] not in "._")
        there = f"; the folders here are {', '.join(beside)}" if beside else "; make it first"
        stop(f"there is no folder of this name here{there}")
    files = sorted(place.glob("coding_*.csv"))
    if not files:
        stop("holds no file called coding_….csv; copy the files here that the desk wrote")
    codings = read(files, study, question)
    if len(codings) == 1:
        stop(f"holds one coding, of {codings[0].coder}; agreement needs two or more")
    return codings


def _coding(path: Path, study: Study, question: str) -> Coding:
    themes = study.codebook.groupby("question", observed=True, sort=False)["theme"].agg(list)
    content = read_file(path.parent, path.name)
    header = "".join(content.decode("utf-8-sig", "replace").splitlines()[:1]).split(",")
    columns = [*KEY, *themes[question]]
    others = [other for other in themes.index if [*KEY, *themes[other]] == header != columns]
    if others:
        advice = f"is a coding of another question; give one of {question}"
        stop_on([Problem(path.name, 1, "", str(others[0]), advice)])
    cells, problems = read_cells(path.name, content, columns)
    if cells.empty and not problems:
        advice = "holds no coded answer; remove it and begin anew"
        stop_on([Problem(path.name, 0, "", "", advice)])
    stop_on([*problems, *_cell_problems(path.name, cells, study, question)])
    found = cells.set_index("participant_id")[themes[question]].eq(WORDS[True])
    answers = presence(study, question)
    order = answers.index[answers.index.isin(found.index)]
    return Coding(cells["coder"].iloc[0], question, found.loc[order, answers.columns])


def _cell_problems(
    file: str, cells: pd.DataFrame, study: Study, question: str
) -> Iterator[Problem]:
    for name in cells["coder"].unique():
        if fault := _fault(name, study):
            wrong = cells.loc[cells["coder"] == name, "coder"]
            yield from told(file, "coder", wrong.items(), fault)
    first = cells["coder"].head(1)
    others = cells.loc[~cells["coder"].isin(first), "coder"]
    advice = f"one file is one coder's; the first row says {''.join(first)!r}"
    yield from told(file, "coder", others.items(), advice)
    themes = cells.columns.drop(KEY)
    for column in ["question", *themes]:
        words = [question] if column == "question" else list(WORDS.values())
        rules = {"required": True, "enum": words}
        field = {"name": column, "type": "string", "constraints": rules}
        yield from cell_problems(file, cells, field)
    asked = study.texts(question).index
    strangers = cells.loc[~cells["participant_id"].isin(asked), "participant_id"]
    advice = "nobody with this participant_id answered the question; see responses.csv"
    yield from told(file, "participant_id", strangers.items(), advice)
    known = cells[cells["participant_id"].isin(asked)]
    yield from key_problems(file, known, ["participant_id"])


def _fault(coder: str, study: Study) -> str:
    """Say what is wrong with the name of a coder, if anything is."""
    if not coder.strip():
        return "a coder needs a name"
    if coder != coder.strip() or not coder.isprintable():
        return "a name has no blanks around it and is on one line"
    if coder in set(study.codings["coder"]):
        return "is the name of a coder of the study; use another"
    return ""


# --- What a coding is held against ---


def ratings(codings: Sequence[Coding], study: Study) -> pd.DataFrame:
    """Put codings of one question together, as `helpers.compute.agreement` takes them.

    Parameters
    ----------
    codings
        At least one.
    study
        The study whose answers were coded.

    Returns
    -------
    DataFrame
        Ones and zeros: one row a coder and one column for every (`participant_id`, `theme`) that
        somebody judged; NaN where this coder did not.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> found = presence(study, "recovery")
    >>> ana, ben = (Coding(c, "recovery", found.head(n)) for c, n in [("Ana", 2), ("Ben", 5)])
    >>> ratings([ana, ben], study).notna().sum(axis=1).to_dict()
    {'Ana': 14, 'Ben': 35}
    """
    answers = presence(study, codings[0].question)
    rows = [c.found.reindex(answers.index).to_numpy(dtype=float).ravel() for c in codings]
    columns = pd.MultiIndex.from_product([answers.index, answers.columns])
    names = [coding.coder for coding in codings]
    return pd.DataFrame(rows, names, columns).dropna(axis="columns", how="all")


def disputed(found: pd.DataFrame) -> pd.DataFrame:
    """Rank answers by how far coders disagree on them.

    Parameters
    ----------
    found
        As `ratings` returns it, with ones and zeros, or booleans.

    Returns
    -------
    DataFrame
        One row an answer that at least two coders judged, the most disputed first and equals in the
        order of `found`: `participant_id`; `coders`, how many judged it; `percent_agreement`, of
        100 times that two of them judge a theme, how often they judge alike; and `split`, a tuple
        of the themes on which not all judge alike, the most evenly split first.

    Examples
    --------
    >>> columns = pd.MultiIndex.from_product([["P1", "P2"], ["a", "b"]])
    >>> disputed(pd.DataFrame([[1, 0, 1, 0], [1, 0, 0, 0]], ["ana", "ben"], columns))
      participant_id  coders  percent_agreement split
    0             P2       2               50.0  (a,)
    1             P1       2              100.0    ()
    """
    judged, named = found.notna().sum(), found.sum()
    units = pd.DataFrame({"pairs": judged * (judged - 1) / 2, "differ": named * (judged - named)})
    units.index.names = ["participant_id", "theme"]
    answers = units.groupby("participant_id", sort=False).sum()
    answers["coders"] = judged.groupby(level=0).max()
    answers["percent_agreement"] = 100 * (1 - answers["differ"] / answers["pairs"])
    uneven = units[units["differ"] > 0].sort_values("differ", ascending=False, kind="stable")
    split = uneven.reset_index().groupby("participant_id")["theme"].agg(tuple)
    answers["split"] = [split.get(person, ()) for person in answers.index]
    answers = answers[answers["coders"] > 1].sort_values("percent_agreement", kind="stable")
    return answers.reset_index()[["participant_id", "coders", "percent_agreement", "split"]]


def beside(coding: Coding, study: Study) -> pd.DataFrame:
    """Measure how far a coding agrees with the reading that counts and with each coder's own.

    Parameters
    ----------
    coding
        What was found; only the answers in it count.
    study
        The study whose answers were coded.

    Returns
    -------
    DataFrame
        `other`, whom it is held against, the coder who counts first; and for each of them the rows
        of `helpers.compute.agreement.agreement` for these two coders.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> ana = Coding("Ana", "recovery", presence(study, "recovery").head(20))
    >>> beside(ana, study).groupby("other", sort=False)["percent_agreement"].max().to_dict()
    {'consensus': 100.0, 'c1': 100.0, 'c2': 95.0, 'c3': 100.0}
    """
    counts = study.settings.themes.coder
    others = list(dict.fromkeys([counts, *coders(study, coding.question)]))
    found = _held_against(coding, others, study)
    labels = study.book(coding.question)["label"]
    tables = {other: by_theme(found.loc[[coding.coder, other]], labels) for other in others}
    return pd.concat(tables, names=["other"]).reset_index("other").reset_index(drop=True)


def differences(coding: Coding, study: Study) -> pd.DataFrame:
    """List where a coding differs from the reading that counts, and what the codebook says of it.

    Parameters
    ----------
    coding
        What was found; only the answers in it count.
    study
        The study whose answers were coded.

    Returns
    -------
    DataFrame
        One row an answer and theme that only one of them has, the answers with most of these
        first: `participant_id`, `theme`, whether the `coder` found it, and of the codebook `label`,
        `definition`, `include` and `exclude`, as far as it has them.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> ana = Coding("Ana", "recovery", presence(study, "recovery").head(20))
    >>> len(differences(ana, study))
    0
    """
    both = _held_against(coding, [study.settings.themes.coder], study).astype(bool).T
    both.columns = ["coder", "counted"]
    differ = both[both["coder"].ne(both.pop("counted"))].reset_index()
    differ["many"] = differ.groupby("participant_id")["theme"].transform("size")
    differ = differ.sort_values("many", ascending=False, kind="stable").drop(columns="many")
    book = study.book(coding.question).filter(["label", "definition", "include", "exclude"])
    return differ.join(book, on="theme").reset_index(drop=True)


def _held_against(coding: Coding, coders: Sequence[str], study: Study) -> pd.DataFrame:
    """Return the ratings of a coder, and below them those of coders of the study."""
    question = coding.question
    known = [Coding(coder, question, presence(study, question, coder)) for coder in coders]
    return ratings([coding, *known], study)[ratings([coding], study).columns]


# --- The desk ---


@dataclass(frozen=True)
class Desk:
    """One coder at work on one question; the file is all that is known of what was done.

    Jupyter shows widgets, at the first answer that was not read yet. A page without a kernel,
    Jupyter without ipywidgets, and a desk without a coder show a picture of it. As the file is
    read again at each change, several desks of a coder, or a file changed by hand, do no harm.

    Parameters
    ----------
    study
        The study.
    question
        The question, as the codebook has it.
    coder
        A name; if it is empty, nobody codes and no file is looked for.
    first
        How many answers lie on the desk, in the order of the study; by default all.
    folder
        Where the file is; by default beside the notebook.

    Raises
    ------
    ValueError
        If the name cannot be one.
    StudyError
        If there is a file for this coder and question that cannot be used; as of `read`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from helpers.load import load_study
    >>> with TemporaryDirectory() as folder:
    ...     desk = Desk(load_study(), "recovery", "Ana", first=3, folder=Path(folder))
    ...     desk.note("P01", ["other"])
    ...     desk.note("P02", [])
    ...     print(desk.path.name, desk.noted("P01"), desk.noted("P02"), desk.unread())
    coding_recovery_ana.csv {'other'} set() ['P03']
    """

    study: Study
    question: str
    coder: str = ""
    first: int | None = None
    folder: Path = Path()

    def __post_init__(self) -> None:
        if self.coder and (fault := _fault(self.coder, self.study)):
            raise ValueError(f"{self.coder!r}: {fault}")
        self.coding()

    def __repr__(self) -> str:
        done = len(self.answers()) - len(self.unread())
        who = self.coder or "Nobody"
        return f"Desk: {who} has coded {done} of {len(self.answers())} answers"

    @property
    def path(self) -> Path:
        """Where everything is saved."""
        name = re.sub(r"\W+", "-", self.coder.casefold()).strip("-")
        return self.folder / f"coding_{self.question}_{name}.csv"

    def answers(self) -> pd.Series:
        """Return the answers on the desk by `participant_id`."""
        texts = self.study.texts(self.question)
        return texts.head(self.first or len(texts))

    def coding(self) -> Coding:
        """Return what is in the file; nothing if there is none."""
        if not self.coder or not self.path.exists():
            nothing = presence(self.study, self.question).head(0)
            return Coding(self.coder, self.question, nothing)
        [coding] = read([self.path], self.study, self.question)
        if coding.coder != self.coder:
            advice = f"is another coder's file than {self.coder!r}; use this name, or a third one"
            raise StudyError([Problem(self.path.name, 2, "coder", coding.coder, advice)])
        return coding

    def noted(self, person: str) -> set[str] | None:
        """Return the themes noted for an answer; None if it was not read yet."""
        found = self.coding().found
        return set(found.columns[found.loc[person]]) if person in found.index else None

    def unread(self) -> list[str]:
        """Return whose answers on the desk were not read yet."""
        answers = self.answers().index
        return list(answers[~answers.isin(self.coding().found.index)])

    def note(self, person: str, themes: Collection[str]) -> None:
        """Save which themes an answer carries; none are as good a finding as some.

        Raises
        ------
        ValueError
            If the desk is nobody's, the codebook has no such theme, or nobody gave such an answer.
        """
        if not self.coder:
            raise ValueError("nobody sits at this desk; give the coder's name")
        order = presence(self.study, self.question).index
        if person not in order:
            raise ValueError(f"{person!r} gave no answer to this question")
        found = self.coding().found.copy()
        if unknown := set(themes) - set(found.columns):
            raise ValueError(f"no such theme: {', '.join(sorted(unknown))}; use {', '.join(found)}")
        found.loc[person] = found.columns.isin(themes)
        found = found.loc[order[order.isin(found.index)]].astype(bool)
        save(self.path, Coding(self.coder, self.question, found))

    def tick(self, person: str, theme: str, *, carried: bool) -> None:
        """Save that an answer carries a theme, or that it does not after all.

        An answer whose last theme is taken back counts as not read, until somebody says that it
        carries none; a file of nothing else is removed.
        """
        themes = (self.noted(person) or set()) - {theme} | ({theme} if carried else set())
        if themes:
            self.note(person, themes)
        elif self.noted(person):
            found = self.coding().found.drop(index=person)
            if found.empty:
                self.path.unlink()
            else:
                save(self.path, Coding(self.coder, self.question, found))

    def live(self) -> "VBox":
        """Return the widgets.

        Raises
        ------
        ImportError
            If ipywidgets is not installed.
        """
        return _Widgets(self).box

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        still = Html(self._repr_html_(), repr(self))
        if self.coder:
            return with_widgets(still, self.live)
        return {"text/plain": still.text, "text/html": still.html}

    def _repr_html_(self) -> str:
        need = "<p>To code here, install ipywidgets: <code>pip install ipywidgets</code>.</p>"
        is_needed = self.coder and find_spec("ipywidgets") is None
        return (need if is_needed else "") + self.picture().html

    def picture(self) -> Html:
        """Return what the desk looks like with its first answer, for pages where nobody codes."""
        book = self.study.book(self.question)
        boxes = "".join(
            f'<li><span aria-hidden="true">☐</span> {escape(theme.label)} '
            f"<small>{escape(_told(theme, 'definition'))}</small></li>"
            for theme in book.itertuples()
        )
        answers = self.answers()
        is_private = self.study.settings.private
        first = "The answer stands here; the study is private." if is_private else answers.iloc[0]
        caption = (
            "A picture of the desk, with nothing ticked yet. In Jupyter, with a name in the cell "
            "above, it is live: tick what the answer carries, or press one of the buttons "
            f"{', '.join(f'“{text}”' for text in BUTTONS.values())}."
        )
        html = (
            f'<figure class="study desk">\n<p><strong>Answer 1 of {len(answers)}</strong></p>\n'
            f"<blockquote><p>{escape(first)}</p></blockquote>\n"
            f'<ul class="quotes">{boxes}</ul>\n'
            f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
        )
        return Html(html, f"{caption}\n{first}")


class _Widgets:
    """The desk's widgets, which keep nothing but whose answer is shown."""

    def __init__(self, desk: Desk) -> None:
        import ipywidgets

        self.desk = desk
        self.people = list(desk.answers().index)
        self.at = self.to_do()
        book = desk.study.book(desk.question)
        wide = ipywidgets.Layout(width="auto")
        self.answer = ipywidgets.HTML(tabbable=True)
        self.said = ipywidgets.HTML()
        self.boxes = {
            theme: ipywidgets.Checkbox(description=label, indent=False, layout=wide)
            for theme, label in book["label"].items()
        }
        near = '<div style="margin: -0.6em 0 0.4em 1.7em; line-height: 1.4">'
        told = [_told(theme, "definition") for theme in book.itertuples()]
        meant = [ipywidgets.HTML(f"{near}{escape(text)}</div>") for text in told]
        self.buttons = {
            what: ipywidgets.Button(description=text, layout=wide) for what, text in BUTTONS.items()
        }
        themes = chain.from_iterable(zip(self.boxes.values(), meant, strict=True))
        buttons = ipywidgets.HBox(list(self.buttons.values()))
        rules = ipywidgets.HTML(_rules(book))
        self.said.add_class("announced")
        parts = [rules, self.answer, *themes, buttons, self.said, keep_keys()]
        self.box = ipywidgets.VBox(parts)
        for theme, box in self.boxes.items():
            box.observe(partial(self.ticked, theme), "value")
        self.buttons["none"].on_click(lambda _: self.turn(1, lambda p: desk.note(p, [])))
        self.buttons["back"].on_click(lambda _: self.turn(-1))
        self.buttons["next"].on_click(lambda _: self.turn(1))
        self.show()

    def to_do(self) -> int:
        """Return the place of the first answer not read yet, or of the last one."""
        return self.people.index(next(iter(self.desk.unread()), self.people[-1]))

    def show(self) -> None:
        """Show the answer and its ticks as the file has them."""
        person = self.people[self.at]
        noted = self.desk.noted(person)
        state = "not coded yet" if noted is None else "coded" if noted else "carries none"
        number = len(self.people)
        self.answer.value = (
            f"<p><strong>Answer {self.at + 1} of {number}</strong>, {state}. "
            f"Coded so far: {number - len(self.desk.unread())} of {number}.</p>"
            f"<blockquote><p>{escape(self.desk.answers()[person])}</p></blockquote>"
        )
        self.set_boxes(noted or set())

    def set_boxes(self, themes: Collection[str]) -> None:
        """Tick the boxes of these themes and no others, which is no news for the file."""
        self.is_person_at_work = False
        for theme, box in self.boxes.items():
            box.value = theme in themes
        self.is_person_at_work = True

    def ticked(self, theme: str, change: dict) -> None:
        """Save a tick, or undo it in the box."""
        if self.is_person_at_work:
            person = self.people[self.at]
            ticks = {name for name, box in self.boxes.items() if box.value}
            if not self.save(lambda: self.desk.tick(person, theme, carried=change["new"])):
                self.set_boxes(ticks ^ {theme})

    def turn(self, step: int, finding: Callable[[str], None] = lambda _: None) -> None:
        """Save a finding on this answer and go to another one; after the last, to what is to do."""
        person = self.people[self.at]
        if self.save(lambda: finding(person), step):
            # Text cannot be given the focus; from the first box the answer is one step back.
            next(iter(self.boxes.values())).focus()

    def save(self, change: Callable[[], None], step: int = 0) -> bool:
        """Do what changes the file, show the answer that comes then, and say how it went."""
        try:
            change()
            self.at = max(self.at + step, 0)
            if self.at == len(self.people):
                self.at = self.to_do()
            self.show()
        except (OSError, StudyError) as error:
            self.said.value = f'<div role="alert">Not saved: <pre>{escape(str(error))}</pre></div>'
            return False
        where = f"Saved in {self.desk.path}" if self.desk.path.exists() else "Nothing is coded yet"
        self.said.value = f'<p role="status">{escape(where)}.</p>'
        return True


def _rules(book: pd.DataFrame) -> str:
    """Return what counts and what does not, as far as the codebook says so."""
    entries = ""
    for theme in book.itertuples():
        rules = {"Counts": _told(theme, "include"), "Does not count": _told(theme, "exclude")}
        lines = [f"{word}: {escape(rule)}" for word, rule in rules.items() if rule]
        entries += f"<dt>{escape(theme.label)}</dt><dd>{'<br>'.join(lines)}</dd>" if lines else ""
    if not entries:
        return ""
    return f"<details><summary>What counts, and what does not</summary><dl>{entries}</dl></details>"


def _told(theme: NamedTuple, column: str) -> str:
    """Return what the codebook says of a theme in a column that it need not have."""
    told = getattr(theme, column, "")
    return "" if pd.isna(told) else told
