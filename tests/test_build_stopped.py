"""Builds that are killed, meet or find damage: nothing goes on, and the last good site stays."""

import gzip
import signal
import time

import execute
import pytest
from building import (
    INTRO,
    build,
    is_running,
    page,
    site_bytes,
    start,
    wait_until,
    write_notebook,
    write_project,
)
from filelock import FileLock

STARTS_ANOTHER = """
import os, subprocess
child = subprocess.Popen(["sleep", "600"])
open({!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
"""


@pytest.fixture
def interruptible():
    """Let programs be interrupted, which a shell's job in the background ignores for them, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_a_chapter_started_ends_with_it(project):
    started = project / "started"
    write_notebook(project / "book" / "chapters" / "two.ipynb", STARTS_ANOTHER.format(str(started)))
    assert build(project)[0] == 0
    for process in map(int, started.read_text().split()):
        wait_until(lambda process=process: not is_running(process))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_chapters_and_what_they_started_end_with_the_build(project, how, interruptible):
    started = project / "started"
    cell = STARTS_ANOTHER.format(str(started)) + "child.wait()"
    write_notebook(project / "book" / "chapters" / "two.ipynb", cell)
    process = start(project)
    wait_until(lambda: started.exists() and len(started.read_text().split()) == 2)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode != 0
    for other in map(int, started.read_text().split()):
        wait_until(lambda other=other: not is_running(other))


@pytest.mark.parametrize("content", [b"", b"outputs" * 99, b"\n\n"])
def test_what_is_kept_comes_back(tmp_path, content):
    entry = tmp_path / "entry.gz"
    execute.store(entry, "key", content)
    assert execute.stored(entry, "key") == content
    assert [path.name for path in tmp_path.iterdir()] == ["entry.gz"]
    assert execute.stored(entry, "another key") is None
    assert execute.stored(tmp_path / "none.gz", "key") is None


@pytest.mark.parametrize("damage", ["empty", "other", "cut", "whole but changed"])
def test_a_damaged_result_in_store_counts_as_none(tmp_path, damage):
    entry = tmp_path / "entry.gz"
    execute.store(entry, "key", b"outputs" * 99)
    kept = entry.read_bytes()
    damaged = {
        "empty": b"",
        "other": b"nonsense",
        "cut": kept[:-9],
        "whole but changed": gzip.compress(gzip.decompress(kept).replace(b"puts", b"stup", 1)),
    }
    entry.write_bytes(damaged[damage])
    assert execute.stored(entry, "key") is None


@pytest.mark.parametrize(
    "damage", [b"", b"{}", gzip.compress(b"key hash\n[1", mtime=0), b"\0" * 99]
)
def test_a_damaged_record_of_the_last_build_counts_as_none(project, damage):
    before = site_bytes(project)
    record = project / "book" / "_build" / "last_build.gz"
    record.write_bytes(damage)
    status, _, complaints = build(project)
    assert (status, complaints) == (0, "")
    assert site_bytes(project) == before
    assert build(project)[1].startswith("Nothing changed")


def test_what_was_damaged_or_lost_is_made_again(project):
    before = site_bytes(project)
    entries = sorted((project / "book" / "_build" / "executed").iterdir())
    entries[0].write_bytes(entries[1].read_bytes())  # another's
    for entry in entries[1:]:
        entry.write_bytes(entry.read_bytes()[:-1])
    (project / "book" / "_build" / "html" / "intro.html").unlink()
    status, said, _ = build(project)
    assert status == 0
    assert "unchanged" not in said
    assert site_bytes(project) == before


def test_two_builds_at_once_do_not_meet(project):
    work = project / "book" / "_build"
    with FileLock(work / "lock"):
        (work / "builder").write_text("4242")
        status, said, complaints = build(project)
    assert (status, said) == (1, "")
    assert complaints == "Process 4242 is building this book; wait for it to end\n"
    assert build(project)[0] == 0  # the file itself is no obstacle


def test_a_killed_build_leaves_the_old_site_and_the_next_does_only_what_is_left(project):
    before = site_bytes(project)
    chapter = project / "book" / "chapters" / "two.ipynb"
    started = project / "started"
    write_notebook(chapter, f"import time; open({str(started)!r}, 'w').close(); time.sleep(60)")
    process = start(project)
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode < 0
    assert site_bytes(project) == before
    write_notebook(chapter, "print(6 * 8)")
    status, said, _ = build(project)
    assert status == 0
    assert said.count("unchanged") == 2
    assert "48" in page(project, "chapters/two.html")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_build_stopped_while_it_made_pages_is_begun_again(project, how, interruptible):
    before = site_bytes(project)
    intro = project / "book" / "intro.md"
    intro.write_text(INTRO.replace("Intro", "Foreword"))
    process = start(project)
    while process.stdout.readline() != "Pages\n":
        pass
    process.send_signal(how)
    _, complaints = process.communicate()
    if how == signal.SIGKILL:
        assert process.returncode < 0
    else:
        assert process.returncode == 130
        assert complaints == "Interrupted; the last good site is as it was\n"
    assert site_bytes(project) == before
    assert build(project)[0] == 0
    assert "<h1>Foreword" in page(project, "intro.html")


def test_a_build_killed_in_the_swap_is_healed(project):
    before = site_bytes(project)
    site = project / "book" / "_build" / "html"
    site.rename(site.with_name("html.old"))
    status, said, _ = build(project)
    assert (status, said.split()[0]) == (0, "Nothing")
    assert site_bytes(project) == before


def test_where_nothing_can_be_written_one_line_says_so(tmp_path):
    write_project(tmp_path)
    (tmp_path / "book" / "_build").write_text("in the way")
    status, _, complaints = build(tmp_path)
    assert status == 1
    assert complaints == f"The book was not built: File exists: {tmp_path}/book/_build\n"


def test_a_full_disk_leaves_the_old_site_and_one_line_says_so(project):
    before = site_bytes(project)
    (project / "book" / "intro.md").write_text(INTRO + "\nMore.\n")

    # No file may grow beyond a few KB, which fails as a full disk does; coverage's would.
    status, _, complaints = build(project, before="unset COVERAGE_PROCESS_CONFIG; ulimit -f 16")
    assert status == 1
    assert complaints.startswith("The book was not built: File too large")
    assert complaints.count("\n") == 1
    assert site_bytes(project) == before
