"""Take from Pyodide's lock file what chapters need when they run in the browser.

`python tools/pyodide.py` writes `tools/pyodide-lock.json` for the version of Pyodide that the
installed kernel brings. The lock file comes from npm, where Pyodide is published with it.
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
    """Write the file, with a package on each line, and return the exit status."""
    with TemporaryDirectory() as folder:
        npm = ["npm", "pack", "--silent", "--pack-destination", folder]
        if subprocess.run([*npm, f"pyodide@{PYODIDE_VERSION}"], stdout=sys.stderr).returncode:
            return 1
        with tarfile.open(next(Path(folder).iterdir())) as archive:
            lock = lite.pruned(json.load(archive.extractfile(LOCK)))
    packages = lock["packages"].items()
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in packages)
    head = f'"pyodide": "{PYODIDE_VERSION}",\n"info": {json.dumps(lock["info"])},\n'
    lite.LOCK.write_text(f'{{{head}"packages": {{\n{lines}\n}}}}\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
