"""What is installed: three files that must agree, and a set-up that explains and heals itself."""

import re
import shutil
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
LOCK = (ROOT / "requirements.txt").read_text()
PINS = re.findall(
    r"^([\w.-]+)(?:\[[\w,.-]+\])?==(\S+)(.*(?:\n    --hash=\S+.*)*)", LOCK, re.MULTILINE
)


def ranges(requirements):
    """Return the version range that each package is given, by its normal name."""
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(r.name): r.specifier for r in parsed}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = ranges(chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()))
VERSIONS = {canonicalize_name(name): version for name, version, _ in PINS}


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
    others = [line for line in LOCK.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(others) == len(PINS)


def test_no_address_of_an_index_is_in_the_lock():
    assert not re.search(r"://|--(extra-)?index|--find-links", LOCK)


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
        (tmp_path / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / "bin" / "python").touch()
        return 0

    for name in ["requirements.txt", "pyproject.toml"]:
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(setup_venv, "ROOT", tmp_path)
    monkeypatch.setattr(setup_venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup_venv.subprocess, "call", pretend)
    setup_venv.main()
    assert [command.split()[0] for command in commands] == ["venv", "pip", "pip"]
    commands.clear()
    return commands


def test_nothing_is_installed_twice(steps):
    setup_venv.main()
    assert steps == []


def test_a_changed_lock_installs_everything_anew(steps, tmp_path):
    (tmp_path / "requirements.txt").write_text("two")
    setup_venv.main()
    assert ["venv --clear" in steps[0], len(steps)] == [True, 3]


def test_a_changed_project_file_installs_helpers_alone(steps, tmp_path):
    (tmp_path / "pyproject.toml").write_text("two")
    setup_venv.main()
    assert [step.split()[-2:] for step in steps] == [["-e", str(tmp_path)]]


def test_an_interrupted_set_up_is_done_again(steps, tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").write_text("two")
    with monkeypatch.context() as broken:
        broken.setattr(setup_venv.subprocess, "call", lambda command: 1)
        with pytest.raises(SystemExit, match="begins it again"):
            setup_venv.main()
    setup_venv.main()
    assert len(steps) == 3


def test_a_python_that_is_gone_is_replaced(steps, tmp_path):
    (tmp_path / ".venv" / "bin" / "python").unlink()
    setup_venv.main()
    assert len(steps) == 3
