"""Make .venv hold what the lists of pinned packages say, and the project's own packages.

`python tools/setup_venv.py` installs everything, `python tools/setup_venv.py book` no more than the
book needs. `make` runs it before all else: it is quick when nothing changed, and any Python from
3.6 on can read it, so that too old a one gets an explanation instead of a syntax error. Where uv is
installed, uv does the work; both check every package against its hash.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PINNED = re.compile(r"[a-z0-9][\w.-]*(\[[\w,-]+\])?==\S+ |    (--hash=sha256:|#)|#", re.IGNORECASE)
PYTHON = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")


def main() -> None:
    """Do what is missing or out of date: first the packages, then our own."""
    check_python()
    check_files()
    # A folder that was moved needs a new .venv too: its scripts and its link to us hold paths.
    book = digest(ROOT / "requirements.txt", str(VENV), sys.version)
    if not is_done("book", book):
        say("what the book needs")
        run(sys.executable, "-m", "venv", "--clear", str(VENV))
        install("--require-hashes", "-r", str(ROOT / "requirements.txt"))
        (VENV / "book").write_text(book)
    ours = digest(ROOT / "pyproject.toml", book)
    if not is_done("ours", ours):
        install("--no-build-isolation", "-e", str(ROOT))
        (VENV / "ours").write_text(ours)
    others = digest(ROOT / "requirements-dev.txt", book)
    if sys.argv[1:] != ["book"] and not is_done("others", others):
        say("what tests and JupyterLab need")
        install("--require-hashes", "-r", str(ROOT / "requirements-dev.txt"))
        (VENV / "others").write_text(others)


def check_python() -> None:
    """Stop with one line if this Python cannot make a .venv for the book."""
    if sys.version_info < OLDEST:
        found, needed = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
        sys.exit(
            f"Python {found} is too old: install Python {needed} or newer and, if it is not "
            f"the default then, name it: make PYTHON=python{needed}"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit("Python's venv module is missing: install it (Debian: apt install python3-venv)")


def check_files() -> None:
    """Stop with one line if .venv is no folder, or a list holds something else than pins."""
    if VENV.exists() and not VENV.is_dir():
        sys.exit(f"{VENV} is no folder: remove it")
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if line.strip() and not PINNED.match(line):
                advice = f"pins no package: bring the file back with git restore {name}"
                sys.exit(f"{name}, line {number}: {line[:60]!r} {advice}")


def digest(path: Path, *more: str) -> str:
    """Return the SHA-256 of a file's content and of some more text."""
    return hashlib.sha256(path.read_bytes() + "\0".join(more).encode()).hexdigest()


def is_done(step: str, state: str) -> bool:
    """Say whether a step came to its end from the same state, in a .venv that still has a Python.

    The file that says so is written last, so what was interrupted is done again.
    """
    stamp = VENV / step
    return (VENV / PYTHON).exists() and stamp.is_file() and stamp.read_bytes() == state.encode()


def say(what: str) -> None:
    """Tell what takes so long."""
    print(f"Installing {what} into .venv, once", flush=True)


def install(*options: str) -> None:
    """Install exactly what is named, without what it asks for in turn."""
    python = str(VENV / PYTHON)
    if shutil.which("uv"):
        installer = ["uv", "pip", "install", "--python", python]
    else:
        # Compiling every module ahead takes longer than compiling those that are used.
        installer = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    run(*installer, "--quiet", "--no-deps", *options)


def run(*command: str) -> None:
    """Run a command; if it fails, it has said why, and the set-up ends."""
    if subprocess.call(command) != 0:
        sys.exit("The set-up stopped here; the next `make` begins it again")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:  # a list that is not there, a full disk
        sys.exit(f"The set-up stopped: {error.filename}: {error.strerror}")
