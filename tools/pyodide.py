"""Take from Pyodide's lock file the versions that chapters run with in the browser.

`python tools/pyodide.py` writes `tools/pyodide.json` for the version of Pyodide that the installed
kernel brings. The lock file comes from npm, where Pyodide is published with it.
"""

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import lite
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

LOCK = "package/pyodide-lock.json"


def main() -> int:
    """Write the versions and return the exit status."""
    with TemporaryDirectory() as folder:
        npm = ["npm", "pack", "--silent", "--pack-destination", folder]
        if subprocess.run([*npm, f"pyodide@{PYODIDE_VERSION}"], stdout=sys.stderr).returncode:
            return 1
        with tarfile.open(next(Path(folder).iterdir())) as archive:
            lock = json.load(archive.extractfile(LOCK))
    versions = {name: package["version"] for name, package in lock["packages"].items()}
    lite.CARRIED = versions
    asked = sorted(lite.asked_for() & set(versions))
    pinned = {
        "version": PYODIDE_VERSION,
        "python": lock["info"]["python"],
        "packages": {name: versions[name] for name in asked},
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(pinned, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
