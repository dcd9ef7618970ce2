"""What a notebook needs away from the project: the helpers, the data, and a cell that gets both.

The book's site offers the helpers as a wheel and the data as a ZIP file. The first cell of every
notebook that leaves the project names both with their SHA-256. It fetches what is not there yet,
on a laptop, in Colab or on a server, and does nothing where all is at hand.
"""

import json
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from execute import ROOT, data_folder, digest, sha256

FOLDER = "files"  # of the site
DATA = f"{FOLDER}/data.zip"
EXPLAINED = ["README.md", "study.toml"]
CELL_ID = "first"
CELL = """\
# Run this cell first. What the notebook needs and is not here yet comes from the book's site, once.
import hashlib
import io
import os
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.request import urlopen

SITE = "{site}"
try:
    found = version("{name}")
except PackageNotFoundError:
    found = ""
if found not in ("{version}", "{exact}"):
    assert SITE, "Write the address of the book's first page between the quotes after SITE."
    %pip install --quiet {{SITE}}{wheel}#sha256={wheel_sha256}
if found != "{version}" and "STUDY_DATA" not in os.environ:
    places = [Path(place) for place in ("data", "../data", "data-{short}")]
    data = next((place for place in places if (place / "datapackage.json").exists()), None)
    if data is None:
        assert SITE, "Write the address of the book's first page between the quotes after SITE."
        data, content = places[-1], urlopen(SITE + "{data}").read()
        is_same = hashlib.sha256(content).hexdigest() == "{data_sha256}"
        assert is_same, "The book has changed: download this notebook again."
        zipfile.ZipFile(io.BytesIO(content)).extractall(data)
    os.environ["STUDY_DATA"] = str(data.resolve())"""


# --- The helpers ---


@cache
def project() -> dict[str, Any]:
    """Return what pyproject.toml says of the helpers."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def sources() -> list[Path]:
    """Return what the wheel is made from."""
    return [ROOT / name for name in ("LICENSE", "README.md", "pyproject.toml", "src")]


def exact_version() -> str:
    """Return the helpers' version with a mark of their content, so that pip tells builds apart."""
    return f"{project()['version']}+{digest(*sources())[:8]}"


def build_wheel(folder: Path) -> Path:
    """Build the helpers' wheel, with the same bytes every time, unless it is there already."""
    from hatchling.builders.wheel import WheelBuilder

    old, new = (f'version = "{version}"' for version in (project()["version"], exact_version()))
    name = f"{project()['name'].replace('-', '_')}-{exact_version()}-py3-none-any.whl"
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as place:
            for path in sources():
                copy = shutil.copytree if path.is_dir() else shutil.copy
                copy(path, Path(place) / path.name)
            settings = Path(place) / "pyproject.toml"
            text = settings.read_text(encoding="utf-8").replace(old, new, 1)
            settings.write_text(text, encoding="utf-8")
            [made] = WheelBuilder(place).build(directory=place, versions=["standard"])
            shutil.move(made, folder / name)
    return folder / name


# --- The data ---


def given_away() -> Path | None:
    """Return the folder whose tables the site gives away; None if a private study gives none.

    Of a private study that is its synthetic twin, where study.toml names one.
    """
    from helpers.load.settings import load_settings

    folder = data_folder()
    settings = load_settings(folder)
    if not settings.private:
        return folder
    return folder / settings.twin if settings.twin else None


def tables(folder: Path) -> Iterator[Path]:
    """Give what the helpers read of a folder of data and what explains it; the package comes last.

    Whoever finds the package in an unpacked folder thus finds everything.
    """
    package = folder / "datapackage.json"
    resources = json.loads(package.read_text(encoding="utf-8"))["resources"]
    explained = [folder / name for name in EXPLAINED if (folder / name).is_file()]
    yield from sorted({*explained, *(folder / resource["path"] for resource in resources)})
    yield package


def zip_data(file: Path, folder: Path) -> Path:
    """Pack the tables of a folder, with the same bytes every time."""
    from helpers.load.files import read  # which reads nothing outside the folder

    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in tables(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            entry.create_system = 3  # Unix, whatever this is
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, read(folder, entry.filename), zipfile.ZIP_DEFLATED)
    return file


# --- The cell ---


def first_cell(site: str, folder: Path, data: Path | None = None) -> str:
    """Return the cell for notebooks from a site, and put what it fetches into a folder.

    The tables are those of the folder `data`, by default those that chapters are built from.
    """
    wheel, data = build_wheel(folder), zip_data(folder / "data.zip", data or data_folder())
    data_sha256 = sha256(data)
    return CELL.format(
        site=site,
        name=project()["name"],
        version=project()["version"],
        exact=exact_version(),
        wheel=f"{FOLDER}/{quote(wheel.name)}",
        wheel_sha256=sha256(wheel),
        data=f"{FOLDER}/{data.name}",
        data_sha256=data_sha256,
        short=data_sha256[:8],
    )


def with_cell(text: str, source: str) -> str:
    """Return a notebook with the cell, folded, before all others."""
    notebook = json.loads(text)
    first = {
        "cell_type": "code",
        "execution_count": None,
        "id": CELL_ID,
        "metadata": {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
    notebook["cells"].insert(0, first)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
