"""A stranger's data folder is data: nothing in it runs, nothing outside it is read or asked."""

import csv
import errno
import json
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path

import parcel
import pytest
from conftest import DATA, TINY
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.compute.scorecard import compute
from helpers.load import StudyError, load_study
from helpers.load.files import LARGEST
from learn import lab

PACKAGE = "datapackage.json"
STUDY = ("participants", "responses", "codings", "omi")
PEOPLE, ANSWERS, CODINGS, OMI = (f"study/{name}.csv" for name in STUDY)
FACTS, ITEMS, BOOK = (f"published/{name}.csv" for name in ("facts", "omi_items", "codebook"))
SECRET = "token-that-nobody-may-see"


@pytest.fixture(scope="module")
def asked():
    """Return a port on loopback, and a list that grows when somebody asks it."""
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        is_over = threading.Event()

        def listen():
            while not is_over.is_set():
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue
                calls.append(1)

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], calls
        is_over.set()
        thread.join()


@pytest.fixture
def refused(tiny, monkeypatch, asked, tmp_path):
    """Return a function that changes the tiny study and gives the message that refuses it."""
    port, calls = asked
    canary = tmp_path / "canary"
    monkeypatch.setenv("STUDY_TOKEN", SECRET)

    def refused(change):
        change(tiny)
        package = tiny / PACKAGE
        if package.is_file() and not package.is_symlink():
            text = package.read_bytes().replace(b"PORT", str(port).encode())
            package.write_bytes(text)
        before = len(calls)
        with pytest.raises(StudyError) as caught:
            compute(load_study(tiny))
        message = str(caught.value)
        assert not canary.exists()
        assert len(calls) == before
        assert SECRET not in message
        assert "root:" not in message
        assert len(message) < 5_000
        assert "\x1b" not in message
        return message

    refused.canary = canary
    return refused


# Recipes

COMMAND = "touch CANARY"
RECIPES = [
    f"age > @pd.io.common.os.system('{COMMAND}')",
    f"__import__('os').system('{COMMAND}')",
    f"@__import__('os').system('{COMMAND}')",
    f"(lambda: __import__('os').system('{COMMAND}'))()",
    f"[c for c in ().__class__.__base__.__subclasses__()][0].__init__('{COMMAND}')",
    f"`age`.map(@pd.eval('{COMMAND}')) > 3",
    f"age.pipe(@pd.read_pickle, '{COMMAND}')",
    'eval(\'open("CANARY", "w")\')',
    "open('CANARY', 'w')",
    "max(open('CANARY', 'w'))",
    "max(age, key=print) > 3",
    "age.__class__",
    "age.max() > 3",
    "age[0] > 3",
    "age > @fact",
    "f'{age}' == '1'",
    "(x := age) > 1",
    "age = 3",
    "age > 3; age > 4",
    "age > 3\nage > 4",
    "9**9**9**9 > age",
    "'a' * 10**10 == sex",
    "age << 10**10 > 3",
    "True if age > 3 else False",
    "age & 3",
    "~patient_contact",
    "*age",
    "age, age",
    "[age > 3]",
    "{age: 3}",
    "await age",
    "age is 3",
    "age == 3j",
    "age == ...",
    "sex == b'woman'",
    "sex in 'woman'",
    "sex in age",
    "sex > 3",
    "age == 'x'",
    "patient_contact == 3",
    "sex == 'womn'",
    "agee > 3",
    "`age` > 3",
    "age",
    "1",
    "1 < 2",
    "   ",
    "age > 3\0",
    r"sex == '\d'",
    "age > " + "9" * 5_000,
    "(" * 900 + "age > 3" + ")" * 900,
    "not " * 5_000 + "patient_contact",
    "-" * 900 + "1 == age",
    "1+" * 490 + "agee > 3",
    " or ".join(["age > 3"] * 2_000),
    "self.table",
    "max(sex) == 'woman'",
    "age - sex > 3",
    "None",
    "None > age",
]


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def fact(table="participants", statistic="count", column="", where="", base=""):
    cells = [table, statistic, *map(quoted, [column, where, base])]
    return f"Z,one,Zed,4,people,,Methods,reported,,{','.join(cells)},\n"


def append(path, text):
    def change(folder):
        with (folder / path).open("a", encoding="utf-8", newline="") as file:
            file.write(text)

    return change


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe[:40])
@pytest.mark.parametrize("which", ["where", "base"])
def test_a_recipe_that_is_no_condition_is_refused_and_not_run(refused, recipe, which):
    recipe = recipe.replace("CANARY", str(refused.canary))
    message = refused(append(FACTS, fact(statistic="percent", **{which: recipe})))
    assert f"{FACTS}, line 5, column {which}: " in message


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"table": "nowhere"}, "column table: 'nowhere'"),
        ({"statistic": "mean", "column": "agee"}, "column column: 'agee'"),
        ({"statistic": "mean", "column": "sex"}, "column column: 'sex': is no column of numbers"),
        ({"statistic": "value", "column": "agee"}, "is no column of participants; use one of"),
        ({"table": "omi", "statistic": "levels", "column": "(.*)*x"}, "no column begins with"),
        ({"table": "omi", "statistic": "levels", "column": "item_0["}, "no column begins with"),
        ({"table": "omi", "statistic": "person"}, "needs the column age, which omi lacks"),
        ({"table": "codebook", "statistic": "people"}, "needs the column participant_id"),
        ({"table": "facts", "statistic": "p_of_f", "column": "X"}, "cannot be told from the rec"),
    ],
)
def test_a_recipe_that_names_what_is_not_there(refused, recipe, words):
    message = refused(append(FACTS, fact(**recipe)))
    assert f"{FACTS}, line 5" in message
    assert words in message


# Paths, links, addresses


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "/proc/self/environ", "/dev/zero", "/dev/fd/0", "/dev/stdin"),
        *("../../../../../../../../etc/passwd", "study/../../../x.csv", "study", "."),
        *("file:///etc/passwd", "http://127.0.0.1:PORT/omi.csv", "ftp://127.0.0.1:PORT/omi.csv"),
        *("study/omi.csv\0", "a" * 5_000, "nowhere.csv", "\x1b[31mred.csv", "", 7, None, True),
        ["study/omi.csv"],
        {"url": "http://127.0.0.1:PORT"},
    ],
)
def test_a_path_leads_to_a_file_in_the_folder(refused, path):
    message = refused(in_package("omi", "path", path))
    assert f"{PACKAGE}, at resources.omi.path" in message


@pytest.mark.parametrize("target", ["/etc/passwd", "/proc/self/environ", "/dev/zero", "omi.csv"])
def test_so_does_a_link(refused, target):
    def change(folder):
        (folder / OMI).unlink()
        (folder / OMI).symlink_to(target)

    assert f"{PACKAGE}, at resources.omi.path: 'study/omi.csv'" in refused(change)


def test_neither_does_a_folder_lead_away_nor_the_package(refused):
    def away(folder):
        shutil.move(folder / "study", folder.parent / "elsewhere")
        (folder / "study").symlink_to(folder.parent / "elsewhere")

    assert refused(away).count("leads out of the folder") == 5

    def package(folder):
        (folder / PACKAGE).unlink()
        (folder / PACKAGE).symlink_to("/proc/self/environ")

    assert "leads out of the folder" in refused(package)


def test_a_pipe_does_not_keep_anybody_waiting(refused):
    def change(folder):
        (folder / OMI).unlink()
        os.mkfifo(folder / OMI)

    assert "no such file" in refused(change)


def in_package(table, key, value):
    """Return what sets an entry of a table's description, or of the package itself."""

    def change(folder):
        package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        about = {r["name"]: r for r in package["resources"]}.get(table, package)
        about[key] = value
        (folder / PACKAGE).write_text(json.dumps(package), encoding="utf-8")

    return change


def test_no_address_is_asked_for_a_schema_or_a_profile(refused, tiny, asked):
    address = "http://127.0.0.1:PORT/x.json"
    for entry in [address, {"$ref": address}, "/etc/passwd", None, []]:
        assert "at resources.omi.schema" in refused(in_package("omi", "schema", entry))
    port, calls = asked
    shutil.copy(DATA / PACKAGE, tiny)
    for table in ["omi", None]:
        for key in ["profile", "$schema", "$ref"]:
            in_package(table, key, address.replace("PORT", str(port)))(tiny)
    before = len(calls)
    assert len(load_study(tiny).participants) == 4
    assert len(calls) == before


# The package


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b'"x"', b"null", b"\xff", b'{"resources": [', b'{"resources": NaN}'),
        b'{"resources": ' + b"9" * 6_000 + b"}",
        b'{"resources": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x": "' + b"a" * 2_000_000 + b'"}',
    ],
    ids=lambda content: repr(content[:20]),
)
def test_a_package_that_is_none(refused, content):
    assert PACKAGE in refused(lambda folder: (folder / PACKAGE).write_bytes(content))


def field(name, /, **changes):
    """Return what changes the field of the people with this name."""

    def change(folder):
        package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        fields = package["resources"][0]["schema"]["fields"]
        found = next(field for field in fields if field["name"] == name)
        found |= {key: value for key, value in changes.items() if key in ("name", "type")}
        rules = {key: value for key, value in changes.items() if key not in ("name", "type")}
        found["constraints"] = found.get("constraints", {}) | rules
        (folder / PACKAGE).write_text(json.dumps(package), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (field("age", minimum="many"), "fields.age.constraints.minimum: 'many'"),
        (field("age", minimum=[1]), "fields.age.constraints.minimum"),
        (
            field("age", exclusiveMinimum=1),
            "constraints.exclusiveMinimum: is not known here; use one",
        ),
        (field("age", name=3), "name: '3'"),
        (field("age", name="__class__ ()"), "name: '__class__ ()'"),
        (field("age", name="sex"), "fields: 'sex': is there more than once"),
        (field("age", type="agetype"), "fields.age.type: 'agetype'"),
        (field("sex", enum="woman"), "fields.sex.constraints.enum: 'woman'"),
        (field("sex", enum=[]), "fields.sex.constraints.enum"),
        (field("sex", enum=["man", "man"]), "fields.sex.constraints.enum"),
        (
            field("sex", enum=[1, 2]),
            "fields.sex.constraints.enum.0: '1': is not of the field's type",
        ),
        (field("sex", enum=[["a"]]), "fields.sex.constraints.enum"),
        (field("sex", required="yes"), "fields.sex.constraints.required: 'yes'"),
        (field("sex", pattern="P[0-9"), "fields.sex.constraints.pattern: 'P[0-9'"),
        (field("sex", pattern="(" * 150), "fields.sex.constraints.pattern"),
        (field("sex", pattern="a" * 5_000), "fields.sex.constraints.pattern"),
        (field("participant_id", name="id"), "fields: 'participant_id': the helpers need"),
        (field("patient_contact", type="string"), "participants.schema.rules.1.holds"),
        (in_package("omi", "encoding", "utf-16"), "resources.omi.encoding: 'utf-16'"),
        (in_package("omi", "dialect", {"delimiter": ";"}), "resources.omi.dialect"),
        (in_package("omi", "name", "x"), "resources: 'x': is one table too many"),
        (in_package("omi", "schema", {"fields": []}), "resources.omi.schema.fields"),
    ],
)
def test_a_fault_of_the_schema_is_told_of_the_package(refused, change, place):
    message = refused(change)
    assert place in message
    assert message.count(PACKAGE) == message.count("\n")


def rule(holds):
    about = {"column": "age", "holds": holds, "advice": "correct it"}
    schema = json.loads((DATA / PACKAGE).read_text(encoding="utf-8"))["resources"][0]["schema"]
    return in_package("participants", "schema", schema | {"rules": [about]})


def test_a_rule_of_the_package(refused):
    assert f"{PEOPLE}, line 5, column age: '29': correct it" in refused(rule("age > 30"))
    assert f"{PACKAGE}, at resources.participants.schema.rules.0.holds" in refused(rule("@os"))


def test_a_pattern_that_backtracks_comes_to_an_end(refused):
    message = refused(field("job_title", pattern="(?:a|aa|aaa|[a-z]|.)*(?:[a-z]+)+[a-z]*x"))
    assert "job_title" in message

    def change(folder):
        field("job_title", pattern="(a|a)*(a|a)*(a|a)*b")(folder)
        text = (folder / PEOPLE).read_text(encoding="utf-8")
        (folder / PEOPLE).write_text(text.replace("nurse", "a" * 3_000), encoding="utf-8")

    assert "job_title" in refused(change)


# Cells and rules


def edit(path, old, new):
    def change(folder):
        content = (folder / path).read_text(encoding="utf-8")
        assert old in content
        (folder / path).write_text(content.replace(old, new, 1), encoding="utf-8", newline="")

    return change


COMBINED = "e\N{COMBINING ACUTE ACCENT}"
FAMILY = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
STRETCH = "P03,recovery,treatment,en,consensus,5,14"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (edit(PEOPLE, "woman,40", "woman,032"), f"{PEOPLE}, line 2, column age: '032'"),
        (
            edit(PEOPLE, "psychologist,12", "psychologist,27"),
            "line 2, column years_experience: '27",
        ),
        (edit(ANSWERS, "Not that I have seen.", "   "), f"{ANSWERS}, line 3, column text: '   '"),
        *(
            (edit(ANSWERS, "Not that", f"Not{sign}that"), f"{ANSWERS}, line 3, column text: 'Not")
            for sign in "\0\a\x1b\x7f\x85\N{RIGHT-TO-LEFT OVERRIDE}\uffff"
        ),
        (edit(CODINGS, STRETCH, f"{STRETCH[:-4]}4,5"), f"{CODINGS}, line 4, column start: '4'"),
        (edit(CODINGS, STRETCH, f"{STRETCH[:-4]}5,12"), f"{CODINGS}, line 4, column end: '12'"),
        (edit(CODINGS, STRETCH, f"{STRETCH[:-4]}7,14"), f"{CODINGS}, line 4, column start: '7'"),
        (
            append(CODINGS, "P03,recovery,treatment,en,consensus,0,14\n"),
            "line 4, column start: '5'",
        ),
        (append(CODINGS, "P03,recovery,family,en,c1,25,31\n"), "line 8, column participant_id, qu"),
        (edit(ITEMS, "4.5,.70", "6.5,.70"), f"{ITEMS}, line 2, column mean_women: '6.5'"),
        (edit(ITEMS, "4.5,.70", "4.5,-.70"), f"{ITEMS}, line 2, column sd_women: '-.70'"),
        (edit(ITEMS, "2,.05", "2,1.05"), f"{ITEMS}, line 2, column p: '1.05'"),
        (edit(ITEMS, "2,.05", "0,.05"), f"{ITEMS}, line 2, column df: '0'"),
        (edit(ITEMS, "Second item", "First item"), f"{ITEMS}, line 3, column label: 'First item'"),
        (edit(ITEMS, "Second item", " "), f"{ITEMS}, line 3, column label: ' ': empty"),
        (
            edit(BOOK, "Family,They", "Treatment,They"),
            f"{BOOK}, line 3, column question, language, la",
        ),
        (edit(BOOK, "They help.", "It helps."), f"{BOOK}, line 3, column question, language, d"),
        (edit(BOOK, "They help.", "  "), f"{BOOK}, line 3, column definition: '  ': empty"),
        (edit(BOOK, "reported,treatment", "reported,luck"), f"{BOOK}, line 4, column counterpart"),
        (
            edit(BOOK, "y,treatment,", "y,treatment ,"),
            f"{BOOK}, line 2, column theme: 'treatment '",
        ),
    ],
)
def test_what_no_record_can_be(refused, change, place):
    message = refused(change)
    assert place in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "end"),
    [(f"Not{COMBINED} that", 4), (f"{FAMILY} that", 1), ("\N{REGIONAL INDICATOR SYMBOL LETTER M}"
    "\N{REGIONAL INDICATOR SYMBOL LETTER X} that", 1), ("don't", 3), ("años", 2), ("añ’o", 2)],
)  # fmt: skip
def test_a_stretch_cuts_no_letter_and_no_word(write_tiny, tmp_path, text, end):
    changes = {
        ANSWERS: TINY[ANSWERS].replace("Not that I", text),
        CODINGS: TINY[CODINGS] + f"P02,recovery,family,en,consensus,0,{end}\n",
    }
    with pytest.raises(StudyError) as caught:
        load_study(write_tiny(tmp_path / "tiny", changes.items()))
    assert [(p.file, p.line, p.column) for p in caught.value.problems] == [(CODINGS, 8, "end")]


@pytest.mark.parametrize("text", [f"{COMBINED}.", f"{FAMILY}.", "años", "她。", "l’"])
def test_a_stretch_may_end_where_a_letter_does(write_tiny, tmp_path, text):
    end = len(text.rstrip(".,。’"))
    changes = {
        ANSWERS: TINY[ANSWERS].replace("Not that I", text),
        CODINGS: TINY[CODINGS] + f"P02,recovery,family,en,consensus,0,{end}\n",
    }
    assert len(load_study(write_tiny(tmp_path / "tiny", changes.items())).codings) == 7


# No permission


@pytest.mark.parametrize("name", [PACKAGE, "study.toml", PEOPLE])
@pytest.mark.parametrize("what", ["stat", "open"])  # a folder that may not be searched, or a file
def test_no_permission_is_told(tiny, monkeypatch, name, what):
    work = getattr(Path, what)  # chmod stops nobody who runs the tests as root

    def stop(path, *options, **named):
        if path.as_posix().endswith(name):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return work(path, *options, **named)

    monkeypatch.setattr(Path, what, stop)
    with pytest.raises(StudyError, match="cannot be read: Permission denied") as caught:
        load_study(tiny)
    assert len(caught.value.problems) == 1


# study.toml

SETTINGS = "study.toml"


def headless(path):
    """Leave nothing but the header."""
    path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        *(
            (lambda folder, text=text: (folder / SETTINGS).write_bytes(text), "is no TOML in UTF-8")
            for text in (b"\xff", b"title = ", b"x = " + b"[" * 9_000, b"x = {x" * 3_000, b"\0")
        ),
        (lambda folder: (folder / SETTINGS).unlink(), "no such file"),
        (lambda folder: (folder / SETTINGS).write_text("a." * 500_000 + "a = 1"), "is larger than"),
        (lambda folder: (folder / SETTINGS).symlink_to("/etc/passwd"), "leads out of the folder"),
        (
            lambda folder: (folder / SETTINGS).write_text(
                "".join(f"x{i} = 1\n" for i in range(900))
            ),
            "and 892 more problems",
        ),
        (edit(SETTINGS, '"Four people"', "2020-01-01"), "line 1, column title: '2020-01-01': use"),
        (edit(SETTINGS, '"Four people"', "inf"), "line 1, column title: 'inf': use text"),
        (edit(SETTINGS, "private = false", "private = 0"), "line 3, column private: '0': use true"),
        (edit(SETTINGS, "private = false", "private = [[[]]]"), "line 3, column private"),
        (edit(SETTINGS, "low = 0", "low = 5"), "line 12, column scale.low: '5': must be below"),
        (edit(SETTINGS, '"no", "yes"', "1, 2"), "column scale.ends"),
        (edit(SETTINGS, ', man = "men"', ""), "compare.labels: use a table of two or more texts"),
        (
            edit(SETTINGS, 'man = "men" }', 'man = "men", x = "x" }\npaired = true'),
            "line 7, column compare.labels: must be two, the times at which",
        ),
        (lambda folder: headless(folder / ITEMS), "scale: 'omi_items': has no row; leave [scale]"),
        (edit(SETTINGS, "private", "safe_threshold = 0\nprivate"), "safe_threshold: '0': use a"),
        (edit(SETTINGS, "private", 'twin = "../.."\nprivate'), "twin: '../..': leads out"),
        (edit(SETTINGS, "private", 'twin = "/etc"\nprivate'), "twin: '/etc': leads out"),
        (
            edit(SETTINGS, "private", 'licence_url = "javascript:alert(1)"\nprivate'),
            "licence_url: 'javascript:alert(1)': use an address",
        ),
        (edit(SETTINGS, "[quotes]", "[quotes]\nbands = { age = 0 }"), "quotes.bands.age: '0': use"),
        (edit(SETTINGS, '"job_title", ', '"__class__", '), "quotes.beside: '__class__'"),
        (edit(SETTINGS, 'group = "sex"', 'group = "@os"'), "compare.group: '@os'"),
        (edit(SETTINGS, '"omi"', '"package"'), "scale.answers: 'package'"),
    ],
)
def test_settings_that_make_no_sense_are_told(refused, change, place):
    def changed(folder):
        if place.startswith("leads"):
            (folder / SETTINGS).unlink()
        change(folder)

    message = refused(changed)
    assert SETTINGS in message
    assert place in message


def test_a_twin_gives_away_nothing_from_outside_its_folder(tiny, tmp_path):
    (tmp_path / "secret.csv").write_text(SECRET)
    package = json.loads((tiny / PACKAGE).read_text(encoding="utf-8"))
    package["resources"][0]["path"] = "../secret.csv"
    (tiny / PACKAGE).write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(StudyError, match="leads out of the folder"):
        parcel.zip_data(tmp_path / "data.zip", tiny)


# A student's file


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\0", b"\xff\xfe", b'"', b"coder", b"\n" * 100_000, b"a," * 100_000 + b"\n1"),
        b"coder,question,participant_id,treatment,family\n"
        + b"Ana,recovery,=cmd|' /C calc'!A0,yes,no\n" * 5_000,
        b'coder,question,participant_id,treatment,family\nAna,recovery,P01,yes,"'
        + b"no\n" * 100_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_students_file_is_refused_in_few_words(tiny, tmp_path, content):
    path = tmp_path / "coding_recovery_Ana.csv"
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        lab.read([path], load_study(tiny), "recovery")
    assert len(str(caught.value)) < 5_000
    assert "\0" not in str(caught.value)


def test_a_students_file_may_be_out_of_reach(tiny, tmp_path):
    link, pipe = tmp_path / "coding_a.csv", tmp_path / "coding_b.csv"
    link.symlink_to("/etc/passwd")
    os.mkfifo(pipe)
    with pytest.raises(StudyError) as caught:
        lab.read([link, pipe], load_study(tiny), "recovery")
    assert len(caught.value.problems) == 2
    assert "root:" not in str(caught.value)


# Many of one


def test_one_cause_has_one_message_with_the_number_of_its_followers(refused):
    rows = "".join(f"P03,recovery,treatment ,en,c1,{i},{i + 1}\n" for i in range(204))
    message = refused(append(CODINGS, rows))
    assert message.count("\n") == 1
    assert "'treatment ': has blanks around it; remove them (the same in lines 9, 10, 11 and 200 m"


def test_a_table_pasted_again_and_again(refused):
    rows = TINY[CODINGS].partition("\n")[2]
    message = refused(append(CODINGS, rows * 6_000))
    assert message.count("\n") == 6
    assert "already used in line 2; every row needs its own (the same in lines 14, 20" in message


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (ANSWERS, "\n" * 300_000),
        (PEOPLE, ",".join(f"c{i}" for i in range(100_000)) + "\n1\n"),
        (ANSWERS, "P03,relapse," + "a" * 200_000),
        (ANSWERS, "P03,relapse," + "a" * LARGEST),
        (ANSWERS, 'P03,relapse,"' + "a\n" * 300_000),
        (FACTS, "N,one,L,4,people,,M,reported,,,,,,,\n" * 11_000),
    ],
    ids=["lines", "header", "field", "file", "quotation mark", "facts"],
)
def test_files_that_are_too_large_to_be_meant(refused, path, content):
    old = "" if path == PEOPLE else TINY[path]
    message = refused(lambda folder: (folder / path).write_text(old + content, encoding="utf-8"))
    assert path in message


# At random

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]),
    st.just({}), st.just([[[]]]), st.sampled_from(["/etc/passwd", "string", "(a+)+", "omi"])
)  # fmt: skip


def places(value, path=()):
    """Give the path to every entry of a package."""
    yield path
    if isinstance(value, dict | list):
        value = value.items() if isinstance(value, dict) else enumerate(value)
    else:
        value = ()
    for key, entry in value:
        yield from places(entry, (*path, key))


CONTENT = json.loads((DATA / PACKAGE).read_text(encoding="utf-8"))
PLACES = [path for path in places(CONTENT) if path]


def load_or_refuse(folder):
    """Load and compute; whatever is wrong has to be told."""
    told = ""
    try:
        compute(load_study(folder))
    except StudyError as error:
        told = str(error)
    assert len(told) < 20_000


@settings(max_examples=60)
@given(path=st.sampled_from(PLACES), junk=JUNK, goes=st.booleans())
def test_any_entry_of_the_package_may_be_anything(write_tiny, path, junk, goes):
    package = json.loads(json.dumps(CONTENT))
    at = package
    for key in path[:-1]:
        at = at[key]
    if goes:
        del at[path[-1]]
    else:
        at[path[-1]] = junk
    with tempfile.TemporaryDirectory() as place:
        folder = write_tiny(Path(place) / "tiny")
        (folder / PACKAGE).write_text(json.dumps(package), encoding="utf-8")
        load_or_refuse(folder)


@settings(max_examples=60)
@given(data=st.data())
def test_any_stretch_of_a_table_may_be_anything(write_tiny, data):
    path = data.draw(st.sampled_from(list(TINY)))
    content = TINY[path].encode()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 40, len(content))))
    signs = st.sampled_from([",", "\n", '"', " ", "0", "-", "P01", "\0", "é", "age", "(", "@", "="])
    new = data.draw(
        st.one_of(st.binary(max_size=20), st.lists(signs).map(lambda s: "".join(s).encode()))
    )
    with tempfile.TemporaryDirectory() as place:
        changed = {path: content[:start] + new + content[end:]}
        load_or_refuse(write_tiny(Path(place) / "tiny", changed.items()))


# Beside other software

CELLS = [
    "",
    "40",
    "-3",
    "999",
    "4.5",
    "abc",
    "woman",
    "true",
    "TRUE",
    "P01",
    "P99",
    "family",
    "1e3",
]


@settings(max_examples=60)
@given(data=st.data())
def test_what_frictionless_refuses_is_refused_here(write_tiny, data):
    import frictionless

    path = data.draw(st.sampled_from([PEOPLE, ANSWERS, CODINGS, OMI, ITEMS, BOOK]))
    rows = list(csv.reader(TINY[path].splitlines()))
    row = data.draw(st.sampled_from(rows[1:]))
    row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.sampled_from(CELLS))
    with tempfile.TemporaryDirectory() as place:
        folder = write_tiny(Path(place) / "tiny")
        with (folder / path).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        with frictionless.system.use_context(trusted=True):
            report = frictionless.validate(str(folder / PACKAGE))
        try:
            load_study(folder)
        except StudyError:
            return
    assert report.valid, report.flatten(["type", "note"])
