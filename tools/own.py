"""Draft a folder for a study of one's own: `python tools/own.py FOLDER FILE...`."""

import sys
from pathlib import Path

from execute import ROOT

from intake import IntakeError
from intake.draft import draft, report, write


def main() -> int:
    """Take in the files, write the folder, say what was done; return the exit status."""
    name, *files = sys.argv[1:]
    folder = ROOT / name
    try:
        result = draft([Path(file) for file in files])
        write(result, folder)
    except IntakeError as error:
        print(f"{error}\nNothing was written", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"Reading such files needs {error.name}: make setup installs it", file=sys.stderr)
        return 1
    print(report(result, Path(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
