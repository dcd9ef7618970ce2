"""Figures in a browser: text that can be read at every width, and is read out once."""

import itertools

import pytest
from browsing import CHAPTERS, SITE, opened

ILLUSTRATED = [name for name in CHAPTERS if "<figure" in (SITE / name).read_text(encoding="utf-8")]
WIDTHS = [320, 360, 390, 540, 600, 768, 1024, 1280, 1440, 1920]
LEAST = 11  # pixels
every_illustrated = pytest.mark.parametrize("name", ILLUSTRATED)

SHOW_ALL = """() => {
  document.querySelectorAll("details").forEach((e) => (e.open = true));
  document.querySelectorAll(".explorer > .view").forEach((e) => (e.hidden = false));
}"""
# Each text of a figure that is seen, with its size on the screen and where it stands.
TEXTS = """() => [...document.querySelectorAll("figure.study")].flatMap((figure) =>
  [...figure.querySelectorAll("text, li, small, strong, p, sup, figcaption")]
    .filter((e) => e.checkVisibility() && e.textContent.trim())
    .map((e) => {
      const scale = e.closest("svg") ? Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b) : 1;
      const {left, right, top, bottom} = e.getBoundingClientRect();
      return {
        figure: figure.id, text: e.textContent.trim(), drawn: !!e.closest("svg"),
        cloud: !!e.closest(".cloud"), left, right, top, bottom,
        size: parseFloat(getComputedStyle(e).fontSize) * scale,
      };
    }))"""
DRAWINGS = """() => [...document.querySelectorAll("figure.study:has(> svg)")].map((figure) => {
  const seen = [...figure.querySelectorAll(":scope > svg")].filter((e) => e.checkVisibility());
  const {width} = figure.getBoundingClientRect();
  return {figure: figure.id, all: figure.querySelectorAll(":scope > svg").length,
    seen: seen.map((e) => e.classList.contains("wide") ? "wide" : "narrow"),
    share: seen[0]?.getBoundingClientRect().width / width, width};
})"""
# A system font may be wider or narrower than the one that drawings are measured by.
FONTS = ["sans-serif", "serif", "monospace"]
# Only the lines of a label that has several are moved, each to its own place. Where their letters
# stand counts, not their boxes: these hold strokes that reach out, in whole pixels.
EDGES = """(font) => {
  document.documentElement.style.setProperty("--figure-font", font);
  const edge = {start: (a, b) => a, middle: (a, b) => (a + b) / 2, end: (a, b) => b};
  return [...document.querySelectorAll("figure.study > svg g")].map((group) => {
    const lines = [...group.querySelectorAll(":scope > text[transform^=translate]")];
    if (lines.length < 2 || !group.checkVisibility()) return null;
    const held = getComputedStyle(lines[0]).textAnchor;
    const edges = lines.map((e) => {
      const ends = [e.getStartPositionOfChar(0), e.getEndPositionOfChar(e.getNumberOfChars() - 1)];
      return edge[held](...ends.map((end) => end.matrixTransform(e.getScreenCTM()).x));
    });
    return {font, held, text: lines.map((e) => e.textContent).join(" / "),
      apart: Math.max(...edges) - Math.min(...edges)};
  }).filter(Boolean);
}"""


@pytest.fixture(scope="module")
def seen(browser):
    """What each page shows of its figures at each width."""
    found = {}
    for name in ILLUSTRATED:
        with opened(browser, (SITE / name).as_uri(), WIDTHS[0], "light") as page:
            page.evaluate(SHOW_ALL)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                found[name, width] = page.evaluate(TEXTS), page.evaluate(DRAWINGS)
    return found


def test_there_are_figures_to_look_at(seen):
    assert len(ILLUSTRATED) > 8
    texts = [text for texts, _ in seen.values() for text in texts]
    assert sum(text["drawn"] for text in texts) > 10_000
    assert sum(text["cloud"] for text in texts) > 100


@every_illustrated
@pytest.mark.parametrize("width", WIDTHS)
def test_text_is_large_enough(seen, name, width):
    texts, _ = seen[name, width]
    assert {(t["figure"], t["text"], t["size"]) for t in texts if t["size"] < LEAST} == set()


@every_illustrated
@pytest.mark.parametrize("width", WIDTHS)
def test_text_stays_on_the_screen(seen, name, width):
    texts, _ = seen[name, width]
    assert {
        (t["figure"], t["text"])
        for t in texts
        if t["drawn"] and (t["left"] < -1 or t["right"] > width + 1)
    } == set()


@every_illustrated
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_text_lies_on_another(seen, name, width):
    texts, _ = seen[name, width]
    figures = {}
    for text in texts:
        if text["drawn"] and not text["cloud"]:
            figures.setdefault(text["figure"], []).append(text)
    assert {
        (figure, one["text"], other["text"])
        for figure, drawn in figures.items()
        for n, one in enumerate(drawn)
        for other in drawn[:n]
        if _share_room(one, other)
    } == set()


def _share_room(one, other, slack=2):
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    # Boxes of letters hold the room for descenders of the line above.
    return across > slack and down > 0.3 * min(o["bottom"] - o["top"] for o in (one, other))


@every_illustrated
@pytest.mark.parametrize("width", WIDTHS)
def test_one_drawing_fills_the_column(seen, name, width):
    for drawing in seen[name, width][1]:
        assert drawing["all"] == 2, drawing
        is_phone = drawing["width"] < 540
        assert drawing["seen"] == (["narrow"] if is_phone else ["wide"]), drawing
        if not 384 < drawing["width"] < 540:  # between, a drawing for a phone is wide enough
            assert drawing["share"] > 0.98, drawing
    if width >= 1280:
        assert {drawing["seen"][0] for drawing in seen[name, width][1]} <= {"wide"}


@every_illustrated
@pytest.mark.parametrize("width", [360, 1280])
def test_a_figure_is_read_out_once(browser, name, width):
    with opened(browser, (SITE / name).as_uri(), width, "light") as page:
        page.evaluate(SHOW_ALL)
        for figure in page.locator("figure.study:has(> svg)").all():
            alt = figure.locator("> svg").first.get_attribute("aria-label")
            told = [role for role in ("img", "group") if figure.get_by_role(role, name=alt).count()]
            assert len(told) == 1
            assert figure.get_by_role(told[0], name=alt).count() == 1


def test_labels_of_several_lines_keep_their_edges_in_any_font(browser):
    labels = []
    for name, width in itertools.product(ILLUSTRATED, [360, 1280]):
        with opened(browser, (SITE / name).as_uri(), width, "light") as page:
            page.evaluate(SHOW_ALL)
            for font in FONTS:
                labels += page.evaluate(EDGES, font)
    assert len(labels) > 100
    assert {label["held"] for label in labels} == {"start", "middle", "end"}
    assert [label for label in labels if label["apart"] >= 0.5] == []
