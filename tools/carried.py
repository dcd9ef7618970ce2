"""Print the versions of what the helpers ask for by name and Pyodide carries, as pins for pip."""

import json
import re
import tomllib
from pathlib import Path

LOCK = json.loads(Path(__file__).with_name("pyodide-lock.json").read_text(encoding="utf-8"))
SETTINGS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))

for requirement in SETTINGS["project"]["dependencies"]:
    name = re.match(r"[\w-]+", requirement)[0]
    if name in LOCK["packages"]:
        print(f"{name}=={LOCK['packages'][name]['version']}")
