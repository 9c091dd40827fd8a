"""The slides say what the record says, number by number; they can be edited, nothing in them acts, and nothing leaves its box."""

import dataclasses
import io
import json
import math
import re
import shutil
import subprocess
import sys
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal
from xml.etree import ElementTree as ET

import pptx
import pytest
from pptx.util import Pt
from samples.records import HOSTILE, hostile_record, moving_record

from lab import record
from lab.cleaning import clean
from lab.protocol import Estimate, Evidence, Figure, Table
from lab.report import charts
from lab.report.slides.deck import deck
from lab.report.slides.story import story

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULA = "=cmd|' /C calc'!A0"
ROWS = [
    ("average of the black boxes", "black box", Estimate(98.765, 97.1, 99.94, "points")),
    ("boosted trees", "readable model", Estimate(-0.5, -1.25, 0.125, "points")),
    ("logistic regression", "readable model", Estimate(12_345.6, 11_000.0, 13_000.0, "points")),
]
RATE = {"events": 1, "of": 20, "rate": 0.05, "low": 0.00126, "high": 0.2487}


def test_a_cover_has_room_for_some_questions_and_says_how_many_more_there_are():
    (six,) = [slide for slide in story([plain_record()] * 6, "Six") if slide.title == "Six"]
    assert six.lines[4] == "and 2 more questions"
    assert six.lines[5].startswith("Measured on ")
    assert len(six.lines) == 6
    assert six.notes == "\n".join([plain_record().question.text] * 6)
    (five,) = [slide for slide in story([plain_record()] * 5, "Five") if slide.title == "Five"]
    assert five.lines[:5] == (plain_record().question.text,) * 5


def plain_record(**changes):
    """A record as a run writes it, with all kinds of slides."""
    made = hostile_record("credit.csv")
    decides = charts.interval_plot(ROWS, axis="score", groups=["readable model", "black box"], reference=1.5)
    curve = charts.lines({"a": [(1.0, 2.5), (10.0, 0.5)], "b": [(1.0, 3.0)]}, x="step", y="loss", log_x=True)
    figures = (
        Figure("What decides?", "Bars are 95 % intervals.", decides),
        Figure("Weights", "Larger weighs more.", charts.bars([("age", 0.25), ("income", -0.125)], axis="weight")),
        Figure("Curve", "It falls.", curve),
        Figure("Map", "Not on a slide.", charts.heat_map([("a", "b", 1.0)], x="x", y="y", value="v")),
    )  # fmt: skip
    tables = (
        Table("Prices", "A table.", ("model", "price (us)"), (("boosted trees", 0.98765), ("baseline", 12_345.6), ("none", None))),
        Table("All models", "Means.", ("model", "score"), tuple((label, e.value) for label, _, e in ROWS)),
        Table("Too long", "In the report.", ("n",), tuple((n,) for n in range(100))),
    )  # fmt: skip
    verdict = dataclasses.replace(
        made.verdict,
        sentence="The best quantum model is 0.1 points below the best classical one.",
        would_change=("more rows",),
        details="The interval reaches from 0.3 points below to 0.1 points above.",
        next_steps=("Take the boosted trees.", "Measure again with 2,000 rows."),
        chances={"better": 0.004, "level": 0.766, "worse": 0.23},
    )
    controls = {
        "lab": "quantum", "version": "0.1.0", "date": "2026-01-02", "seeds": 10, "wrong": RATE, "same_code": False,
        "controls": [
            {"name": f"control {n}", "truth": "it is level", "yes": n, "no": 0, "undecided": 20 - n, "wrong": RATE} for n in (3, 7)
        ],
    }  # fmt: skip
    works = [
        {"name": "training", "circuits": 7_200, "jobs": 10},
        {"name": "1,000 predictions", "circuits": 1_000, "jobs": 1},
    ]
    prices = {
        "works": works,
        "shots": 1_000,
        "overhead_s": 2.0,
        "execution_s": 0.0005,
        "rate": 1.5,
        "source": "a price list",
    }
    evidence = Evidence({}, {"prices": prices}, figures, tables, ("one caveat",))
    return dataclasses.replace(made, evidence=evidence, verdict=verdict, controls=controls, **changes)


def rounded(value):
    """Three significant digits, thousands apart, no exponent: computed with decimal digits, not by the program."""
    if isinstance(value, str) or value is None:
        return value or ""
    if value == int(value):
        return f"{int(value):,}"
    exact = Decimal(repr(value))
    step = Decimal(1).scaleb(exact.adjusted() - 2)
    kept = exact.quantize(step, rounding=ROUND_HALF_EVEN)
    return f"{int(kept):,}" if step >= 1 else f"{kept:,f}"


class Deck:
    """What a reader of the file finds."""

    def __init__(self, content):
        self.content = content
        self.show = pptx.Presentation(io.BytesIO(content))
        self.pages = list(self.show.slides)

    def titled(self, title):
        return [page for page in self.pages if page.shapes.title.text_frame.text == title]

    def one(self, title):
        (page,) = self.titled(title)
        return page

    def charts(self):
        return [shape.chart for page in self.pages for shape in page.shapes if shape.has_chart]


def texts(page):
    found = [shape.text_frame.text for shape in page.shapes if shape.has_text_frame]
    tables = [shape.table for shape in page.shapes if shape.has_table]
    return found + [cell.text for table in tables for row in table.rows for cell in row.cells]


def cells(page):
    (table,) = (shape.table for shape in page.shapes if shape.has_table)
    return [[cell.text for cell in row.cells] for row in table.rows]


def chart_of(page):
    (chart,) = (shape.chart for shape in page.shapes if shape.has_chart)
    return chart


def cached(element):
    """Numbers of a chart by their place in the series, as its XML holds them."""
    return {int(point.get("idx")): float(point.find(f"{CHART}v").text) for point in element.iter(f"{CHART}pt")}


def sheet_of(chart):
    """Cells of the sheet behind a chart by their names, and the parts of its file."""
    with zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    shared = [
        "".join(text.text or "" for text in item.iter(f"{SHEET}t"))
        for item in ET.fromstring(parts["xl/sharedStrings.xml"]).iter(f"{SHEET}si")
    ]
    found = {}
    for cell in ET.fromstring(parts["xl/worksheets/sheet1.xml"]).iter(f"{SHEET}c"):
        value = cell.find(f"{SHEET}v")
        if value is not None:
            found[cell.get("r")] = shared[int(value.text)] if cell.get("t") == "s" else float(value.text)
    return found, parts


@pytest.fixture(scope="module")
def made():
    return Deck(deck([plain_record()]))


def test_the_verdict_stands_on_one_slide_with_its_shape_its_word_and_its_colour(made):
    said = plain_record().verdict
    page = made.one("Does it help on credit.csv?")
    shown = texts(page)
    assert {said.headline, said.sentence, said.details, "\u2715"} <= set(shown)
    filled = {shape.text_frame.text: str(shape.fill.fore_color.rgb) for shape in page.shapes if shape.shape_type == 1}
    assert filled == {said.headline: "B3261E", "\u2715": "B3261E"}, "as the report's no"
    assert page.notes_slide.notes_text_frame.text.split("\n") == [
        "Does it help on credit.csv?", f"{said.headline}: {said.sentence}", said.details, *said.next_steps,
    ]  # fmt: skip


def test_what_decides_is_a_native_chart_whose_error_bars_are_the_intervals(made):
    page = made.one("What decides?")
    series = {one.name: one._element for one in chart_of(page).plots[0].series}
    assert set(series) == {"black box", "readable model", "line at 1.50"}
    for group in ("black box", "readable model"):
        wanted = {at: e for at, (_, of, e) in enumerate(ROWS) if of == group}
        assert cached(series[group].find(f"{CHART}yVal")) == {at: e.value for at, e in wanted.items()}
        bars = series[group].find(f"{CHART}errBars")
        assert [bars.find(f"{CHART}{name}").get("val") for name in ("errBarType", "errValType")] == ["both", "cust"]
        above, below = cached(bars.find(f"{CHART}plus")), cached(bars.find(f"{CHART}minus"))
        for at, e in wanted.items():
            assert (e.value - below[at], e.value + above[at]) == pytest.approx((e.low, e.high), rel=1e-12)
    assert series["line at 1.50"].find(f"{CHART}errBars") is None
    assert cached(series["line at 1.50"].find(f"{CHART}yVal")) == {0: 1.5, 1: 1.5}
    shown = texts(page)
    for label, _, e in ROWS:
        assert {label, rounded(e.value), f"{rounded(e.low)} to {rounded(e.high)}"} <= set(shown)


def test_a_chart_refers_to_the_cells_of_its_sheet_that_hold_its_numbers(made):
    for chart in made.charts():
        sheet, _ = sheet_of(chart)
        for reference in chart._chartSpace.iter(f"{CHART}numRef"):
            letter, first, last = re.fullmatch(
                r"Sheet1!\$([A-Z]+)\$(\d+)(?::\$\1\$(\d+))?", reference.find(f"{CHART}f").text
            ).groups()
            column = [sheet.get(f"{letter}{row}") for row in range(int(first), int(last or first) + 1)]
            held = {at: value for at, value in enumerate(column) if value is not None}
            assert held == pytest.approx(cached(reference), rel=1e-14), "16 digits of each, as a sheet has them"
        for reference in chart._chartSpace.iter(f"{CHART}strRef"):
            if "$1" in (name := reference.find(f"{CHART}f").text) or ":" not in name:
                assert sheet[name.removeprefix("Sheet1!").replace("$", "")] == reference.find(f".//{CHART}v").text


def test_bars_and_curves_hold_the_numbers_of_their_pictures(made):
    bars = chart_of(made.one("Weights"))
    assert [list(one.values) for one in bars.plots[0].series] == [[0.25, -0.125]]
    assert list(bars.plots[0].categories) == ["age", "income"]
    assert {"0.250", "-0.125", "age", "income"} <= set(texts(made.one("Weights")))
    curves = {one.name: one._element for one in chart_of(made.one("Curve")).plots[0].series}
    assert [cached(curves["a"].find(f"{CHART}{axis}")) for axis in ("xVal", "yVal")] == [
        {0: 1.0, 1: 10.0},
        {0: 2.5, 1: 0.5},
    ]
    assert made.titled("Map") == [], "it has no native form"


def test_tables_are_native_and_round_as_the_report_does(made):
    assert cells(made.one("Prices")) == [
        ["model", "price (µs)"], ["boosted trees", rounded(0.98765)], ["baseline", rounded(12_345.6)], ["none", ""],
    ]  # fmt: skip
    assert cells(made.one("All models"))[1:] == [[label, rounded(e.value)] for label, _, e in ROWS]
    assert made.titled("Too long") == []
    assert cells(made.one("How likely is what?"))[1:] == [
        ["better", "very unlikely (less than 1 in 100)"], ["level", "likely (77 in 100)"], ["worse", "unlikely (23 in 100)"],
    ]  # fmt: skip
    assert cells(made.one("What would it cost?")) == [  # (2 s a job + 0.5 ms a shot) x 1.5 dollars
        ["what", "hours on the device", "dollars"],
        ["training", rounded(3_620 / 3_600), "5,430"],
        ["1,000 predictions", rounded(502 / 3_600), "753"],
    ]
    assert "At 1.50 dollars per device second (a price list)." in texts(made.one("What would it cost?"))
    assert cells(made.one("Controls of the quantum lab"))[1:] == [
        ["control 3", "it is level", "3", "0", "17", "1 of 20"], ["control 7", "it is level", "7", "0", "13", "1 of 20"],
    ]  # fmt: skip


def test_steps_trust_and_what_repeats_the_run_stand_in_the_record_s_words(made):
    known = plain_record()
    assert texts(made.one("What to do next"))[1].split("\n") == list(known.verdict.next_steps)
    assert texts(made.one("What would change the verdict"))[1] == "More rows."
    trust = texts(made.one("Can this be trusted?"))[1]
    assert "1 of 20 cases (95 % interval 0.1 to 24.9 %)" in trust
    assert "another version of the code" in trust
    repeat = dict(cells(made.one("Repeat it"))[1:])
    assert (repeat["SHA-256 of the data"], repeat["Command"]) == (known.data["digest"], known.run["command"])
    assert repeat["Started"] == known.run["started"]


def test_texts_of_main_slides_are_18_points_and_more(made):
    appendix = next(at for at, page in enumerate(made.pages) if page.shapes.title.text_frame.text == "Appendix")
    for page in made.pages[:appendix]:
        for size in page._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}rPr"):
            assert int(size.get("sz")) >= 1800
        for shape in page.shapes:
            if shape.has_chart:
                assert shape.chart.font.size >= Pt(18)


def test_the_same_records_give_the_same_bytes_and_none_of_them_is_a_time_of_today():
    first, second = deck([plain_record()]), deck([plain_record()])
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in parts.namelist() if "printer" in name or "thumbnail" in name]
    about = pptx.Presentation(io.BytesIO(first)).core_properties
    assert about.created.isoformat() == about.modified.isoformat() == "2026-01-01T00:00:00"
    assert len(first) < 400_000


def test_several_runs_follow_one_another_under_a_title_of_their_own():
    other = plain_record(lab="edge")
    found = Deck(deck([plain_record(), other], "The board"))
    titles = [page.shapes.title.text_frame.text for page in found.pages]
    assert titles[0] == "The board"
    assert Deck(deck([plain_record(), other])).pages[0].shapes.title.text_frame.text == "2 questions about credit.csv"
    assert titles.count("Does it help on credit.csv?") == 2
    assert [title for title in titles if title.startswith("Appendix")] == [
        "Appendix: quantum on credit.csv", "Appendix: edge on credit.csv",
    ]  # fmt: skip


def test_many_rows_are_spread_over_the_appendix_and_the_first_stand_in_front():
    rows = [(f"model {n}", "a", Estimate(float(n), n - 0.5, n + 0.5, "points")) for n in range(23)]
    figure = Figure("Models", "All.", charts.interval_plot(rows, axis="score", groups=["a"]))
    known = plain_record()
    known = dataclasses.replace(known, evidence=dataclasses.replace(known.evidence, figures=(figure,)))
    found = Deck(deck([known]))
    front = texts(found.one("Models (the first 5 of 23)"))
    assert {"model 0", "model 4"} <= set(front)
    assert "model 5" not in front
    parts = [texts(found.one(f"Models ({n} of 3)")) for n in (1, 2, 3)]
    assert sorted(text for part in parts for text in part if text.startswith("model ")) == sorted(
        label for label, _, _ in rows
    )


def first_picture(rows, *, axis, layers):
    """A first picture of a report: rows of label, value, low and high, with lines, words and zones in layers of their own."""
    y = {"field": "label", "type": "nominal", "title": None}
    x = {"type": "quantitative", "title": axis, "scale": {"domain": [0, 200], "nice": False, "clamp": True}}
    marks = [
        {"mark": {"type": "rule"}, "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}}},
        {"mark": {"type": "point"}, "encoding": {"y": y, "x": x | {"field": "value"}}},
    ]
    return {"data": {"values": rows}, "width": 720, "height": {"step": 40}, "layer": [*marks, *layers]}


def test_lines_have_their_words_a_zone_is_shaded_and_what_lies_beyond_the_axis_is_marked():
    rows = [
        {"label": "size, met", "group": "met", "value": 28.0, "low": 28.0, "high": 28.0, "role": "decides"},
        {
            "label": "latency, missed",
            "group": "missed",
            "value": 1_234.0,
            "low": 1_100.0,
            "high": 1_300.0,
            "role": "beside",
        },
    ]
    line = {"data": {"values": [{}]}, "mark": {"type": "rule"}, "encoding": {"x": {"datum": 100.0}}}
    zone = {
        "data": {"values": [{}]},
        "mark": {"type": "rect"},
        "encoding": {"x": {"datum": 100.0}, "x2": {"datum": 150.0}},
    }
    words = {
        "data": {"values": [{"label": "", "at": 100.0, "words": "the budget"}]},
        "mark": {"type": "text"},
        "encoding": {"x": {"field": "at", "type": "quantitative"}, "y": {"field": "label"}, "text": {"field": "words"}},
    }
    figure = Figure(
        "Budgets", "Left of the line, it is met.", first_picture(rows, axis="share (%)", layers=[zone, line, words])
    )
    known = plain_record()
    page = Deck(deck([dataclasses.replace(known, evidence=Evidence({}, {}, (figure,)))])).one("Budgets")
    chart = chart_of(page)
    assert [one.name for one in chart.plots[0].series] == ["met", "missed", "the budget"]
    assert [chart.value_axis.minimum_scale, chart.value_axis.maximum_scale] == [0, 200]
    assert {"28", "1,234 \u2191", "1,100 to 1,300", "Below the line, it is met."} <= set(texts(page))
    areas = {shape.name: shape for shape in page.shapes if shape.name in ("Zone", "Band")}
    (frame,) = (shape for shape in page.shapes if shape.has_chart)
    assert areas["Band"].width == pytest.approx(areas["Zone"].width / 2, abs=1), "one of two rows decides"
    assert areas["Zone"].height == pytest.approx(areas["Band"].height / 4, abs=1), "50 of 200"
    assert areas["Zone"].top == pytest.approx(areas["Band"].top + areas["Band"].height / 4, abs=1)
    order = list(page.shapes._spTree)
    assert order.index(areas["Zone"]._element) < order.index(frame._element), "behind the chart"


def test_a_first_picture_without_a_native_form_becomes_its_numbers():
    known = plain_record()
    figure = Figure("Map", "Cells.", charts.heat_map([("a", "b", 1.25)], x="x", y="y", value="v"))
    found = Deck(deck([dataclasses.replace(known, evidence=Evidence({}, {}, (figure,)))]))
    assert cells(found.one("Map")) == [["x", "y", "value"], ["a", "b", "1.25"]]


def test_details_that_do_not_fit_get_a_slide_of_their_own():
    known = plain_record()
    long = " ".join(f"Sentence {n} says a little more about what was found." for n in range(20))
    found = Deck(deck([dataclasses.replace(known, verdict=dataclasses.replace(known.verdict, details=long))]))
    first, second = found.titled("Does it help on credit.csv?")
    assert long not in texts(first)
    assert long in texts(second)


@pytest.mark.parametrize(
    "text", [HOSTILE, FORMULA, "\x00\x0b\ud800\ufffe\u202e", "名前" * 200, "W" * 500, "@SUM(1)\t+1-1"]
)
def test_hostile_names_are_texts_everywhere(text):
    found = Deck(deck([hostile_record(text)]))
    assert any(clean(text)[:10] in shown for page in found.pages for shown in texts(page))
    for chart in found.charts():
        _, parts = sheet_of(chart)
        assert b"<f>" not in parts["xl/worksheets/sheet1.xml"], "no cell is a formula"
        assert not [name for name in parts if "extern" in name or "hyperlink" in name]
    with zipfile.ZipFile(io.BytesIO(found.content)) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(parts.read(name))
            if name.endswith(".rels"):
                assert b"External" not in parts.read(name)
    assert len(found.content) < 400_000


def test_a_panel_and_frames_do_no_harm():
    assert len(Deck(deck([moving_record("table")])).pages) > 5


def words_of(content, folder):
    """Render a deck, and give the boxes of the words on each page in points, with the size of the page."""
    (folder / "deck.pptx").write_bytes(content)
    words = [
        "soffice",
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        "pdf",
        "deck.pptx",
    ]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=300)
    shown = subprocess.run(
        ["pdftotext", "-bbox", "deck.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True
    )
    for page in re.split(r"<page ", shown.stdout)[1:]:
        size = [float(number) for number in re.findall(r'(?:width|height)="([\d.]+)"', page)[:2]]
        found = re.findall(
            r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', page
        )
        yield size, [(*map(float, box), text) for *box, text in found]


@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")), reason="LibreOffice or pdftotext is missing"
)
def test_nothing_leaves_the_slide_and_no_two_words_overlap_where_it_is_drawn(tmp_path):
    wide = hostile_record("Wahrscheinlichkeit " * 12)
    long = dataclasses.replace(wide.verdict, details="More was found, and it is said here at length. " * 12)
    pages = list(words_of(deck([plain_record(), dataclasses.replace(wide, verdict=long)]), tmp_path))
    assert len(pages) > 15
    for (width, height), words in pages:
        for left, top, right, bottom, text in words:
            assert left >= 0 and top >= 0 and right <= width and bottom <= height, text  # noqa: PT018
        for at, (left, top, right, bottom, text) in enumerate(words):
            for a, b, c, d, other in words[at + 1 :]:
                across, down = min(right, c) - max(left, a), min(bottom, d) - max(top, b)
                assert across < 1 or down < 0.4 * min(bottom - top, d - b), (
                    text,
                    other,
                )  # their boxes hold room above and below


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "a-run"
    folder.mkdir()
    record.write(plain_record(), folder / "record.json")
    return folder


def test_the_command_writes_the_deck_and_says_where(lab, run):
    called = lab("slides", run, "--out", "board.pptx", "--title", "For the board")
    assert (called.code, called.out, called.err) == (0, "board.pptx\n", "")
    assert Deck((run.parent / "board.pptx").read_bytes()).pages[0].shapes.title.text_frame.text == "For the board"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "deck.ppt"), ["deck.ppt", "must end in .pptx"]),
        (("--out", "deck"), ["must end in .pptx"]),
        (("--out", "nowhere/deck.pptx"), ["there is no folder nowhere"]),
        (("--out", "folder.pptx"), ["folder.pptx", "is a folder"]),
        (("--out", "there.pptx"), ["there.pptx exists", "--force"]),
        (("a-run/record.json",), ["a-run", "twice", "once"]),
        (("nothing",), ["no record at nothing"]),
        (("half",), ["no record at half", "resume"]),
        (("broken",), ["broken", "is not a record of a run"]),
        (("newer",), ["schema version 99", "update the program"]),
    ],
)  # fmt: skip
def test_bad_words_end_in_one_sentence_and_write_nothing(lab, run, words, said):
    place = run.parent
    (place / "folder.pptx").mkdir()
    (place / "there.pptx").write_text("mine")
    (place / "half" / "trials").mkdir(parents=True)
    for name, content in (("broken", "{"), ("newer", json.dumps({"schema_version": 99}))):
        (place / name).mkdir()
        (place / name / "record.json").write_text(content)
    called = lab("slides", run, *words)
    assert (called.code, called.out) == (2, "")
    assert len(called.err.splitlines()) == 1
    assert all(part in called.err for part in said), called.err
    assert (place / "there.pptx").read_text() == "mine"
    assert not (place / "slides.pptx").exists()


def test_force_writes_over_a_file(lab, run):
    (run.parent / "there.pptx").write_text("mine")
    assert lab("slides", run, "--out", "there.pptx", "--force").code == 0
    assert (run.parent / "there.pptx").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(("answer", "is_written"), [("y\n", True), ("\n", False), ("", False)])
def test_on_a_terminal_it_asks_before_it_writes_over_a_file(lab, run, monkeypatch, answer, is_written):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    (run.parent / "there.pptx").write_text("mine")
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    called = lab("slides", run, "--out", "there.pptx")
    assert called.code == 0
    assert called.out.startswith("Write over there.pptx? [y/N] ")
    assert ((run.parent / "there.pptx").read_bytes()[:2] == b"PK") is is_written
    assert ("nothing was written" in called.out) is not is_written


def test_a_missing_library_is_named_with_the_command_that_installs_it(lab, run, monkeypatch):
    monkeypatch.delitem(sys.modules, "lab.report.slides.deck", raising=False)
    for name in ["pptx", *(name for name in sys.modules if name.startswith("pptx."))]:
        monkeypatch.setitem(sys.modules, name, None)
    called = lab("slides", run)
    assert (called.code, len(called.err.splitlines())) == (2, 1)
    assert "pip install 'future-tech-lab[slides]'" in called.err


def drawn(values, **how):
    """Draw rows of values without intervals as a first picture, and give its chart."""
    rows = [(f"row {at}", "g", Estimate(value, value, value, "")) for at, value in enumerate(values)]
    figure = Figure("Odd", "", charts.interval_plot(rows, axis="x", groups=["g"], **how))
    known = plain_record()
    return chart_of(Deck(deck([dataclasses.replace(known, evidence=Evidence({}, {}, (figure,)))])).one("Odd"))


@pytest.mark.parametrize(
    "values", [(0.0,), (5e-324, 0.0), (1e300, -1e300), (1.0, 1.0 + 2e-16), (-7.0, -7.0), (1e-12, 3e-12)]
)
def test_an_axis_holds_its_values_however_odd_they_are(values):
    axis = drawn(values).value_axis
    assert axis.minimum_scale < axis.maximum_scale
    assert axis.major_unit > 0
    assert all(axis.minimum_scale <= value <= axis.maximum_scale for value in values)


def test_many_rows_caveats_and_letters_make_no_endless_deck():
    known = plain_record()
    rows = [(f"model {n}", f"group {n}", Estimate(float(n), float(n), float(n), "")) for n in range(120)]
    figure = Figure("Models", "", charts.interval_plot(rows, axis="x", groups=[group for _, group, _ in rows]))
    evidence = Evidence({}, {}, (figure, figure), (), tuple(f"caveat {n}" for n in range(300)))
    verdict = dataclasses.replace(known.verdict, details="x" * 100_000, next_steps=("y" * 100_000,))
    assert len(Deck(deck([dataclasses.replace(known, evidence=evidence, verdict=verdict)])).pages) < 40


def test_an_axis_without_a_finite_or_positive_value_is_still_drawn():
    odd = [("a", "g", Estimate(0.5, 0.0, 1.0, "")), ("b", "g", Estimate(3.0, 3.0, 3.0, ""))]
    figure = Figure("Log", "", charts.interval_plot(odd, axis="x", groups=["g"], log=True))
    known = plain_record()
    page = Deck(deck([dataclasses.replace(known, evidence=Evidence({}, {}, (figure,)))])).one("Log")
    axis = chart_of(page).value_axis
    assert axis._element.find(f"{CHART}scaling/{CHART}logBase") is not None
    assert axis.minimum_scale > 0
    assert math.isfinite(axis.maximum_scale)
