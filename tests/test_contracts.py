"""What one side of the book writes and another looks for is found, or the build fails."""

import re
from pathlib import Path

import check_site
import contracts
import pytest
from building import INTRO, build

ROOT = Path(__file__).parents[1]
SCRIPTS = [*ROOT.glob("book/_theme/static/*.js"), *ROOT.glob("book/_static/*.js")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_look_for_nothing_that_is_not_agreed_on(script):
    text = script.read_text(encoding="utf-8")
    selectors = re.findall(r"""querySelector(?:All)?\(["`](.+?)["`]\)""", text)
    assert len(selectors) == text.count("querySelector")
    own = {f".{name}" for name in re.findall(r'classList\.toggle\("([\w-]+)"', text)}
    names = {name for selector in selectors for name in re.findall(r"[.#][\w-]+", selector)}
    assert names - own <= {name for name, who in contracts.NAMES.items() if who == script.name}


def test_what_no_page_of_the_whole_book_has_is_a_fault(tmp_path):
    name = next(iter(contracts.NAMES))
    text = "aria-current"
    (tmp_path / "page.html").write_text(f'<p id="{name[1:]}" {text}="page">x</p>')
    assert list(check_site.faults(tmp_path)) == []
    found = [what for _, what in check_site.faults(tmp_path, whole=True)]
    assert len(found) == len(contracts.NAMES) + len(contracts.TEXTS) - 2
    assert not [what for what in found if name in what or text in what]
    assert "no page has .term, for which site.css looks" in found


AS_WHOLE = f"""
import sys
from pathlib import Path

sys.path.insert(0, "{ROOT / "tools"}")
import build, contracts

contracts.WHOLE = Path(sys.argv[1]).resolve()
sys.exit(build.main())
"""


def test_a_pattern_that_meets_nothing_fails_the_build_with_one_line_each(project):
    """The tiny book is taken for the whole one, of whose patterns it has only some."""
    program = project / "as_whole.py"
    program.write_text(AS_WHOLE)
    (project / "book" / "intro.md").write_text(INTRO + "\nMore.\n")
    status, _, complaints = build(project, program=program)
    assert status == 1
    lines = complaints.splitlines()
    assert lines.pop() == "The book was not built: Sphinx warned"
    assert lines
    assert all("tools/contracts.py: Sphinx no longer writes this: " in line for line in lines)
    unmet = [line.rpartition(" this: ")[2] for line in lines]
    patterns = [pattern for pattern, _ in contracts.MARKUP + contracts.CONTENTS]
    assert set(unmet) < {*patterns, *contracts.UNUSED}
    assert r'(<a href="[\w/]+)\.ipynb(?=[#"])' in unmet
    assert "<pre><span></span>" not in unmet
