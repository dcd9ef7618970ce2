"""What is installed: three files that must agree, and a set-up that explains and heals itself."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import namedtuple
from itertools import chain
from pathlib import Path

import pytest
import setup_venv
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = [(ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt")]
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,.-]+\])?==(\S+)(.*(?:\n    --hash=\S+.*)*)", re.MULTILINE)
PINS = [pin for lock in LOCKS for pin in PIN.findall(lock)]


def ranges(requirements):
    """Return the version range that each package is given, by its normal name."""
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(r.name): r.specifier for r in parsed}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = ranges(chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()))
VERSIONS = {canonicalize_name(name): version for name, version, _ in PINS}
FOR_THE_BOOK = {canonicalize_name(name) for name, _, _ in PIN.findall(LOCKS[0])}


def test_conda_gets_the_same_ranges():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    [from_pip] = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    assert from_pip[-1] == "-e ."
    given = ranges([entry for entry in entries if isinstance(entry, str)] + from_pip[:-1])
    assert given.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert given.pop("pip") == SpecifierSet()
    assert given == WANTED


@pytest.mark.parametrize("name", WANTED)
def test_the_pinned_version_is_in_range(name):
    assert VERSIONS[name] in WANTED[name]


def test_every_pin_has_hashes_and_there_is_nothing_but_pins():
    assert len(PINS) > len(WANTED)
    for name, version, rest in PINS:
        assert "--hash=sha256:" in rest, f"{name}=={version}"
    lines = "\n".join(LOCKS).splitlines()
    others = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(others) == len(PINS)


def test_the_book_is_installed_without_what_only_tests_and_editors_need():
    extras = PROJECT["optional-dependencies"]
    assert set(ranges(PROJECT["dependencies"] + extras.pop("book"))) <= FOR_THE_BOOK
    assert not {"jupyterlab", "otter-grader", "playwright", "pytest"} & FOR_THE_BOOK
    assert not FOR_THE_BOOK & {canonicalize_name(name) for name, _, _ in PIN.findall(LOCKS[1])}


def test_no_address_of_an_index_is_in_the_locks():
    assert not [lock for lock in LOCKS if re.search(r"://|--(extra-)?index|--find-links", lock)]


def test_the_tests_with_other_packages_are_there():
    recipe = subprocess.run(
        ["make", "--dry-run", "oldest"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = re.findall(r"tests/test_\w+\.py", recipe)
    assert names
    assert not [name for name in names if not (ROOT / name).exists()]


def test_the_carried_packages_are_those_that_the_helpers_name():
    command = [sys.executable, ROOT / "tools" / "carried.py"]
    pins = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    carried = json.loads((ROOT / "tools" / "pyodide-lock.json").read_text())["packages"]
    asked = ranges(PROJECT["dependencies"]).keys() & carried.keys()
    assert {"numpy", "pandas", "scipy"} <= asked
    assert set(pins) == {f"{name}=={carried[name]['version']}" for name in asked}


def test_commits_are_checked_by_the_pinned_ruff():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    [rev] = [repo["rev"] for repo in hooks if repo["repo"].endswith("ruff-pre-commit")]
    assert rev == "v" + VERSIONS["ruff"]


def test_where_every_change_is_tested_a_missing_browser_is_a_failure(request, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PATH", "")
    either = (pytest.fail.Exception, pytest.skip.Exception)
    with pytest.raises(either, match="no chromium here") as stop:
        request.getfixturevalue("browser")
    assert stop.type is pytest.fail.Exception


def test_too_old_a_python_is_told_in_one_line(monkeypatch):
    version = namedtuple("version", "major minor micro releaselevel serial")
    monkeypatch.setattr(sys, "version_info", version(3, 9, 2, "final", 0))
    with pytest.raises(SystemExit) as stop:
        setup_venv.check_python()
    assert stop.value.code.startswith("Python 3.9 is too old: install Python 3.11 or newer")
    assert "\n" not in stop.value.code


def test_a_missing_venv_module_is_told_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit) as stop:
        setup_venv.check_python()
    assert "apt install python3-venv" in stop.value.code
    assert "\n" not in stop.value.code


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """A project to set up, and the list of commands that doing so runs, none of them for real."""
    commands = []

    def pretend(command):
        commands.append(" ".join(command[2:]))
        if "--clear" in command:
            shutil.rmtree(tmp_path / ".venv", ignore_errors=True)
        (tmp_path / ".venv" / setup_venv.PYTHON.parent).mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / setup_venv.PYTHON).touch()
        return 0

    for name in ["requirements.txt", "requirements-dev.txt", "pyproject.toml"]:
        (tmp_path / name).write_text("one==1 ")
    monkeypatch.setattr(sys, "argv", ["setup_venv.py"])
    monkeypatch.setattr(setup_venv, "ROOT", tmp_path)
    monkeypatch.setattr(setup_venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup_venv.shutil, "which", lambda _: None)
    monkeypatch.setattr(setup_venv.subprocess, "call", pretend)
    setup_venv.main()
    assert [command.split()[0] for command in commands] == ["venv", "pip", "pip", "pip"]
    commands.clear()
    return commands


def test_nothing_is_installed_twice(steps):
    setup_venv.main()
    assert steps == []


def test_a_changed_lock_installs_everything_anew(steps, tmp_path):
    (tmp_path / "requirements.txt").write_text("two==2 ")
    setup_venv.main()
    assert ["venv --clear" in steps[0], len(steps)] == [True, 4]


def test_the_book_gets_no_more_than_it_needs_and_the_rest_comes_when_it_is_asked_for(
    steps, tmp_path, monkeypatch
):
    (tmp_path / "requirements.txt").write_text("two==2 ")
    monkeypatch.setattr(sys, "argv", ["setup_venv.py", "book"])
    setup_venv.main()
    assert len(steps) == 3
    assert not any("requirements-dev.txt" in step for step in steps)
    monkeypatch.setattr(sys, "argv", ["setup_venv.py"])
    setup_venv.main()
    assert steps[3:] == [steps[3]]
    assert "requirements-dev.txt" in steps[3]


def test_a_changed_project_file_installs_our_own_packages_alone(steps, tmp_path):
    (tmp_path / "pyproject.toml").write_text("two")
    setup_venv.main()
    assert [step.split()[-2:] for step in steps] == [["-e", str(tmp_path)]]


def test_uv_does_the_work_where_it_is_installed_and_checks_the_same_hashes(
    steps, tmp_path, monkeypatch
):
    (tmp_path / "requirements.txt").write_text("two==2 ")
    monkeypatch.setattr(setup_venv.shutil, "which", lambda name: f"/somewhere/{name}")
    setup_venv.main()
    by_uv = [step for step in steps if step.startswith("install --python")]
    assert len(by_uv) == 3
    assert ["--require-hashes" in step for step in by_uv] == [True, False, True]


def test_an_interrupted_set_up_is_done_again(steps, tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").write_text("two==2 ")
    with monkeypatch.context() as broken:
        broken.setattr(setup_venv.subprocess, "call", lambda command: 1)
        with pytest.raises(SystemExit, match="begins it again"):
            setup_venv.main()
    setup_venv.main()
    assert len(steps) == 4


def test_a_python_that_is_gone_is_replaced(steps, tmp_path):
    (tmp_path / ".venv" / setup_venv.PYTHON).unlink()
    setup_venv.main()
    assert len(steps) == 4


def test_a_damaged_note_of_what_was_done_has_it_done_again(steps, tmp_path):
    (tmp_path / ".venv" / "book").write_bytes(b"\xff\0")
    setup_venv.main()
    assert len(steps) == 4


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"\0\xff\n", 1), (b"one==1 \\\n<<<<<<< HEAD\n", 2), (b"one\n", 1), (b"--pre\n", 1)],
)
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_damaged_list_is_told_in_one_line(steps, tmp_path, name, content, line):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as stop:
        setup_venv.main()
    assert stop.value.code.startswith(f"{name}, line {line}: ")
    assert stop.value.code.endswith(
        f" pins no package: bring the file back with git restore {name}"
    )
    assert steps == []


def test_what_is_in_the_way_of_the_set_up_is_told_in_one_line(steps, tmp_path):
    (tmp_path / "tools").mkdir()
    program = shutil.copy(setup_venv.__file__, tmp_path / "tools")
    shutil.rmtree(tmp_path / ".venv")
    (tmp_path / ".venv").write_text("a file")

    def told():
        done = subprocess.run([sys.executable, program], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    assert told() == f"{tmp_path / '.venv'} is no folder: remove it\n"
    (tmp_path / ".venv").unlink()
    (tmp_path / "requirements.txt").unlink()
    missing = f"{tmp_path / 'requirements.txt'}: No such file or directory"
    assert told() == f"The set-up stopped: {missing}\n"


def commands_for(tool):
    """Return the commands that README gives for those who build without make."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(rf"with {tool}\b.*?```sh\n(.*?)```", readme, re.DOTALL)[1].splitlines()


def by_uv(command):
    """Run a command with uv as README's reader does; no network is no fault of the command."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if "error sending request" in done.stderr or "Failed to fetch" in done.stderr:
        pytest.skip(f"uv cannot fetch what it needs here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    return done


def test_uv_takes_the_pinned_lists():
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--dry-run", "--no-deps", "--require-hashes"]
    for name in ("requirements.txt", "requirements-dev.txt"):
        by_uv([*install, "-r", name])


def test_the_commands_for_uv_do_what_readme_says(tmp_path):
    uv = Path(sys.executable).with_name("uv")
    first, second = commands_for("uv")
    venv, install = (command.split() for command in first.split(" && "))
    assert [venv, install[:3]] == [["uv", "venv"], ["uv", "pip", "install"]]
    place = tmp_path / "venv"
    by_uv([uv, "venv", "--quiet", place])
    planned = by_uv([uv, *install[1:], "--dry-run", "--python", place]).stderr
    names = {canonicalize_name(name) for name in re.findall(r"^ \+ ([\w.-]+)", planned, re.M)}
    assert names <= FOR_THE_BOOK | {"recovery-book-helpers"}  # some are for other systems alone
    assert names >= {"recovery-book-helpers", "jupyter-book", *ranges(PROJECT["dependencies"])}
    *run, book = second.split()
    assert [run[-1], book] == ["build", "book"]
    assert "Usage: jupyter-book build" in by_uv([uv, *run[1:], "--help"]).stdout
