import itertools
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from helpers import page, plots, quotes, tables, words

CSS = (Path(__file__).parents[1] / "book" / "_static" / "book.css").read_text(encoding="utf-8")
NASTY = '<b>"5" & more</b>'


def soup(shown):
    return BeautifulSoup(shown.html, "html.parser")


# Tables


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "job_title": ["nurse", NASTY],
            "n": pd.array([3, None], dtype="Int64"),
            "share": [0.25, -1.5],
            "note": ["-2 at most", None],
        }
    )


def test_a_table_says_what_it_is_and_what_its_headers_are_for(frame):
    shown = soup(tables.table(frame, f"Jobs: {NASTY}", labels={"n": "How many"}))
    assert shown.table.caption.get_text() == f"Jobs: {NASTY}"
    columns = shown.thead.find_all("th")
    assert [th.get_text() for th in columns] == ["Job title", "How many", "Share", "Note"]
    assert {th["scope"] for th in columns} == {"col"}
    for row in shown.tbody.find_all("tr"):
        first, *others = row.find_all(["th", "td"])
        assert (first.name, first["scope"]) == ("th", "row")
        assert [cell.name for cell in others] == ["td"] * 3


def test_what_rounds_to_nothing_has_no_sign():
    frame = pd.DataFrame({"item": ["9", "10"], "low": [-0.004, -0.006]})
    shown = soup(tables.table(frame, "Shifts", formats={"low": "{:.2f}"}))
    assert [td.get_text() for td in shown.find_all("td")] == ["0.00", "\N{MINUS SIGN}0.01"]


def test_a_table_scrolls_in_a_box_that_the_keyboard_reaches(frame):
    box = soup(tables.table(frame, NASTY)).div
    assert box["class"] == ["table-box", "cards", "texts"]
    assert (box["role"], box["tabindex"], box["aria-label"]) == ("region", "0", NASTY)
    assert "overflow-x: auto" in re.search(r"\.table-box {([^}]*)}", CSS)[1]


def test_only_the_rows_of_wide_tables_become_cards_named_by_their_headers(frame):
    wide = soup(tables.table(frame, "Jobs", labels={"share": "It's 50%; so"}))
    labels = wide.div["style"].split(";")
    assert labels == ["--fields:4", '--2:"n"', r'--3:"It\2019 s 50\25 \3b  so"', '--4:"Note"']
    narrow = soup(tables.table(frame[["n", "share"]], "Jobs"))
    assert narrow.div["class"] == ["table-box"]


def test_words_from_data_are_never_markup(frame):
    frame["share"] = NASTY
    shown = soup(tables.table(frame.rename(columns={"note": NASTY}), NASTY, {"n": NASTY}))
    assert not shown.find_all("b")
    assert shown.get_text().count(NASTY) == 6


def test_numbers_formats_and_what_is_missing(frame):
    formats = {"share": "{:.1f}", "n": lambda n: f"n = {n}"}
    shown = soup(tables.table(frame, "Jobs", formats=formats))
    cells = [[td.get_text() for td in row.find_all("td")] for row in shown.tbody.find_all("tr")]
    assert cells == [["n = 3", "0.2", "\N{MINUS SIGN}2 at most"], ["–", "\N{MINUS SIGN}1.5", "–"]]
    aligned = [cell.get("class") for cell in shown.tbody.tr.find_all("td")]
    assert aligned == [["number"], ["number"], None]
    assert shown.find_all("td")[3].span["aria-label"] == "none"


def test_a_long_table_shows_its_beginning_and_says_so():
    people = pd.DataFrame({"person": [f"P{i}" for i in range(2_500)]})
    shown = tables.table(people, "Everybody", most=20)
    assert shown.html.count('<th scope="row">') == shown.text.count("P") == 20
    assert "<caption>Everybody (the first 20 of 2,500 rows)</caption>" in shown.html
    assert "of 20" not in tables.table(people.head(20), "Everybody", most=20).html


def test_a_terminal_gets_the_table_as_text(frame):
    text = repr(tables.table(frame, "Jobs"))
    assert text.startswith("Jobs\n")
    assert "nurse" in text


@pytest.fixture
def board():
    rows = [
        ("A", "mean", "1.5", 1.5714, "truncated", ""),
        ("B", "%", "66", 66.3158, "match", "Of all."),
        ("C", "people", ">=25", 38.961, "match", ""),
        ("D", "", "", None, "not recoverable", ""),
        ("E", "people", "40", 40.0, "match", ""),
        ("F", "", "a_b > c", "c > a_b", "differs", ""),
    ]
    columns = ["label", "unit", "printed", "computed", "verdict", "note"]
    return pd.DataFrame(rows, columns=columns).assign(fact_id=[f"X{i}" for i in range(6)])


def test_the_scorecard_shows_two_more_digits_than_are_printed(board):
    rows = soup(tables.scorecard(board, "Rows")).tbody.find_all("tr")
    shown = [
        [" ".join(cell.get_text().split()) for cell in row.find_all(["th", "td"])][:4]
        for row in rows
    ]
    assert shown == [
        ["A (mean) [X0]", "1.5", "1.571", "✂ truncated"],
        ["B (%) [X1]", "66", "66.32", "✓ match"],
        ["C [X2]", "≥ 25", "38.96", "✓ match"],
        ["D [X3]", "–", "–", "? not recoverable"],
        ["E [X4]", "40", "40", "✓ match"],
        ["F [X5]", "a b > c", "c > a b", "✗ differs"],
    ]


@pytest.mark.parametrize("printed", ["5.25", ">=5.25", "<=5.25", "<5.25"])
def test_bounds_have_two_more_digits_too(board, printed):
    shown = tables.scorecard(board.head(1).assign(printed=printed, computed=4.98765), "Rows")
    assert soup(shown).tbody.find_all("td")[1].get_text() == "4.9877"


def test_a_link_leads_to_each_row_of_the_scorecard(board):
    board["fact_id"] = ["P1", "P3.min", "two words", "a&b", "E", "F"]
    rows = soup(tables.scorecard(board, "Rows")).tbody.find_all("tr")
    ids = ["fact-P1", "fact-P3.min", "fact-two-words", "fact-a&b", "fact-E", "fact-F"]
    assert [row["id"] for row in rows] == ids
    assert not soup(tables.table(board, "Rows")).tbody.find_all(id=True)


def test_each_number_has_a_tile_that_leads_to_its_row(board):
    board["verdict"] = ["match", "inconsistent", "match", "not recoverable", "match", "truncated"]
    board["chapter"] = ["two", "two", "one", "two", "two", "two"]
    board["label"] = NASTY
    shown = soup(tables.tiles(board, {"one": NASTY, "two": "Two"}, "chapters/card.ipynb"))
    assert len(shown.find_all("b")) == 4  # how many of each verdict
    one, two = shown.find(class_="chapters").find_all("li")
    assert [chapter.a["href"] for chapter in (one, two)] == [
        "chapters/one.ipynb",
        "chapters/two.ipynb",
    ]
    tiles = two.div("a")
    order = ["X0", "X4", "X5", "X1", "X3"]  # by verdict, and then as they come
    assert [tile["href"] for tile in tiles] == [f"chapters/card.ipynb#fact-{i}" for i in order]
    assert [tile.get_text()[0] for tile in tiles] == ["✓", "✓", "✂", "⚠", "?"]
    assert tiles[0]["title"] == f"{NASTY} (mean): 1.5"
    assert two.span.get_text() == ": 2 match, 1 truncated, 1 inconsistent, 1 not recoverable."
    # By keyboard and by ear, only those that need a reason.
    reached = [tile["aria-label"] for tile in tiles if tile.get("tabindex") != "-1"]
    assert reached == [f"{NASTY} (%): 66, inconsistent"]
    assert sum(tile.get("aria-hidden") == "true" for tile in tiles) == len(tiles) - 1
    untitled = soup(tables.tiles(board, {"one": "One"}, "chapters/card.ipynb"))
    assert [a.get_text() for a in untitled.select(".chapters > li > a")] == ["One", "two"]


def test_every_verdict_has_a_mark_of_its_own(study):
    assert set(tables.MARKS) == set(tables.VERDICTS)
    assert len(set(tables.MARKS.values())) == len(tables.MARKS)
    totals = pd.Series({"match": 3, "inconsistent": 1})
    rows = soup(tables.verdicts(totals)).tbody.find_all("tr")
    assert [row.td.get_text() for row in rows] == ["3", "1"]
    assert "4 statements" in tables.verdicts(totals).html


# Figures


def rich_figure(width):
    """Draw something of every kind, in one figure."""
    figure, axes = plt.subplots(figsize=(width, 6))
    for colour, marker in zip(plots.COLOURS + plots.DIVERGING, itertools.cycle("os")):
        axes.scatter([1, 2], [3, 4], color=colour, marker=marker, label=marker)
    axes.annotate("women", (1, 3), color=plots.ON_COLOUR)
    axes.axline((0, 0), slope=1, color=plots.FAINT)
    axes.set(xlabel="Age", ylabel="Years", title="Everybody")
    axes.legend()
    return figure


def everything(name="everything"):
    return plots.publish(rich_figure, name, NASTY, f"All: {NASTY}", f"It shows {NASTY}")


@pytest.fixture(scope="module")
def figure():
    return everything()


def test_a_figure_is_the_same_bytes_each_time(figure):
    assert everything().html == figure.html
    assert not plt.get_fignums()


def test_a_figure_is_captioned_and_described(figure):
    shown = soup(figure)
    assert shown.figure["id"] == "everything"
    assert shown.figcaption.get_text() == f"All: {NASTY}"
    assert [drawing["class"] for drawing in shown("svg")] == [["wide"], ["narrow"]]
    for drawing in shown("svg"):
        assert (drawing["role"], drawing["aria-label"]) == ("img", f"It shows {NASTY}")
        assert " ".join(text.get_text() for text in drawing("text")).count("more</b>") == 1
    assert repr(figure) == f"All: {NASTY}\n(It shows {NASTY})"
    with pytest.raises(TypeError, match="alt"):
        plots.publish(rich_figure, "everything", "All", "All of it")


def test_a_figure_keeps_to_colours_that_the_page_decides(figure):
    named = re.sub(r"var\(--[\w-]+, #[0-9a-f]{6}\)", "", figure.html)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?!-)(?=[;\"' )])", re.sub(r'"#[^"]*"', "", named))
    assert "currentColor" in figure.html
    used = set(re.findall(r"var\(--([\w-]+), #", figure.html))
    styled = [set(re.findall(r"--([\w-]+):", theme)) for theme in themes_of_css()]
    assert used == {
        *("figure-faint", "figure-on-colour"),
        *(f"figure-{i}" for i in range(1, 8)),
        *(f"scale-{i}" for i in range(6)),
    }
    assert all(used <= names for names in styled)


def test_text_stays_text_in_the_font_of_the_page(figure):
    shown = soup(figure)
    assert {"Age", "Years", "Everybody", "women"} <= {text.get_text() for text in shown("text")}
    assert "DejaVu" not in figure.html
    assert "var(--figure-font, sans-serif)" in shown.svg["style"]
    assert not any("font-family" in text.get("style", "") for text in shown("text"))


def test_ids_are_unique_on_a_page_of_several_figures(figure):
    other = everything("again")
    ids = re.findall(r'\bid="([^"]+)"', figure.html + other.html)
    assert len(ids) == len(set(ids)) > 8
    for reference in re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", figure.html + other.html):
        assert "".join(reference) in ids


def test_a_figure_scales_and_says_nothing_of_when_it_was_made(figure):
    assert soup(figure).svg["viewbox"].startswith("0 0 ")
    assert "<metadata" not in figure.html
    assert not re.search(r"20\d\d-\d\d", figure.html)


def test_a_colour_has_one_meaning():
    meanings = [*plots.GROUPS, plots.YES, plots.NO, plots.NEITHER]
    assert len(meanings) == len(set(meanings))
    (own,) = plots.mpl.rcParams["axes.prop_cycle"]
    assert own["color"] == plots.INK


@pytest.fixture
def rows():
    return pd.DataFrame(
        {"a": ["x", "y"], "share": [0.2, 0.6], "low": [0.1, 0.5], "high": [0.3, 0.7]}
    )


def test_a_figure_may_have_rows_of_which_nothing_is_known(rows):
    unknown = rows.assign(share=float("nan"), low=float("nan"), high=float("nan"))

    def drawn(width):
        return plots.intervals(unknown, "a", width).figure

    assert "x" in soup(plots.publish(drawn, "unknown", "None", "None.", "None.")).svg.get_text()


@pytest.mark.parametrize("width", [plots.WIDE, plots.NARROW])
def test_intervals_stand_where_the_numbers_say(rows, width):
    axes = plots.intervals(rows, "a", width, ["2 of 10", "6 of 10"], assumed=[True, False])
    lines, dots = axes.collections
    first, second = axes.get_yticks()
    assert [segment.tolist() for segment in lines.get_segments()] == [
        [[0.1, first], [0.3, first]],
        [[0.5, second], [0.7, second]],
    ]
    assert dots.get_offsets().tolist() == [[0.2, first], [0.6, second]]
    fills = [plots.mpl.colors.to_hex(fill) for fill in dots.get_facecolors()]
    assert fills == [plots.ON_COLOUR, plots.INK]  # what is assumed is hollow
    beside = [label.get_text() for label in axes.get_yticklabels()]
    above = [text.get_text() for text in axes.texts][: -len(rows)]
    assert (beside, above) == ((["x", "y"], []) if width == plots.WIDE else (["", ""], ["x", "y"]))
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first row on top
    assert [text.get_text() for text in axes.texts][-2:] == ["2 of 10", "6 of 10"]
    plt.close(axes.figure)


def test_long_names_stand_above_their_rows(rows):
    rows["a"] = ["a name of more than thirty-six characters", "b"]
    axes = plots.intervals(rows, "a", plots.WIDE)
    assert [text.get_text() for text in axes.texts] == rows["a"].tolist()
    plt.close("all")


@pytest.mark.parametrize("width", [plots.WIDE, plots.NARROW])
def test_a_name_above_is_nearer_to_its_own_row_than_to_the_one_before(width):
    names = ["b " * 40, "b", "b " * 90]
    axes = plots.rows_of(names, width)
    axes.figure.draw_without_rendering()
    rows = [axes.transData.transform((0, y))[1] for y in axes.get_yticks()]
    boxes = [text.get_window_extent() for text in axes.texts]
    for box, own, before in zip(boxes[1:], rows[1:], rows, strict=False):
        assert before - box.y1 > 1.5 * (box.y0 - own) > 0
    plt.close(axes.figure)


def test_two_numbers_of_a_row_are_joined():
    rows = pd.DataFrame({"word": ["a", "b"], "people": [3, 4], "n": [5, 4]})
    axes = plots.dumbbells(
        rows, "word", {"people": "people", "n": "uses"}, plots.WIDE, people=[True, False]
    )
    line, first, second = axes.collections
    upper, lower = axes.get_yticks()
    assert line.get_segments()[0].tolist() == [[3, upper], [5, upper]]
    assert first.get_offsets().tolist() == [[3, upper], [4, lower]]
    assert second.get_offsets().tolist() == [[5, upper], [4, lower]]
    plt.close("all")


@pytest.mark.parametrize("width", [plots.WIDE, plots.NARROW])
@pytest.mark.parametrize(
    ("counts", "dots", "worth"),
    [
        ([[31, 3], [0, 1]], [31, 4], "1 person"),
        ([[3_101, 1_300], [0, 1]], [311, 131], "10 people"),
        ([[6_000, 4_000], [0, 1]], [60, 41], "100 people"),
    ],
)
def test_each_person_is_a_dot_or_each_ten_or_hundred(counts, dots, worth, width):
    counts = pd.DataFrame(counts, ["psychologists", "others"], ["yes", "no"])
    figure = plots.people(counts, [plots.YES, plots.NO], width)
    (axes,) = figure.axes
    drawn = dict.fromkeys([plots.YES, plots.NO], 0)
    for line in axes.lines:
        left, right = line.get_xdata()
        drawn[line.get_color()] += round((right - left) / 0.16) + 1
    assert list(drawn.values()) == dots
    texts = [text.get_text() for text in axes.texts]
    numbers = [[f"{n:,}" for n in counts[answer]] for answer in counts]
    groups = ["psychologists", "others", f"One dot: {worth}"]
    assert texts == ["yes", *numbers[0], "no", *numbers[1], *groups]
    plt.close("all")


@pytest.mark.parametrize("columns", range(2, 8))
def test_a_scale_of_any_length_has_its_middle_in_the_middle(columns):
    index = pd.MultiIndex.from_tuples([("An item", "women")])
    shares = pd.DataFrame([[1 / columns] * columns], index)
    axes = plots.answers(shares, ["no", "yes"], plots.WIDE)
    bars = [patch for patch in axes.patches if patch.get_y() > 0.4]  # the first row is the key
    assert bars[0].get_x() == pytest.approx(-0.5)
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(0.5)
    assert len({bar.get_facecolor() for bar in bars}) == columns
    assert {"no", "yes", "An item"} <= {text.get_text() for text in axes.texts}
    plt.close("all")


def test_squares_are_the_darker_the_more():
    table = pd.DataFrame([[4, 2], [-1, np.nan]], ["a", "b"], ["a", "c"])
    axes = plots.matrix(table, plots.WIDE, "{:+.0f}", ringed=("a", "c"))
    assert [text.get_text() for text in axes.texts] == ["+4", "+2", "−1"]
    depths = [square.get_facecolor()[3] for square in axes.patches]
    assert depths == pytest.approx([0.36, 0.36 * 0.5**0.5, 0])
    assert [square.get_linewidth() for square in axes.patches] == [0, 2, 0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "c"]
    plt.close("all")


def test_captions_and_alt_texts_have_minus_signs():
    shown = soup(plots.publish(rich_figure, "low", "Low", "From -0.5 up", "A line (-0.5 to -.1)"))
    assert shown.figcaption.get_text() == "From \N{MINUS SIGN}0.5 up"
    assert shown.svg["aria-label"] == "A line (\N{MINUS SIGN}0.5 to \N{MINUS SIGN}.1)"


def style_of(element):
    """Return the style of an element, with that of the groups that it is in."""
    return "; ".join(one.get("style", "") for one in [element, *element.find_parents("g")])


@pytest.mark.parametrize(("alpha", "own"), [(None, 0), (0.5, 3)])
def test_marks_of_one_look_have_it_from_their_group_unless_they_are_seen_through(alpha, own):
    def dots(width):
        figure, axes = plt.subplots(figsize=(width, 2))
        axes.scatter([1, 2, 3], [1, 2, 3], color=plots.YES, alpha=alpha, clip_on=False)
        axes.scatter([1, 2], [2, 1], color=[plots.YES, plots.NO], clip_on=False)
        return figure

    marks = soup(plots.publish(dots, "dots", "Dots", "Five dots", "Dots")).svg("use")
    colours = [re.findall(r"fill: var\(--figure-(\d)", style_of(mark)) for mark in marks]
    yes, no = (str(plots.COLOURS.index(colour) + 1) for colour in (plots.YES, plots.NO))
    assert colours[-5:] == [[yes], [yes], [yes], [yes], [no]]
    assert sum(mark.has_attr("style") for mark in marks[-5:-2]) == own
    assert marks[-1].has_attr("style")


def test_lines_of_a_text_share_their_anchor():
    def two_lines(width):
        figure, axes = plt.subplots(figsize=(width, 2))
        axes.text(0.9, 0.5, "a\nlonger", ha="right")
        axes.text(0.4, 0.5, "b\nbroader", ha="center")
        return figure

    drawing = soup(plots.publish(two_lines, "two", "Two", "Two texts", "Two")).svg
    by_text = {text.get_text(): text for text in drawing("text")}
    for one, other, anchor in [("a", "longer", "end"), ("b", "broader", "middle")]:
        places = {by_text[text]["transform"].split()[0] for text in (one, other)}
        assert len(places) == 1
        assert f"text-anchor: {anchor}" in style_of(by_text[one])


# Colours, as the style sheet sets them on light and dark pages


def themes_of_css():
    selectors = [":root {", ':root[data-theme="dark"] {']
    found = [CSS.split(selector)[1].split("}")[0] for selector in selectors]
    assert all("--figure-1" in theme for theme in found)
    return found


def colours(css, prefix):
    return re.findall(rf"--{prefix}-\d: (#[0-9a-f]{{6}})", css)


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.2."""
    low, high = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


# How people without one kind of cones see linear RGB: Machado, Oliveira and Fernandes (2009), IEEE
# Transactions on Visualization and Computer Graphics 15, 1291, table 1, severity 1.
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07218], [0.01933, 0.11919, 0.95030]]


def lab(rgb):
    xyz = np.array(TO_XYZ) @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, other, sight):
    """Return the CIE 1976 colour difference; about 2 can just be noticed side by side."""
    return np.linalg.norm(lab(sight @ linear(one)) - lab(sight @ linear(other)))


@pytest.mark.parametrize(("theme", "background"), [(0, "#ffffff"), (1, "#14181e")])
def test_figures_stand_out_from_the_page(theme, background):
    css = themes_of_css()[theme]
    (on_colour,) = re.findall(r"--figure-on-colour: (#[0-9a-f]{6})", css)
    for colour in colours(css, "figure"):
        assert contrast(colour, background) >= 3  # WCAG 1.4.11, graphics
        assert contrast(colour, on_colour) >= 4.5  # WCAG 1.4.3, text


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("sight", SIGHT)
def test_parts_can_be_told_apart_without_all_cones(theme, sight):
    css = themes_of_css()[theme]
    # Nothing shown in more than three parts is told apart by these colours alone.
    three = itertools.combinations(colours(css, "figure")[:3], 2)
    scale = itertools.pairwise(colours(css, "scale"))
    for one, other in [*three, *scale]:
        assert difference(one, other, np.array(SIGHT[sight])) > 9


# Sentences and other pieces


def test_sentences_are_markdown_with_minus_signs():
    said = page.say("""
    Of 95 people, 51% (−0.4, -0.9 to -.1), in 2009-2010 and by [chapter 9](09-audit.ipynb).

    - A list stays one, and *g* = -2 is below zero.
    """)
    text = repr(said)
    assert said._repr_markdown_() == text
    assert text.startswith("Of 95 people, 51% (−0.4, −0.9 to −.1), in 2009-2010 and by [chapter 9]")
    assert "(09-audit.ipynb)" in text
    assert "- A list stays one, and *g* = −2 is" in text


def test_the_flow_of_people():
    steps = [(8, "asked", NASTY), (6, "answered", "Two did not."), (2, NASTY, "")]
    shown = soup(page.flow(steps, NASTY))
    widths = [bar["style"] for bar in shown.find_all(class_="bar")]
    assert widths == ["width: 100.0%", "width: 75.0%", "width: 25.0%"]
    assert [number.get_text() for number in shown("strong")] == ["8", "6", "2"]
    assert shown.figcaption.get_text() == NASTY
    assert shown.get_text().count(NASTY) == 3


def test_small_pieces_escape_their_words():
    for piece in (page.heading(NASTY), page.fold(NASTY, NASTY)):
        assert not soup(piece).find_all("b")
        assert NASTY in soup(piece).get_text()


def test_an_answer_with_its_codes_keeps_every_word():
    text = f"Family and {NASTY}; then work."
    codings = pd.DataFrame(
        {"theme": ["family", "work", "family"], "start": [0, 34, 11], "end": [6, 38, 28]}
    )
    labels = pd.Series({"family": NASTY, "work": "Work"})
    shown = soup(quotes.annotate(text, codings, labels, NASTY))
    assert not shown.find_all("b")
    spoken = [mark.find(class_="sr-only").extract().get_text() for mark in shown("mark")]
    assert spoken == [f" (coded {NASTY})"] * 2 + [" (coded Work)"]
    assert [mark.sup.extract().get_text() for mark in shown("mark")] == ["1", "1", "2"]
    assert shown.blockquote.get_text() == text
    assert [item.get_text() for item in shown.ol("li")] == [NASTY, "Work"]


# Languages


def test_an_original_is_at_a_click_and_its_language_is_told():
    rows = {"stretch": ["a sister", "alone"], "speaker": "nurse", "spoken": "es"}
    shown = soup(quotes.examples(pd.DataFrame(rows | {"original": ["una hermana", ""]})))
    first, second = shown.select("li")
    assert first.details.summary.text == "In Spanish"
    assert (first.q["lang"], first.q.text) == ("es", "una hermana")
    assert second.details is None


def test_an_answer_says_its_language():
    codings = pd.DataFrame({"theme": ["a"], "start": [0], "end": [3]})
    shown = soup(quotes.annotate("uno dos", codings, pd.Series({"a": "Tema"}), "Quién", "es"))
    assert [piece["lang"] for piece in shown.select("blockquote, ol")] == ["es", "es"]


def test_words_of_a_cloud_lead_to_their_lines_and_are_escaped():
    counted = words.frequencies(["family & <b>x</b>", "family"], forms={"b": "<b>"})
    laid_out = [words.cloud(counted, plots.FONT, *size) for size in plots.CLOUDS]
    places = {"family": "lines:family"}
    shown = soup(plots.cloud(laid_out, {"family"}, places, "c", NASTY, NASTY))
    for link in shown.select("svg.cloud a"):
        assert (link["href"], link.text) == ("#lines:family", "family")
        assert "fill" not in link.find("text")["style"]  # in the colour of the text around
    assert len(shown.select("svg.cloud a")) == 2
    assert {piece.text for piece in shown.select("svg.cloud text")} == set(counted["word"])
    assert shown.svg["aria-label"] == NASTY
    assert shown.figcaption.text == NASTY


def test_a_long_word_is_broken_to_fit():
    word = "Kraftfahrzeughaftpflichtversicherung"
    assert plots.wrap(word, 3) == f"{word[:26]}\n{word[26:]}"
    assert plots.wrap("a long label", 1) == "a long\nlabel"
