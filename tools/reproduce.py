"""Build the book twice from clean clones under unlike conditions and compare every file.

`python tools/reproduce.py [REPOSITORY]` takes the last commit of a repository, by default this one.
The clones differ in their folder, the seed of Python's hashes, the time zone (so far apart that the
dates differ, too) and the locale. In the second one `data/study/` is written anew first, and must
not change.
"""

import filecmp
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from execute import ROOT

SITE = Path("book", "_build", "html")
HERE = {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
THERE = {"PYTHONHASHSEED": "2", "TZ": "Etc/GMT+12", "LC_ALL": "C", "LANG": "C"}


def main() -> int:
    """Return 0 if both sites are the same, 1 if they are not or could not be made."""
    repository = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT).resolve()
    try:
        if status(repository):
            print("Some files are not committed: the last commit is compared", flush=True)
        with TemporaryDirectory() as folder:
            one, other = Path(folder, "one"), Path(folder, "another place")
            for clone in (one, other):
                run(repository, "git", "clone", "--quiet", ".", str(clone))
            build(one, HERE)
            run(other, sys.executable, "data/make_study.py", **THERE)
            faults = [f"{line[3:]}: not what data/make_study.py writes" for line in status(other)]
            build(other, THERE)
            faults += differences(one / SITE, other / SITE)
            number = sum(path.is_file() for path in (one / SITE).rglob("*"))
    except subprocess.CalledProcessError as error:
        print(f"Nothing was compared: {error}", file=sys.stderr)
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{number} files: the builds are {'NOT ' if faults else ''}the same")
    return bool(faults)


def status(repository: Path) -> list[str]:
    """Return a line for each file that is not as it was committed."""
    return run(repository, "git", "status", "--porcelain").splitlines()


def build(clone: Path, setting: dict[str, str]) -> None:
    """Build the book of a clone with its own tools, helpers and data."""
    print(f"Building under {setting}", flush=True)
    run(clone, sys.executable, "tools/build.py", **setting)


def run(place: Path, *command: str, **setting: str) -> str:
    """Run a command in a folder, with the helpers and the data of that folder; return its output.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails; what it has to say then stands on stderr.
    """
    own = {"PYTHONPATH": str(place / "src"), "STUDY_DATA": str(place / "data")}
    done = subprocess.run(
        command, cwd=place, env=os.environ | own | setting, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


def differences(one: Path, other: Path) -> Iterator[str]:
    """Name each file below two folders that only one of them has, or that is not the same."""
    paths = {path.relative_to(site) for site in (one, other) for path in site.rglob("*")}
    for path in sorted(paths):
        here, there = one / path, other / path
        if here.is_dir() and there.is_dir():
            continue
        if not (here.is_file() and there.is_file()):
            yield f"{path}: in one of the builds only"
        elif not filecmp.cmp(here, there, shallow=False):
            pairs = zip(here.read_bytes(), there.read_bytes(), strict=False)
            same = next((i for i, (a, b) in enumerate(pairs) if a != b), "the end of one")
            yield f"{path}: differs from byte {same} on"


if __name__ == "__main__":
    sys.exit(main())
