"""Turn self-checks into a bank of questions: GIFT for Moodle, QTI 2.1 for Canvas and others.

A self-check is written as the pages take it, in `book/exercises/*.md` or `class/questions.md`: see
`book/_ext/course.py`. Text keeps its words; emphasis, links and code lose their marks.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

CHECK = re.compile(
    r"^```\{self-check\} (?P<text>[^\n]+)\n:right: (?P<right>\d+)\n\n(?P<options>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(
    r"^(?P<option>\S[^\n]*)\n: (?P<feedback>.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL
)
ROLE = re.compile(r"\{\w+\}`([^`<]+?)(?: <[^>]*>)?`")
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
MARK = re.compile(r"\*{1,2}(\S(?:[^*]*\S)?)\*{1,2}|`([^`]+)`")
SPECIAL = re.compile(r"([~=#{}:\\])")
QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
CONTENT = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
MATCH_CORRECT = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"


@dataclass(frozen=True)
class Question:
    """A question with options of which one is right; `right` counts from 0."""

    name: str
    text: str
    options: list[str]
    feedback: list[str]
    right: int


def read(path: Path) -> list[Question]:
    """Return the self-checks of a file, in its order."""
    found = []
    for number, check in enumerate(CHECK.finditer(path.read_text(encoding="utf-8")), start=1):
        options = [option.groups() for option in OPTION.finditer(check["options"])]
        names, feedback = ([plain(text) for text in texts] for texts in zip(*options, strict=True))
        name = f"{path.stem}-{number}"
        right = int(check["right"]) - 1
        found.append(Question(name, plain(check["text"]), names, feedback, right))
    return found


def plain(text: str) -> str:
    """Return text without its marks.

    Examples
    --------
    >>> plain("The *base* of {doc}`chapter one <01_study>` is `89`")
    'The base of chapter one is 89'
    """
    text = LINK.sub(r"\1", ROLE.sub(r"\1", " ".join(text.split())))
    return MARK.sub(lambda mark: mark[1] or mark[2], text)


def gift(questions: list[Question], category: str) -> str:
    r"""Return questions in Moodle's GIFT.

    Examples
    --------
    >>> print(gift([Question("q", "1 = 1?", ["yes", "no", "~"], ["So.", "No.", "?"], 0)], "Bank"))
    $CATEGORY: Bank
    <BLANKLINE>
    ::q::1 \= 1?{
        =yes#So.
        ~no#No.
        ~\~#?
    }
    <BLANKLINE>
    """
    parts = [f"$CATEGORY: {category}\n"]
    for question in questions:
        rows = [
            f"    {'=' if number == question.right else '~'}{_escaped(option)}#{_escaped(feedback)}"
            for number, (option, feedback) in enumerate(
                zip(question.options, question.feedback, strict=True)
            )
        ]
        head = f"::{_escaped(question.name)}::{_escaped(question.text)}{{"
        parts.append("\n".join([head, *rows, "}\n"]))
    return "\n".join(parts)


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def qti(questions: list[Question], path: Path) -> None:
    """Write questions as a content package of QTI 2.1: a manifest, and an item for each."""
    ElementTree.register_namespace("xsi", SCHEMA)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(_at("imsmanifest.xml"), _xml(_manifest(questions), CONTENT))
        for question in questions:
            package.writestr(_at(f"{question.name}.xml"), _xml(_item(question), QTI))


def _at(name: str) -> zipfile.ZipInfo:
    """Return an entry with a fixed date, so that the same questions give the same bytes."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _xml(root: ElementTree.Element, namespace: str) -> bytes:
    root.set("xmlns", namespace)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _item(question: Question) -> ElementTree.Element:
    root = ElementTree.Element(
        "assessmentItem",
        {
            f"{{{SCHEMA}}}schemaLocation": f"{QTI} {QTI}.xsd",
            "identifier": f"q-{question.name}",
            "title": question.name,
            "adaptive": "false",
            "timeDependent": "false",
        },
    )
    add = ElementTree.SubElement
    single = {"cardinality": "single", "baseType": "identifier"}
    response = add(root, "responseDeclaration", {"identifier": "RESPONSE", **single})
    add(add(response, "correctResponse"), "value").text = f"option-{question.right + 1}"
    score = {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
    outcome = add(root, "outcomeDeclaration", score)
    add(add(outcome, "defaultValue"), "value").text = "0"
    body = add(root, "itemBody")
    shuffled = {"responseIdentifier": "RESPONSE", "shuffle": "true", "maxChoices": "1"}
    choices = add(body, "choiceInteraction", shuffled)
    add(choices, "prompt").text = question.text
    for number, option in enumerate(question.options, start=1):
        identifier = f"option-{number}"
        choice = add(choices, "simpleChoice", {"identifier": identifier})
        choice.text = option
        shown = {"outcomeIdentifier": "RESPONSE", "showHide": "show", "identifier": identifier}
        feedback = add(choice, "feedbackInline", shown)
        feedback.text = question.feedback[number - 1]
    add(root, "responseProcessing", {"template": MATCH_CORRECT})
    return root


def _manifest(questions: list[Question]) -> ElementTree.Element:
    root = ElementTree.Element("manifest", {"identifier": "questions"})
    add = ElementTree.SubElement
    metadata = add(root, "metadata")
    add(metadata, "schema").text = "QTIv2.1 Package"
    add(metadata, "schemaversion").text = "1.0.0"
    add(root, "organizations")
    resources = add(root, "resources")
    for question in questions:
        name = f"{question.name}.xml"
        kind = {"identifier": f"r-{question.name}", "type": "imsqti_item_xmlv2p1", "href": name}
        add(add(resources, "resource", kind), "file", {"href": name})
    return root
