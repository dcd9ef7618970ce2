"""What the benchmarks and Lighthouse's table tell, from figures worked by hand."""

import functools
import gzip
import http.server
import threading
import urllib.error
import urllib.request

import bench
import lighthouse
import pytest

SECONDS = {
    "cold": [20.0, 40.0, 30.0],
    "nothing": [0.1],
    "one": [9.0],
    "middle": [6.0],
    "stock": [60.0],
    "nbconvert": [50.0],
    "computing": [18.0],
    "pages": [7.0],
}
BOOKS = [(100, 0.5, 30.0, 400_000, "play"), (10_000, 6.0, 120.0, 480_000, "play")]


def test_aims_are_met_or_missed_as_the_medians_say():
    page = bench.report(SECONDS, BOOKS, [("What is timed.", "1 s\n", True)], load=0.2)
    for line in [
        "| `make book`, nothing there | 30.0 | 20.0 | 40.0 | 1.00 |",
        "| (c) the floor: both of the next two | 25.0 |  |  | 0.83 |",
        "| Cold, as a share of stock Jupyter Book | 0.50 | 0.45 | no |",
        "| Cold, as a multiple of the floor | 1.20 | 1.1 | no |",
        "| Longest chapter changed, as a share of cold | 0.30 | 0.25 | no |",
        "| Loading 100 people, seconds | 0.50 | 1 | yes |",
        "| Loading 10,000 people, seconds | 6.00 | 5 | no |",
        "| A book of 10,000 people, minutes | 2.00 | 4 | yes |",
        "| Largest chapter of 10,000 people, KB | 480.00 | 500 | yes |",
        "| 10,000 | 6.00 | 120 | 480 | play |",
    ]:
        assert line in page.splitlines()


def found(performance, **items):
    """Return what Lighthouse finds, as its report in JSON has it."""
    shown = {key: {"displayValue": "1.2\xa0s"} for key in lighthouse.MEASURES}
    return {
        "categories": {c: {"score": 1} for c in lighthouse.CATEGORIES}
        | {"performance": {"score": performance}},
        "audits": shown | {"network-requests": {"details": {"items": [items]}}},
        "environment": {"hostUserAgent": "Mozilla/5.0 HeadlessChrome/150.0.1 Safari/537.36"},
        "lighthouseVersion": "12.1",
    }


def test_the_run_with_the_median_performance_counts(monkeypatch):
    runs = iter([found(0.9), found(1), found(0.2)])
    monkeypatch.setattr(lighthouse, "run", lambda url: next(runs))
    assert lighthouse.performance(lighthouse.measure("page", 3)) == 0.9


def test_scores_are_of_100_and_weights_in_kilobytes():
    result = found(0.95, resourceSize=7400, transferSize=1600)
    row = lighthouse.row("page", result)
    assert row == "| page | 95 | 100 | 100 | 100 | 1.2 s | 1.2 s | 1.2 s | 7 KB | 2 KB |"
    page = lighthouse.report([row], result, 3)
    assert page.splitlines()[-1] == row
    assert "Chromium 150.0.1" in page


@pytest.mark.parametrize(("name", "status"), [("page.html", 200), ("none.html", 404)])
def test_what_is_measured_is_sent_as_hosts_send_it(tmp_path, name, status):
    (tmp_path / "page.html").write_text("<p>" * 999)
    handler = functools.partial(lighthouse.Host, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{name}")
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            assert answer.status == status
            if status == 200:
                assert gzip.decompress(answer.read()) == b"<p>" * 999
        server.shutdown()
