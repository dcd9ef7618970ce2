"""Read coded texts from a REFI-QDA project (.qdpx), which most programs for coding can export.

A project is a ZIP archive with `project.qde`, an XML file, and the texts beside it. Codes are told
apart by their GUID, since names repeat, and called by their path in the tree of codes.

References
----------
REFI-QDA Standard 1.5 (2019), Rotterdam Exchange Format Initiative, https://www.qdasoftware.org.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from intake import IntakeError

MOST = 200_000_000  # bytes that a member of the archive may unpack to
CUT = re.compile(r"(\.\.\.|…)$")  # what programs put where they cut a selection's words


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
    """All texts; the codes by GUID in the order of the tree; and what was not taken.

    `unchecked` counts the selections whose words the export does not carry, so that only their
    place could be taken on trust.
    """

    texts: list[Text]
    codes: dict[str, Code]
    left: dict[str, int]
    unchecked: int


def read(path: Path) -> Project:
    """Read a project.

    Positions count Unicode code points. Some programs count a Windows line end as one, others as
    two: where a text has them, the count under which the words of all its selections fit is taken.

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
        inside = next(i for i in archive.namelist() if i.lower().endswith("project.qde"))
        root = SafeTree.fromstring(_member(archive, inside))
    except OSError:
        raise IntakeError([f"{path}: no such file"]) from None
    except (zipfile.BadZipFile, StopIteration):
        raise IntakeError([f"{path.name}: is no REFI-QDA project (no project.qde in it)"]) from None
    except (ParseError, DefusedXmlException) as error:
        raise IntakeError([f"{path.name}: project.qde is no XML to be trusted: {error}"]) from None
    return _project(path.name, archive, root)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST:
        raise IntakeError([f"{name} unpacks to more than {MOST:,} bytes"])
    return archive.read(name)


def _project(file: str, archive: zipfile.ZipFile, root: Element) -> Project:
    for element in root.iter():  # versions of the standard differ in their namespace
        element.tag = element.tag.rpartition("}")[2]
    users = {user.get("guid"): user.get("name") or "" for user in root.iter("User")}
    codes = dict(_codes(root.find("CodeBook/Codes"), ()))
    about = _cases(root)
    problems: list[str] = []
    texts, unchecked = [], 0
    left: dict[str, int] = {}
    for source in root.iterfind("Sources/*"):
        name = source.get("name") or source.get("guid") or ""
        if source.tag != "TextSource":
            left[source.tag] = left.get(source.tag, 0) + 1
            continue
        try:
            original = _text(archive, source)
        except IntakeError as error:
            problems += [f"{file}, source {name!r}: {problem}" for problem in error.problems]
            continue
        selections = source.findall("PlainTextSelection")
        positions, wrong = _counted(original, selections)
        problems += [f"{file}, source {name!r}: {problem}" for problem in wrong]
        codings = []
        for selection in selections:
            unchecked += not _words(selection, original)
            for coding in selection.findall("Coding"):
                code = coding.find("CodeRef").get("targetGUID")
                if code not in codes:
                    problems.append(f"{file}, source {name!r}: no code has the GUID {code}")
                    continue
                user = coding.get("creatingUser") or selection.get("creatingUser")
                ends = [int(selection.get(end)) for end in ("startPosition", "endPosition")]
                if not wrong:
                    start, end = (positions[place] for place in ends)
                    codings.append(Coding(code, users.get(user, user or ""), start, end))
        plain = original.replace("\r\n", "\n").replace("\r", "\n")
        texts.append(Text(name, plain, codings, about.get(source.get("guid"), {})))
    if problems:
        raise IntakeError(problems)
    return Project(texts, codes, left, unchecked)


def _codes(parent: Element | None, path: tuple[str, ...]) -> Iterator[tuple[str, Code]]:
    for code in [] if parent is None else parent.findall("Code"):
        own = (*path, (code.get("name") or "").strip())
        yield code.get("guid"), Code(own, (code.findtext("Description") or "").strip())
        yield from _codes(code, own)


def _cases(root: Element) -> dict[str, dict[str, str]]:
    """Return what the cases say of each source: the values of their variables."""
    names = {v.get("guid"): v.get("name") or "" for v in root.iterfind("Variables/Variable")}
    about: dict[str, dict[str, str]] = {}
    for case in root.iterfind("Cases/Case"):
        told = {"case": case.get("name") or ""}
        for value in case.findall("VariableValue"):
            variable = names.get(value.find("VariableRef").get("targetGUID"), "")
            text = next((v.text for v in value if v.tag.endswith("Value") and v.text), "")
            told[variable] = text.strip()
        for source in case.findall("SourceRef"):
            about.setdefault(source.get("targetGUID"), {}).update(told)
    return about


def _text(archive: zipfile.ZipFile, source: Element) -> str:
    inline = source.findtext("PlainTextContent")
    if inline is not None:
        return inline
    address = source.get("plainTextPath") or ""
    if not address.startswith("internal://"):
        raise IntakeError([f"its text lies outside of the project ({address or 'no plain text'})"])
    wanted = address.removeprefix("internal://").lower()
    member = next((n for n in archive.namelist() if n.lower().endswith(f"/{wanted}")), None)
    if member is None:
        raise IntakeError([f"its text {wanted} is not in the archive"])
    content = _member(archive, member)
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        raise IntakeError([f"its text is neither UTF-8 nor UTF-16 ({place})"]) from None


def _counted(text: str, selections: list[Element]) -> tuple[dict[int, int], list[str]]:
    """Find how positions are counted, and what is wrong with the selections by the best count.

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
    counts = [as_is] if as_one == as_is else [as_is, as_one]
    best = min((_misfits(text, count, selections) for count in counts), key=len)
    count = next(c for c in counts if len(_misfits(text, c, selections)) == len(best))
    return dict(zip(reversed(count), reversed(as_one), strict=True)), best


def _misfits(text: str, count: list[int], selections: list[Element]) -> list[str]:
    where = {theirs: index for index, theirs in reversed(list(enumerate(count)))}
    problems = []
    for selection in selections:
        start, end = (int(selection.get(end)) for end in ("startPosition", "endPosition"))
        span = f"selection {start} to {end}"
        if start not in where or end not in where or start >= end:
            problems.append(f"{span}: does not lie in the text, which has {count[-1]} characters")
            continue
        found = _even(text[where[start] : where[end]])
        words = _words(selection, text)
        is_cut = bool(CUT.search(selection.get("name") or ""))
        if words and not (found.startswith(words) if is_cut else found == words):
            problems.append(f"{span}: the export says {words[:60]!r}, the text has {found[:60]!r}")
    return problems


def _words(selection: Element, text: str) -> str:
    """Return the words that an export gives as a selection's name; nothing if it is a name.

    Programs use the name for the words themselves, cut short if they are long, or for a number or a
    remark. It counts as the words if it is as long as the selection, or cut, or stands in the text.
    """
    name = (selection.get("name") or "").strip()
    words = _even(CUT.sub("", name))
    length = int(selection.get("endPosition")) - int(selection.get("startPosition"))
    is_words = CUT.search(name) or len(name) == length or (len(words) > 3 and words in _even(text))
    return words if is_words else ""


def _even(text: str) -> str:
    """Return a text as names keep it: in one Unicode form, any run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())
