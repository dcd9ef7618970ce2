"""Measure the built pages with Lighthouse as a phone would see them; write `docs/lighthouse.md`.

`python tools/lighthouse.py [RUNS]` measures each page that often, by default three times.

Lighthouse comes from npm when this runs, and with it Node is needed; nothing else here needs it.
"""

import datetime
import functools
import gzip
import http.server
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from execute import ROOT

SITE = ROOT / "book" / "_build" / "html"
REPORT = ROOT / "docs" / "lighthouse.md"
VERSION = "12"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
MEASURES = ["first-contentful-paint", "largest-contentful-paint", "cumulative-layout-shift"]
CHROME = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
NOT_READ = {"404.html", "search.html"}  # neither is meant to be found by search engines


def main() -> None:
    """Measure every page and write the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    needed = [program for program in ("npx", "chromium") if not shutil.which(program)]
    if needed:
        sys.exit(f"Not installed: {' and '.join(needed)}")
    handler = functools.partial(Host, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        rows = []
        for name in pages():
            result = measure(f"{root}/{name}", runs)
            rows.append(row(name, result))
            print(rows[-1], flush=True)
        server.shutdown()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(rows, result, runs), encoding="utf-8")


def pages() -> list[str]:
    """Return the pages of the book and, of those of source code, the largest."""
    code = sorted((SITE / "_modules").rglob("*.html"), key=lambda path: path.stat().st_size)
    chosen = set(SITE.rglob("*.html")) - set(code[:-1]) - {SITE / name for name in NOT_READ}
    return sorted(path.relative_to(SITE).as_posix() for path in chosen)


class Host(http.server.SimpleHTTPRequestHandler):
    """A static server that compresses what it sends, as hosts do, and tells nobody about it."""

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def measure(url: str, runs: int) -> dict:
    """Return what Lighthouse finds on a page, in the run with the median performance.

    Other work on the machine shows in single runs; their number is odd.
    """
    return sorted((run(url) for _ in range(runs)), key=performance)[runs // 2]


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
    files = result["audits"]["network-requests"]["details"]["items"]
    weights = [sum(file[size] for file in files) for size in ("resourceSize", "transferSize")]
    return (
        "| " + " | ".join([name, *scores, *shown, *(f"{w / 1000:.0f} KB" for w in weights)]) + " |"
    )


def report(rows: list[str], result: dict, runs: int) -> str:
    """Return the table with what it was measured with, and when."""
    chromium = result["environment"]["hostUserAgent"].split("Chrome/")[1].split()[0]
    heads = [
        *("Page", "Performance", "Accessibility", "Best practices", "SEO"),
        *("First paint", "Largest paint", "Layout shift", "Unpacked", "Transferred"),
    ]
    return "\n".join(
        [
            "# What Lighthouse measures",
            "",
            f"Written by `make lighthouse` on {datetime.date.today()}, with Lighthouse "
            f"{result['lighthouseVersion']} (its phone profile: slow 4G and a processor slowed "
            f"down four times, both simulated), Chromium {chromium}, on {platform.system()} "
            f"{platform.machine()} with {os.cpu_count()} cores. The server, on the same machine, "
            "sends files compressed with gzip, as GitHub Pages, Netlify and Read the Docs do; "
            "unpacked is what they weigh then. Of the pages of source code, which are all alike, "
            f"the largest is measured. Runs of each page: {runs}.",
            "",
            "| " + " | ".join(heads) + " |",
            "| --- |" + " --: |" * (len(heads) - 1),
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
