"""Measure the built pages with Lighthouse as a phone would see them; write `docs/lighthouse.md`.

`python tools/lighthouse.py [RUNS]` measures each page that often, by default three times.

Lighthouse comes from npm when this runs, and with it Node is needed; nothing else here needs it.
"""

import datetime
import functools
import http.server
import json
import os
import platform
import shutil
import subprocess
import sys
import threading

from execute import ROOT

SITE = ROOT / "book" / "_build" / "html"
REPORT = ROOT / "docs" / "lighthouse.md"
VERSION = "12"
# Of an odd number of runs the one with the median performance counts: other work shows.
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
MEASURES = ["first-contentful-paint", "largest-contentful-paint", "cumulative-layout-shift"]
CHROME = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
NOT_READ = {"404.html", "search.html"}  # neither is meant to be found by search engines


def main() -> None:
    """Measure every page and write the table."""
    needed = [program for program in ("npx", "chromium") if not shutil.which(program)]
    if needed:
        sys.exit(f"Not installed: {' and '.join(needed)}")
    pages = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        rows = []
        for name in pages:
            if name not in NOT_READ:
                result = measure(f"{root}/{name}")
                rows.append(row(name, result))
                print(rows[-1], flush=True)
        server.shutdown()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(rows, result), encoding="utf-8")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A plain static server, without compression, that tells nobody about each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def measure(url: str) -> dict:
    """Return what Lighthouse finds on a page, in the run with the median performance."""
    runs = sorted((run(url) for _ in range(RUNS)), key=performance)
    return runs[RUNS // 2]


def performance(result: dict) -> float:
    """Return the score for performance, from 0 to 1."""
    return result["categories"]["performance"]["score"]


def run(url: str) -> dict:
    """Return what Lighthouse finds on a page in one run."""
    options = ["--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}"]
    done = subprocess.run(
        ["npx", "--yes", f"lighthouse@{VERSION}", url, *options, f"--chrome-flags={CHROME}"],
        env=os.environ | {"CHROME_PATH": shutil.which("chromium")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return json.loads(done.stdout)


def row(name: str, result: dict) -> str:
    """Return the line of the table for a page."""
    scores = [f"{100 * result['categories'][c]['score']:.0f}" for c in CATEGORIES]
    shown = [result["audits"][m]["displayValue"].replace("\xa0", " ") for m in MEASURES]
    weight = result["audits"]["total-byte-weight"]["numericValue"]
    return "| " + " | ".join([name, *scores, *shown, f"{weight / 1000:.0f} KB"]) + " |"


def report(rows: list[str], result: dict) -> str:
    """Return the table with what it was measured with, and when."""
    chromium = result["environment"]["hostUserAgent"].split("Chrome/")[1].split()[0]
    heads = [
        *("Page", "Performance", "Accessibility", "Best practices", "SEO"),
        *("First paint", "Largest paint", "Layout shift", "Transferred"),
    ]
    return "\n".join(
        [
            "# What Lighthouse measures",
            "",
            f"Written by `make lighthouse` on {datetime.date.today()}, with Lighthouse "
            f"{result['lighthouseVersion']} (its phone profile: slow 4G and a processor slowed "
            f"down four times, both simulated), Chromium {chromium}, on {platform.system()} "
            f"{platform.machine()} with {os.cpu_count()} cores. The server is Python's own, on "
            f"the same machine, without compression. Runs of each page: {RUNS}.",
            "",
            "| " + " | ".join(heads) + " |",
            "| --- |" + " --: |" * (len(heads) - 1),
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
