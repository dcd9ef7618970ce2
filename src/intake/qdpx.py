"""Read coded texts from a REFI-QDA project (.qdpx), which most programs for coding can export.

A project is a ZIP archive with `project.qde`, an XML file, and the texts beside it; ATLAS.ti names
that file after the project. Codes are told apart by their GUID, since names repeat, and called by
their path in the tree of codes.

References
----------
REFI-QDA Standard 1.5 (2019), Rotterdam Exchange Format Initiative, https://www.qdasoftware.org.
"""

import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from intake import IntakeError

MOST = 200_000_000  # bytes that a member of the archive may unpack to
CUT = re.compile(r"(\.\.\.|…)$")  # what programs put where they cut a selection's words
LONG = 20  # characters, from which a name that stands in the text is no chance
LEFT = {"Note", "Set", "Graph", "Link", "SelectionRef"}  # what else a project may hold


@dataclass(frozen=True)
class Code:
    """A code: its place in the tree, from the top, and its description."""

    path: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Coding:
    """Characters `start` to before `end` of a text, given a code (its GUID) by a coder."""

    code: str
    coder: str
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """A source: its text with Unix line ends, its codings, and what is known of whose it is."""

    name: str
    text: str
    codings: list[Coding]
    about: dict[str, str]


@dataclass(frozen=True)
class Project:
    """All texts; the codes by GUID in the order of the tree; and how many of what were not taken.

    `unchecked` counts the selections whose words the export does not carry, so that only their
    place could be taken on trust.
    """

    texts: list[Text]
    codes: dict[str, Code]
    left: dict[str, int]
    unchecked: int


def read(path: Path) -> Project:
    """Read a project.

    Positions count Unicode code points. ATLAS.ti counts a Windows line end as one, others as two:
    where a text has them, the count under which the words of all its selections fit is taken.
    A code that was given to a text as a whole is a coding from its first to its last character.

    Raises
    ------
    IntakeError
        If the archive or its XML cannot be read, a text is not in UTF-8 or UTF-16, or what a
        selection says its words are does not stand where it says: nothing is shifted to fit.
    """
    import defusedxml.ElementTree as SafeTree
    from defusedxml.common import DefusedXmlException

    try:
        archive = zipfile.ZipFile(path)
        named = [name for name in archive.namelist() if name.lower().endswith(".qde")]
        inside = next((n for n in named if n.lower().endswith("project.qde")), None) or named[0]
        root = SafeTree.fromstring(_member(archive, inside))
    except OSError:
        raise IntakeError([f"{path}: no such file"]) from None
    except (zipfile.BadZipFile, IndexError):
        raise IntakeError([f"{path.name}: is no REFI-QDA project (no .qde file in it)"]) from None
    except (ParseError, DefusedXmlException) as error:
        raise IntakeError([f"{path.name}: {inside} is no XML to be trusted: {error}"]) from None
    return _project(path.name, archive, root)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST:
        raise IntakeError([f"{name} unpacks to more than {MOST:,} bytes"])
    return archive.read(name)


def _project(file: str, archive: zipfile.ZipFile, root: Element) -> Project:
    for element in root.iter():  # versions of the standard differ in their namespace
        element.tag = element.tag.rpartition("}")[2]
    users = {_guid(user): user.get("name") or "" for user in root.iter("User")}
    codes = dict(_codes(root.find("CodeBook/Codes"), ()))
    cases = {_guid(case) for case in root.iterfind("Cases/Case")}
    variables = {_guid(v): v.get("name") or "" for v in root.iterfind("Variables/Variable")}
    about = _cases(root, variables)
    is_atlas = "ATLAS" in (root.get("origin") or "")
    problems: list[str] = []
    texts, unchecked = [], 0
    left = Counter(element.tag for element in root.iter() if element.tag in LEFT)
    for source in root.iterfind("Sources/*"):
        name = source.get("name") or source.get("guid") or ""
        if source.tag != "TextSource":
            left[source.tag] += 1
            continue
        try:
            original, selections = _text(archive, source), _selections(source)
        except IntakeError as error:
            problems += [f"{file}, source {name!r}: {problem}" for problem in error.problems]
            continue
        positions, wrong = _counted(original, selections, is_atlas)
        problems += [f"{file}, source {name!r}: {problem}" for problem in wrong]
        plain = original.replace("\r\n", "\n").replace("\r", "\n")
        unchecked += sum(not _words(s, original, *ends)[0] for s, ends in selections.items())
        codings = []
        for owner in [source, *selections]:
            for coding in owner.findall("Coding"):
                code = _guid(coding.find("CodeRef"), "targetGUID")
                if code in cases:  # NVivo marks so what is said by whom
                    left["codings of cases"] += 1
                elif code not in codes:
                    problems.append(f"{file}, source {name!r}: no code has the GUID {code!r}")
                elif not wrong:
                    user = _guid(coding, "creatingUser") or _guid(owner, "creatingUser")
                    ends = [positions[end] for end in selections.get(owner, [])] or [0, len(plain)]
                    codings.append(Coding(code, users.get(user, user), *ends))
        own = _values(source, variables) | about.get(_guid(source), {})
        texts.append(Text(name, plain, codings, own))
    if problems:
        raise IntakeError(problems)
    return Project(texts, codes, dict(left), unchecked)


def _guid(element: Element | None, name: str = "guid") -> str:
    """Return a GUID, which may be written in capitals and in braces; empty if there is none."""
    return "" if element is None else (element.get(name) or "").strip("{}").lower()


def _selections(source: Element) -> dict[Element, tuple[int, int]]:
    """Return where each selection with a code begins and ends; those without carry remarks."""
    found, wrong = {}, []
    for selection in source.findall("PlainTextSelection[Coding]"):
        ends = [selection.get(which, "") for which in ("startPosition", "endPosition")]
        if all(re.fullmatch("[0-9]{1,9}", end) for end in ends):
            found[selection] = (int(ends[0]), int(ends[1]))
        else:
            wrong.append(
                "selection {!r} to {!r}: its positions must be whole numbers".format(*ends)
            )
    if wrong:
        raise IntakeError(wrong)
    return found


def _codes(parent: Element | None, path: tuple[str, ...]) -> Iterator[tuple[str, Code]]:
    for code in [] if parent is None else parent.findall("Code"):
        own = (*path, (code.get("name") or "").strip())
        yield _guid(code), Code(own, (code.findtext("Description") or "").strip())
        yield from _codes(code, own)


def _cases(root: Element, variables: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return what the cases say of each source: the values of their variables."""
    about: dict[str, dict[str, str]] = {}
    for case in root.iterfind("Cases/Case"):
        told = {"case": case.get("name") or ""} | _values(case, variables)
        for source in case.findall("SourceRef"):
            about.setdefault(_guid(source, "targetGUID"), {}).update(told)
    return about


def _values(element: Element, variables: dict[str, str]) -> dict[str, str]:
    """Return the values of the variables of a case, or of a text, where MAXQDA has them."""
    told = {}
    for value in element.findall("VariableValue"):
        text = next((v.text for v in value if v.tag.endswith("Value") and v.text), "")
        told[variables.get(_guid(value.find("VariableRef"), "targetGUID"), "")] = text.strip()
    return told


def _text(archive: zipfile.ZipFile, source: Element) -> str:
    inline = source.findtext("PlainTextContent")
    if inline is not None:
        return inline
    address = source.get("plainTextPath") or ""
    wanted = address.removeprefix("internal://")
    if not address or "://" in wanted:
        raise IntakeError([f"its text lies outside of the project ({address or 'no plain text'})"])
    place = f"/{wanted.lstrip('/')}".lower()
    member = next((n for n in archive.namelist() if f"/{n}".lower().endswith(place)), None)
    if member is None:
        raise IntakeError([f"its text {wanted} is not in the archive"])
    content = _member(archive, member)
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        raise IntakeError([f"its text is neither UTF-8 nor UTF-16 ({place})"]) from None


def _counted(
    text: str, selections: dict[Element, tuple[int, int]], is_atlas: bool
) -> tuple[dict[int, int], list[str]]:
    """Find how positions are counted, and what is wrong with the selections by the best count.

    Where no selection tells, the count is that of the program that wrote the export.

    Returns
    -------
    tuple
        The position in the text with Unix line ends of each position in the export, and a line for
        each selection that does not fit.
    """
    # Each count: the position that the export has for each character, and for the text's end.
    as_is = list(range(len(text) + 1))
    as_one, place = [], 0
    for index, letter in enumerate(text):
        as_one.append(place)
        place += not (letter == "\r" and text[index + 1 : index + 2] == "\n")
    as_one.append(place)
    counts = [as_one, as_is] if is_atlas else [as_is, as_one]
    found = [_misfits(text, count, selections) for count in counts]
    best = min((0, 1), key=lambda which: (len(found[which][0]), found[which][1]))
    return dict(zip(reversed(counts[best]), reversed(as_one), strict=True)), found[best][0]


def _misfits(
    text: str, count: list[int], selections: dict[Element, tuple[int, int]]
) -> tuple[list[str], int]:
    """Return a line for each selection that does not fit, and how many do not begin as told."""
    where = {theirs: index for index, theirs in reversed(list(enumerate(count)))}
    problems, others = [], 0
    for selection, (start, end) in selections.items():
        span = f"selection {start} to {end}"
        if start not in where or end not in where or start >= end:
            problems.append(f"{span}: does not lie in the text, which has {count[-1]} characters")
            continue
        found = _even(text[where[start] : where[end]])
        words, is_part = _words(selection, text, start, end)
        others += not found.startswith(words)
        if not (words in found if is_part else found.startswith(words)):
            problems.append(f"{span}: the export says {words[:60]!r}, the text has {found[:60]!r}")
    return problems, others


def _words(selection: Element, text: str, start: int, end: int) -> tuple[str, bool]:
    """Return the words that an export gives as a selection's name, and whether they are a part.

    Programs use the name for the words themselves, cut short if they are long, for a title or for a
    number. It is all words, or how they begin, if it is as long as the selection or ends in dots; a
    part of them if it is long and stands in the text; else it says nothing of them.
    """
    name = (selection.get("name") or "").strip()
    words = _even(CUT.sub("", name))
    if CUT.search(name) or len(name) == end - start:
        return words, False
    return (words, True) if len(words) >= LONG and words in _even(text) else ("", True)


def _even(text: str) -> str:
    """Return a text as names keep it: in one Unicode form, any run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())
