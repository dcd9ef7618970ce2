"""Put JupyterLite beside the built pages, so that every chapter runs in a reader's browser.

`python tools/lite.py [STUDY]` takes the pages that tools/build.py made and writes `_build/site` of
the book, or of `STUDY/_build/book`: the same pages, each chapter with a button, and in `lite/`
JupyterLab with the folder to work in. What the helpers need is settled here: their packages are in
the lock file that Pyodide starts from, so that a browser fetches them at once and installs nothing.
With PYODIDE=archive.tar.bz2 in the environment (a path) Pyodide itself is in the site, too;
otherwise it comes from its CDN.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from functools import cache
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from string import Template
from typing import Any

import build
import colophon
import contracts
import execute
import parcel
import work as work_folder
from build import BuildError
from execute import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

HELPERS = parcel.project()["name"]
# Pyodide's lock file, without the packages that nothing here needs: `make pyodide` writes it.
LOCK = Path(__file__).with_name("pyodide-lock.json")
KERNEL = ("comm", "ipykernel", "ipython", "jedi", "micropip", "piplite", "pyodide-kernel")
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")
# JupyterLab's own halves of ipywidgets, of which Python uses nothing; the kernel has a stand-in
# for one that is asked for by name.
IN_THE_PAGE = {"jupyterlab-widgets", "widgetsnbextension"}
WHEELS = "static/pyodide-lock"  # of JupyterLite
PINS = re.compile(r"^([\w.-]+)==\S+.*(?:\n    --hash=\S+.*)*", re.MULTILINE)
EARLIEST = 315532800  # of the times that a ZIP file, such as a wheel, can hold
MEASURED = "about 70 MB"  # in Chromium, with Pyodide 0.27
OPENING = Path(__file__).with_name("lite_opening.html")


def main() -> int:
    """Build the site and return the exit status."""
    book = ROOT / "book"
    if study := "".join(sys.argv[1:]):
        os.environ["STUDY_DATA"] = str(ROOT / study)
        book = ROOT / study / "_build" / "book"
    work = book / "_build"
    archive = os.environ.get("PYODIDE", "")
    try:
        with build.alone(work):
            assemble(book, work, Path(archive).resolve() if archive else None)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def assemble(book: Path, work: Path, archive: Path | None) -> None:
    """Make JupyterLite, put it beside the pages, and swap the whole in."""
    pages, site, new = work / "html", work / "site", work / "lite" / "site"
    data = parcel.given_away()
    if data is None:
        raise BuildError(work_folder.PRIVATE)
    if not pages.is_dir():
        raise BuildError("There are no pages yet: make book")
    shutil.rmtree(work / "lite", ignore_errors=True)
    lock = lock_of(archive)
    build.say("Wheels")
    wheels = work / "lite" / "wheels"
    parcel.build_wheel(wheels)
    download(needed(lock), lock, work / "downloads", wheels)
    build.say("JupyterLite")
    work_folder.lay(for_browser(work_folder.contents(book, data)), work / "lite" / "contents")
    (work / "lite" / "contents" / work_folder.RECORD).unlink()
    shutil.copytree(pages, new)
    make_lite(work / "lite", new / "lite", archive)
    add_packages(lock, wheels, new / "lite", archive)
    add_opening(new / "lite", archive)
    for name in execute.chapters(book):
        page = (new / name).with_suffix(".html")
        button = link("../" * name.count("/"), name, archive)
        page.write_text(with_button(page.read_text(encoding="utf-8"), button), encoding="utf-8")
    add_pdf(work / "book.pdf", pages, new)
    build.swap(new, site)
    build.say(f"Serve {build.shown(site)}, for example: python3 -m http.server -d it")


# --- What Pyodide carries, and what it lacks ---


def lock_of(archive: Path | None) -> dict[str, Any]:
    """Return the lock file of an archive of Pyodide, or of the one that the kernel brings."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    if archive:
        with tarfile.open(archive) as packed:
            return json.load(packed.extractfile("pyodide/pyodide-lock.json"))
    lock = json.loads(LOCK.read_text())
    if lock["pyodide"] != PYODIDE_VERSION:
        raise BuildError(f"The kernel now brings Pyodide {PYODIDE_VERSION}: make pyodide")
    return lock


def pruned(lock: dict[str, Any]) -> dict[str, Any]:
    """Return Pyodide's lock file with no other packages than the helpers and the kernel need."""
    named = {name for _, name in requirements(lock)} | set(KERNEL)
    kept, ahead = {}, [name for name in named if name in lock["packages"]]
    while ahead:
        name = canonicalize_name(ahead.pop())
        if name not in kept:
            kept[name] = lock["packages"][name]
            ahead += kept[name]["depends"]
    return {"info": lock["info"], "packages": dict(sorted(kept.items()))}


def place_of(lock: dict[str, Any]) -> dict[str, str]:
    """Return what markers of requirements are evaluated with in Pyodide."""
    info = lock["info"]
    system, _, _ = info["platform"].partition("_")
    return {
        "extra": "",
        "python_version": info["python"].rpartition(".")[0],
        "python_full_version": info["python"],
        "sys_platform": system,
        "platform_system": system.title(),
        "platform_machine": info["arch"],
    }


def requirements(lock: dict[str, Any]) -> set[tuple[Requirement, str]]:
    """Return what the helpers, and what Pyodide lacks of what they need, ask for in Pyodide."""
    place = place_of(lock)
    found, seen, ahead = set(), set(), [HELPERS]
    while ahead:
        name = ahead.pop()
        seen.add(name)
        for requirement in map(Requirement, distribution(name).requires or []):
            other = canonicalize_name(requirement.name)
            is_asked = requirement.marker is None or requirement.marker.evaluate(place)
            if other in IN_THE_PAGE or not is_asked:
                continue
            found.add((requirement, other))
            if other not in lock["packages"] and other not in seen:
                ahead.append(other)
    return found


def needed(lock: dict[str, Any]) -> set[str]:
    """Return the packages that the helpers need, directly or not, and Pyodide lacks."""
    return {name for _, name in requirements(lock)} - set(lock["packages"])


def download(names: set[str], lock: dict[str, Any], store: Path, folder: Path) -> None:
    """Get the pure-Python wheels that the book's lists of packages pin, and check their hashes."""
    pins = pinned()
    text = "\n".join(pins[name] for name in sorted(names))
    kept = store / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not kept.exists():
        shutil.rmtree(store, ignore_errors=True)
        unfinished = store / "unfinished"
        unfinished.mkdir(parents=True)
        (store / "requirements.txt").write_text(text)
        pure = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")
        version = f"--python-version={lock['info']['python'].rpartition('.')[0]}"
        options = ("--quiet", "--no-deps", "--require-hashes", *pure, version)
        run(store, "pip", "download", *options, "-r", "requirements.txt", "-d", unfinished)
        unfinished.rename(kept)
    for wheel in sorted(kept.iterdir()):
        shutil.copy(wheel, folder)


@cache
def pinned() -> dict[str, str]:
    """Return the pins of all packages, with their hashes."""
    files = (ROOT / name for name in ("requirements.txt", "requirements-dev.txt"))
    text = "\n".join(file.read_text() for file in files)
    return {canonicalize_name(pin[1]): pin[0] for pin in PINS.finditer(text)}


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
        env=os.environ | {"SOURCE_DATE_EPOCH": str(max(colophon.epoch(), EARLIEST))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BuildError(f"{done.stdout.strip()}\nThe site was not built: {module} failed")


# --- JupyterLite ---


def for_browser(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return files with the kernel of JupyterLite in the place of the notebooks' own."""
    return {
        name: with_kernel(content) if name.endswith(".ipynb") else content
        for name, content in files.items()
    }


def with_kernel(content: bytes) -> bytes:
    """Return a notebook for the kernel of JupyterLite."""
    notebook = json.loads(content)
    notebook["metadata"]["kernelspec"] = {"display_name": "Python (Pyodide)", "name": "python"}
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def make_lite(work: Path, out: Path, archive: Path | None) -> None:
    """Build JupyterLite with the staged contents and no more extensions than chapters use."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_KERNEL_PLUGIN_ID

    kernel = {
        "disablePyPIFallback": True,  # nothing but this site and Pyodide's own packages
        "loadPyodideOptions": {
            "env": {"STUDY_DATA": "/drive/data"},
            "lockFileURL": f"./{WHEELS}/pyodide-lock.json",
            "packages": [*KERNEL, HELPERS],
        },
    }
    settings = {"litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel}}
    config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    extensions = [str(installed / name) for name in EXTENSIONS]
    own = {"ignore_sys_prefix": ["federated_extensions"], "federated_extensions": extensions}
    place = work / "settings"
    place.mkdir()
    (place / "jupyter-lite.json").write_text(json.dumps(config))
    (place / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": own}))
    run(
        place,
        "jupyterlite_core",
        *("build", "--lite-dir", place, "--output-dir", out, "--contents", work / "contents"),
        *("--apps", "lab", "--no-sourcemaps", "--no-unused-shared-packages", "--no-libarchive"),
        *("--source-date-epoch", str(max(colophon.epoch(), EARLIEST))),
        *(("--pyodide", archive) if archive else ()),
    )


def add_packages(lock: dict[str, Any], wheels: Path, lite: Path, archive: Path | None) -> None:
    """Put wheels into JupyterLite, and the lock file that names them beside Pyodide's own."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

    folder = lite / WHEELS
    folder.mkdir(parents=True)
    own = "../../static/pyodide" if archive else PYODIDE_CDN_URL
    packages = {
        name: entry | {"file_name": f"{own}/{entry['file_name']}"}
        for name, entry in lock["packages"].items()
    }
    for wheel in sorted([*wheels.glob("*.whl"), *lite.glob("extensions/**/pypi/*.whl")]):
        if canonicalize_name(wheel.name.split("-")[0]) not in IN_THE_PAGE:
            shutil.copy(wheel, folder)
            added = entry_of(wheel, place_of(lock))
            packages[added["name"]] = added
    for entry in packages.values():
        asked = map(canonicalize_name, entry["depends"])
        entry["depends"] = [name for name in asked if name in packages]
    text = json.dumps({"info": lock["info"], "packages": packages}, indent=1)
    (folder / "pyodide-lock.json").write_text(text)


def entry_of(wheel: Path, place: dict[str, str]) -> dict[str, Any]:
    """Return what Pyodide's lock file says of a pure wheel."""
    name, version, _, _ = parse_wheel_filename(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
        code = [file for file in files if file.endswith(".py")]
        [metadata] = [file for file in files if file.endswith(".dist-info/METADATA")]
        asked = message_from_bytes(archive.read(metadata)).get_all("Requires-Dist", [])
    depends = [Requirement(text) for text in asked]
    return {
        "name": name,
        "version": str(version),
        "file_name": f"../../{WHEELS}/{wheel.name}",
        "install_dir": "site",
        "sha256": execute.sha256(wheel),
        "package_type": "package",
        "imports": sorted({file.split("/")[0].removesuffix(".py") for file in code}),
        "depends": [
            canonicalize_name(requirement.name)
            for requirement in depends
            if requirement.marker is None or requirement.marker.evaluate(place)
        ],
        "unvendored_tests": False,
    }


# --- Buttons ---


def source_of(archive: Path | None) -> tuple[str, str]:
    """Return the address of Pyodide as seen from JupyterLite, and its host in words."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

    if archive:
        return "static/pyodide/pyodide.mjs", "this site"
    return f"{PYODIDE_CDN_URL}/pyodide.mjs", "cdn.jsdelivr.net"


def add_opening(lite: Path, archive: Path | None) -> None:
    """Write the page that tests whether Pyodide can be had before JupyterLab opens."""
    address, host = source_of(archive)
    page = Template(OPENING.read_text(encoding="utf-8"))
    text = page.substitute(address=address, host=host, size=MEASURED)
    (lite / "open.html").write_text(text, encoding="utf-8")


def link(root: str, name: str, archive: Path | None) -> str:
    """Return the button for a chapter, and what a click on it fetches."""
    _, host = source_of(archive)
    address = escape(f"{root}lite/open.html?path={name}")
    return (
        f'<div class="run-here"><p><a href="{address}">Run this chapter in your browser</a></p>\n'
        f"<p>This opens JupyterLab and fetches Python with its packages (Pyodide, {MEASURED}) "
        f"from {host}; the first result takes a minute or more. What you write stays in your "
        "browser. This was tried with Pyodide 0.27, and not yet with the one that is fetched: if a "
        "cell fails, download the notebook and run it on your computer.</p></div>"
    )


def add_pdf(pdf: Path, pages: Path, site: Path) -> None:
    """Put the PDF beside the pages, and a link on each, if it was made from these pages."""
    if not pdf.exists():
        return
    if pdf.stat().st_mtime < (pages / "index.html").stat().st_mtime:
        build.say("The PDF is older than the pages and stays away: make pdf")
        return
    shutil.copy(pdf, site)
    for page in pages.rglob("*.html"):
        name = page.relative_to(pages)
        root = "../" * (len(name.parts) - 1)
        text = (site / name).read_text(encoding="utf-8")
        link = f' <a href="{root}{pdf.name}">The whole book as PDF</a>.'
        (site / name).write_text(text.replace(contracts.PDF_PLACE, link), encoding="utf-8")


def with_button(page: str, button: str) -> str:
    """Return a page with the button below its title."""
    page, found = contracts.TITLE.subn(lambda match: f"{match[0]}\n{button}", page, count=1)
    if not found:
        raise BuildError("A chapter has no title to put the button under")
    return page


if __name__ == "__main__":
    sys.exit(main())
