"""Put JupyterLite beside the built pages, so that every chapter runs in a reader's browser.

`python tools/lite.py` takes the pages that tools/build.py made and writes `book/_build/site`: the
same pages, each chapter with a button, and in `lite/` JupyterLab with the chapters, the data, the
helpers, and as wheels what Pyodide lacks. With PYODIDE=archive.tar.bz2 in the environment (a path
or an address) Pyodide itself is in the site, too; otherwise the kernel fetches it from its CDN.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from html import escape
from importlib.metadata import distribution
from pathlib import Path

import build
import colophon
import execute
import parcel
from build import BuildError
from execute import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Pyodide's version, its Python's, and those of the packages that it carries and the helpers need:
# taken from its lock file by tools/pyodide.py.
PYODIDE = json.loads(Path(__file__).with_name("pyodide.json").read_text(encoding="utf-8"))
CARRIED = PYODIDE["packages"]
IN_PYODIDE = {
    "python_version": PYODIDE["python"].rpartition(".")[0],
    "python_full_version": PYODIDE["python"],
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "platform_machine": "wasm32",
}
HELPERS = "recovery-book-helpers"
FIRST_CELL = f"""\
# Only in the browser: install the helpers, and what they need, from this site.
%pip install -q {HELPERS}"""
PINS = re.compile(r"^([\w.-]+)==\S+.*(?:\n    --hash=\S+.*)*", re.MULTILINE)
TITLE = re.compile(r"<article\b.*?</h1>", re.DOTALL)
EARLIEST = 315532800  # of the times that a ZIP file, such as a wheel, can hold


def main() -> int:
    """Build the site and return the exit status."""
    book = ROOT / "book"
    work = book / "_build"
    archive = os.environ.get("PYODIDE", "")
    try:
        with build.alone(work):
            assemble(book, work, archive)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def assemble(book: Path, work: Path, archive: str) -> None:
    """Make JupyterLite, put it beside the pages, and swap the whole in."""
    pages, site, new = work / "html", work / "site", work / "lite" / "site"
    if not pages.is_dir():
        raise BuildError("There are no pages yet: make book")
    shutil.rmtree(work / "lite", ignore_errors=True)
    build.say("Wheels")
    wheels = work / "lite" / "wheels"
    build_helpers(wheels)
    download(needed(), work / "downloads", wheels)
    build.say("JupyterLite")
    stage(book, work / "lite" / "contents")
    shutil.copytree(pages, new)
    make_lite(work / "lite", wheels, new / "lite", archive)
    for name in execute.chapters(book):
        page = (new / name).with_suffix(".html")
        button = link("../" * name.count("/"), name, new / "lite")
        page.write_text(with_button(page.read_text(encoding="utf-8"), button), encoding="utf-8")
    build.swap(new, site)
    build.say(f"Serve {build.shown(site)}, for example: python3 -m http.server -d it")


def needed() -> set[str]:
    """Return the packages that the helpers need and Pyodide lacks, whatever they are needed by."""
    return asked_for() - set(CARRIED)


def asked_for() -> set[str]:
    """Return all packages that the helpers need, but not what those that Pyodide carries need."""
    found, ahead = set(), [HELPERS]
    while ahead:
        for requirement in map(Requirement, distribution(ahead.pop()).requires or []):
            other = canonicalize_name(requirement.name)
            is_asked = requirement.marker is None or requirement.marker.evaluate(
                IN_PYODIDE | {"extra": ""}
            )
            if is_asked and other not in found:
                found.add(other)
                if other not in CARRIED:
                    ahead.append(other)
    return found


# --- Wheels ---


def build_helpers(folder: Path) -> None:
    """Build the helpers' own wheel, with the same bytes every time."""
    folder.mkdir(parents=True)
    run(ROOT, "hatchling", "build", "--target", "wheel", "--directory", folder)


def download(names: set[str], store: Path, folder: Path) -> None:
    """Get the pure-Python wheels that the book's lock pins, and check their hashes."""
    lock = (ROOT / execute.LOCK).read_text(encoding="utf-8")
    pins = {canonicalize_name(pin[1]): pin[0] for pin in PINS.finditer(lock)}
    text = "\n".join(pins[name] for name in sorted(names))
    kept = store / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not kept.exists():
        shutil.rmtree(store, ignore_errors=True)
        unfinished = store / "unfinished"
        unfinished.mkdir(parents=True)
        (store / "requirements.txt").write_text(text)
        pure = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")
        version = f"--python-version={IN_PYODIDE['python_version']}"
        options = ("--quiet", "--no-deps", "--require-hashes", *pure, version)
        run(store, "pip", "download", *options, "-r", "requirements.txt", "-d", unfinished)
        unfinished.rename(kept)
    for wheel in sorted(kept.iterdir()):
        shutil.copy(wheel, folder)
    for wheel in folder.iterdir():
        os.utime(wheel, (age(), age()))  # JupyterLite writes the times into its index


def age() -> int:
    """Return what files in the site say of their age, so that it follows from the commit."""
    return max(colophon.epoch(), EARLIEST)


def run(place: Path, module: str, *options: str | Path) -> None:
    """Run a Python program in a folder.

    Raises
    ------
    BuildError
        If it fails, with all that it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=place,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(age())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BuildError(f"{done.stdout.strip()}\nThe site was not built: {module} failed")


# --- JupyterLite ---


def stage(book: Path, folder: Path) -> None:
    """Lay out what the reader finds: chapters, data, helpers, each where it is in the project."""
    data = parcel.given_away()
    if data is None:
        raise BuildError(
            "The study is private and gives no tables away, which JupyterLite would need: name a "
            "folder with a synthetic twin in study.toml (twin = ...), or build without it"
        )
    places = {
        book / "chapters": ("book/chapters", execute.files(book / "chapters")),
        data: ("data", parcel.tables(data)),
        ROOT / "src": ("src", execute.files(ROOT / "src")),
    }
    for place, (name, sources) in places.items():
        for source in sources:
            target = folder / name / source.relative_to(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    for chapter in (folder / "book" / "chapters").glob("*.ipynb"):
        chapter.write_text(for_browser(chapter.read_text(encoding="utf-8")), encoding="utf-8")


def for_browser(text: str) -> str:
    """Return a notebook with a cell before all others that installs the helpers."""
    notebook = json.loads(text)
    first = {"cell_type": "code", "id": "install", "metadata": {}, "source": FIRST_CELL}
    notebook["cells"].insert(0, first | {"execution_count": None, "outputs": []})
    notebook["metadata"]["kernelspec"] = {"display_name": "Python (Pyodide)", "name": "python"}
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def make_lite(work: Path, wheels: Path, out: Path, archive: str) -> None:
    """Build JupyterLite with the staged contents and the wheels as its only index."""
    from jupyterlite_pyodide_kernel import constants

    if PYODIDE["version"] != (brought := constants.PYODIDE_VERSION):
        raise BuildError(f"The kernel now brings Pyodide {brought}: make pyodide")
    kernel = {
        "disablePyPIFallback": True,  # nothing but this site and Pyodide's own packages
        "loadPyodideOptions": {"env": {"STUDY_DATA": "/drive/data"}},
    }
    settings = {"litePluginSettings": {constants.PYODIDE_KERNEL_PLUGIN_ID: kernel}}
    config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}
    place = work / "settings"
    place.mkdir()
    (place / "jupyter-lite.json").write_text(json.dumps(config))
    if archive and "://" not in archive:
        archive = str(Path(archive).resolve())
    run(
        place,
        "jupyterlite_core",
        *("build", "--lite-dir", place, "--output-dir", out, "--contents", work / "contents"),
        *("--apps", "lab", "--no-sourcemaps", "--no-unused-shared-packages", "--no-libarchive"),
        *("--piplite-wheels", wheels, "--source-date-epoch", str(age())),
        *(("--pyodide", archive) if archive else ()),
    )


# --- Buttons ---


def link(root: str, name: str, lite: Path) -> str:
    """Return the button for a chapter, and what a click on it fetches."""
    own = sum(path.stat().st_size for path in (lite / "pypi").iterdir()) / 1e6
    pyodide = lite / "static" / "pyodide"
    if pyodide.is_dir():
        size = sum(path.stat().st_size for path in pyodide.iterdir()) / 1e6
        source = f"from this site (of its {size:.0f} MB, what the chapter imports)"
    else:
        source = "from cdn.jsdelivr.net, some tens of MB"
    address = escape(f"{root}lite/lab/index.html?path=book/{name}")
    return (
        f'<div class="run-here"><p><a href="{address}">Run this chapter in your browser</a></p>\n'
        "<p>Opens JupyterLab from this site. It then fetches Python and its scientific packages "
        f"(Pyodide {PYODIDE['version']}) {source}, and the helpers with what they need from this "
        f"site ({own:.0f} MB); a first cell, added to the chapter, installs them. What you write "
        "stays in your browser.</p></div>"
    )


def with_button(page: str, button: str) -> str:
    """Return a page with the button below its title."""
    page, found = TITLE.subn(lambda match: f"{match[0]}\n{button}", page, count=1)
    if not found:
        raise BuildError("A chapter has no title to put the button under")
    return page


if __name__ == "__main__":
    sys.exit(main())
