"""Make .venv hold exactly what requirements.txt pins, and the package `helpers` in editable form.

Run by `make` before everything else: it is quick when nothing changed, and any Python from 3.6 on
can read it, so that too old a one gets an explanation instead of a syntax error.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"


def main() -> None:
    """Do what is missing or out of date: first the packages, then helpers."""
    check_python()
    # A folder that was moved needs a new .venv too: its scripts and its link to helpers hold paths.
    packages = digest(ROOT / "requirements.txt", str(VENV), sys.version)
    if not is_done("packages", packages):
        print("Installing the pinned packages into .venv: a few minutes, once", flush=True)
        run(sys.executable, "-m", "venv", "--clear", str(VENV))
        pip("--no-deps", "--require-hashes", "-r", str(ROOT / "requirements.txt"))
        (VENV / "packages").write_text(packages)
    helpers = digest(ROOT / "pyproject.toml", packages)
    if not is_done("helpers", helpers):
        pip("--no-deps", "--no-build-isolation", "-e", str(ROOT))
        (VENV / "helpers").write_text(helpers)


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


def digest(path: Path, *more: str) -> str:
    """Return the SHA-256 of a file's content and of some more text."""
    return hashlib.sha256(path.read_bytes() + "\0".join(more).encode()).hexdigest()


def is_done(step: str, state: str) -> bool:
    """Say whether a step came to its end from the same state, in a .venv that still has a Python.

    The file that says so is written last, so what was interrupted is done again.
    """
    stamp = VENV / step
    return (VENV / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == state


def pip(*options: str) -> None:
    """Install into .venv."""
    quiet = ("--quiet", "--disable-pip-version-check")
    run(str(VENV / "bin" / "python"), "-m", "pip", "install", *quiet, *options)


def run(*command: str) -> None:
    """Run a command; if it fails, it has said why, and the set-up ends."""
    if subprocess.call(command) != 0:
        sys.exit("The set-up stopped here; the next `make` begins it again")


if __name__ == "__main__":
    main()
