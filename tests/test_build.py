"""What `make book` promises, tried on a book of two pages: what is built, and when."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from building import STUDY, build, page, site_bytes, write_notebook, write_project

PAGE_TWO = "chapters/two.html"


def test_pages_and_scorecard_are_built_and_nothing_is_done_twice(built):
    before = site_bytes(built)
    assert "96" in page(built, "chapters/one.html")
    [row] = json.loads(page(built, "scorecard.json"))
    assert (row["fact_id"], row["verdict"]) == ("S.n", "match")
    status, said, _ = build(built)
    assert status == 0
    assert said.startswith("Nothing changed")
    assert site_bytes(built) == before


def test_no_page_asks_another_host(built):
    pages = (built / "book" / "_build" / "html").rglob("*.html")
    assert not [path for path in pages if 'src="http' in path.read_text()]


def test_the_same_bytes_in_another_folder_with_other_settings(built, tmp_path):
    other = tmp_path / "some" / "where"
    write_project(other)
    setting = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"}
    assert build(other, **setting)[0] == 0
    assert site_bytes(other) == site_bytes(built)


def test_an_address_without_a_slash_at_its_end_is_the_same_everywhere(project):
    config = project / "book" / "_config.yml"
    address = "https://example.org/book"
    config.write_text(config.read_text().replace('baseurl: ""', f"baseurl: {address}"))
    assert build(project)[0] == 0
    assert f"<loc>{address}/chapters/one.html</loc>" in page(project, "sitemap.xml")
    assert f'<base href="{address}/">' in page(project, "404.html")
    canonical = f'<link rel="canonical" href="{address}/chapters/one.html">'
    assert canonical in page(project, "chapters/one.html")


def test_a_page_may_cite_before_its_title_and_have_signs_in_it(project):
    book = project / "book"
    (book / "intro.md").write_text("Before, as {cite}`key` says.\n\n# R & D <*p*>\n")
    (book / "references.md").write_text("# References\n\n```{bibliography}\n```\n")
    (book / "_toc.yml").write_text((book / "_toc.yml").read_text() + "- file: references\n")
    assert build(project)[::2] == (0, "")
    before = page(project, "intro.html").partition("<h1>")[0]
    assert '<div class="source" role="note"><small>A. Name. Title.</small>' in before
    data = re.search(r"ld\+json\">(.*?)</script>", page(project, "intro.html"))
    assert json.loads(data[1])["name"] == "R & D <p>"


def test_a_changed_helper_reaches_every_page(project):
    (project / "src" / "helpers" / "load" / "study.py").write_text(STUDY.replace("95", "195"))
    status, said, _ = build(project)
    assert status == 0
    assert "unchanged" not in said
    assert "196" in page(project, "chapters/one.html")


def test_pages_whose_texts_stay_are_made_again_though_a_name_shown_has_no_source(project):
    module = project / "src" / "helpers" / "made" / "pairs.py"
    module.parent.mkdir()
    (module.parent / "__init__.py").touch()
    module.write_text('"""Pairs."""\n\nPair = tuple[int, int]\n"""Two numbers."""\n')
    (project / "book" / "helpers.md").write_text("# Helpers\n\n<!-- modules of helpers.made -->\n")
    with (project / "book" / "_toc.yml").open("a") as toc:
        toc.write("- file: helpers\n")
    assert build(project)[::2] == (0, "")
    assert "Two numbers." in page(project, "helpers.html")
    style = project / "book" / "_static" / "more.css"
    style.parent.mkdir()
    style.write_text("p {color: red}")
    assert build(project)[::2] == (0, "")


def test_a_changed_chapter_is_written_alone_until_others_show_what_changed(project):
    site, chapters = project / "book" / "_build" / "html", project / "book" / "chapters"
    written = []
    for says in ["some", "other"]:  # the first build reads all pages, since the folder is another
        write_notebook(chapters / "one.ipynb", f"print('{says}')")
        assert build(project)[0] == 0
        assert says in page(project, "chapters/one.html")
        written.append((site / PAGE_TWO).stat().st_mtime_ns)
    assert written[0] == written[1]
    (chapters / "one.ipynb").rename(chapters / "new title.ipynb")
    write_notebook(chapters / "new title.ipynb", "print('other')")
    (chapters / "new title.ipynb").rename(chapters / "one.ipynb")
    assert build(project)[0] == 0
    assert "new title" in page(project, PAGE_TWO)
    changed = site_bytes(project)
    shutil.rmtree(project / "book" / "_build")
    assert build(project)[0] == 0
    assert site_bytes(project) == changed


@pytest.mark.parametrize("settings", [[], ["--all"]], ids=["", "all"])
def test_jupyter_book_by_itself_makes_the_same_pages(project, settings):
    before = site_bytes(project)
    shutil.rmtree(project / "book" / "_build")
    own = {"PYTHONPATH": str(project / "src"), "STUDY_DATA": str(project / "data")}
    program = Path(sys.executable).with_name("jupyter-book")
    for _ in range(2):
        subprocess.run(
            [program, "build", "book", *settings],
            cwd=project,
            env=os.environ | own,
            capture_output=True,
            check=True,
            timeout=300,
        )
        assert site_bytes(project) == before


def test_jupyter_book_by_itself_shows_what_became_of_a_changed_helper(project):
    own = {"PYTHONPATH": str(project / "src"), "STUDY_DATA": str(project / "data")}
    program = Path(sys.executable).with_name("jupyter-book")

    def jupyter_book():
        command = [program, "build", "book"]
        setting = os.environ | own
        return subprocess.run(command, cwd=project, env=setting, capture_output=True, text=True)

    assert jupyter_book().returncode == 0
    (project / "src" / "helpers" / "load" / "study.py").write_text(STUDY.replace("95", "195"))
    assert jupyter_book().returncode == 0
    assert "196" in page(project, "chapters/one.html")
    write_notebook(project / "book" / "chapters" / "one.ipynb", "x / 0")
    done = jupyter_book()
    assert done.returncode != 0
    assert "one.ipynb, code cell 1:" in done.stderr
    assert "NameError: name 'x' is not defined" in done.stderr
