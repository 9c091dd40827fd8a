"""Whatever the drawing library does, the verdict and the report are there, and say which picture is missing and why."""

import dataclasses
import json
import re
import resource
import sys
import textwrap
from pathlib import Path

import pytest
from samples import nosy, trial_functions
from samples.here import in_this_process
from samples.less_work import without_doubts
from samples.records import hostile_record, moving_record

from lab import flow, record, report
from lab.commands.running import show_result
from lab.data import load
from lab.protocol import Estimate, Figure, Trial
from lab.report import charts, draw, pictures
from lab.schema import picture_fault

CONTROLS = "".join(
    chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x202E, 0x2066, 0xFEFF, 0xFFFE, 0xFFFF, 0xDC80)
)
ESTIMATE = Estimate(1.0, 0.5, 1.5, "points")


@pytest.fixture
def own_child(monkeypatch):
    """Have each report draw in a child of its own, as outside of the tests, and remember no drawing of an earlier one."""
    monkeypatch.setattr(pictures, "_drawn_before", {})
    monkeypatch.setattr(pictures.Artist, "_ask", pictures.Artist._ask.__wrapped__)


@pytest.fixture
def child(own_child, tmp_path, monkeypatch):
    """Put another program in the place of the one that draws: its body is told `text` and may set `answer`."""

    def replace(body):
        code = f"""
            import os, signal, sys, time
            from multiprocessing.connection import Connection
            channel = Connection(int(sys.argv[1]))
            while True:
                try:
                    text = channel.recv_bytes().decode()
                except EOFError:
                    break
                answer = b'+<svg xmlns="http://www.w3.org/2000/svg"><title>fine</title></svg>'
                {body}
                channel.send_bytes(answer)
        """
        (tmp_path / "child.py").write_text(textwrap.dedent(code))
        monkeypatch.setattr(pictures, "_CHILD", tmp_path / "child.py")

    return replace


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("os.abort()", "ended the process that draws (signal 6)"),
        ("os._exit(3)", "ended the process that draws (code 3)"),
        ("signal.alarm(1); time.sleep(60)", "gave no answer"),
        ("answer = b'-out of paper'", "refused it (out of paper)"),
        ("answer = b'+<svg><script>alert(1)</script></svg>'", "holds script"),
        ("answer = b'+<svg><g onload=\"x()\"/></svg>'", "holds g, onload"),
        ("answer = b'+<svg><a href=\"http://x\"/></svg>'", "holds a, href"),
        ("answer = b'+<svg>'", "the drawing is damaged"),
    ],
)
def test_a_child_that_fails_leaves_the_verdict_and_names_the_picture(child, tmp_path, lab, body, says):
    child(f"if 'second' in text: {body}")
    made = hostile_record("x")
    figures = tuple(Figure(title, "c", charts.bars([("a", 1.0)], axis=title)) for title in ("first", "second", "third"))
    evidence = made.evidence.__class__(made.evidence.estimates, {}, figures, ())
    record.write(dataclasses.replace(made, evidence=evidence), tmp_path / "record.json")
    called = lab("report", tmp_path)
    assert called.code == 0
    assert called.err.count("\n") == 1
    assert "note: the picture 'second' is missing from the report" in called.err
    assert says in called.err
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 2 * len(("wide", "narrow"))
    assert page.count("This picture could not be drawn") == 1
    assert "Not yet" in page
    assert page.count("<summary>Table</summary>") == 3, "its numbers are still there"


def test_a_library_that_fails_every_time_is_not_asked_for_ever(child, tmp_path, monkeypatch):
    child("os.abort()")
    started, start = [], pictures.subprocess.Popen
    monkeypatch.setattr(
        pictures.subprocess, "Popen", lambda *words, **options: started.append(1) or start(*words, **options)
    )
    missing = report.write(moving_record(), tmp_path / "report.html")
    assert len(started) == 3
    assert len(missing) == 1, "the figures of this record have one title"


@pytest.mark.skipif("files" not in nosy.kept_here(), reason="this system does not keep a process from writing")
def test_what_draws_can_write_no_file(child, tmp_path):
    child(f"open({str(tmp_path / 'written')!r}, 'w')")
    assert report.write(moving_record(), tmp_path / "report.html")
    assert not (tmp_path / "written").exists()


@pytest.mark.usefixtures("own_child")
@pytest.mark.parametrize("executable", ["/nowhere/python", "/etc/passwd"])
def test_where_no_process_can_be_started_there_are_no_pictures_and_that_is_said(tmp_path, monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    (said,) = report.write(hostile_record("x"), tmp_path / "report.html")
    assert "the process that draws could not be started" in said
    assert "Not yet" in (tmp_path / "report.html").read_text()


@pytest.mark.usefixtures("own_child")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the address space is not limited so")
def test_too_little_address_space_costs_the_pictures_only(tmp_path, lab):
    record.write(hostile_record("x"), tmp_path / "record.json")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (20 << 30, before[1]))
    try:
        called = lab("report", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert called.code == 0
    assert "is missing from the report: the drawing library ended the process that draws" in called.err
    assert "Not yet" in (tmp_path / "report.html").read_text()


@pytest.mark.usefixtures("own_child")
def test_the_child_ends_with_the_report():
    with pictures.Artist() as artist:
        artist.svg(hostile_record("x").evidence.figures[0])
        process = artist._process
        assert process is not None
        assert process.poll() is None
    assert process.poll() is not None


def test_the_program_that_draws_imports_nothing_of_ours():
    lines = Path(draw.__file__).read_text().splitlines()
    imported = [line.split()[1] for line in lines if line.strip().startswith(("import ", "from "))]
    assert not [name for name in imported if name.partition(".")[0] in ("lab", "numpy", "pandas", "jinja2")]


@pytest.mark.parametrize("text", [CONTROLS, "\\x0b", 'a\\" + 1 + "b'])
def test_no_sign_in_a_name_costs_a_picture(text):
    page, missing = report.page._page(moving_record(text), linked=True)
    assert missing == ()
    assert not set(CONTROLS) - {"\n", "\t"} & set(page)


@pytest.mark.parametrize(
    "labels", [["x" * 1_000_000, "x" * 1_000_000 + "y"], [f"c{place}" for place in range(1_000)]], ids=["long", "many"]
)
def test_extremely_long_names_and_a_thousand_categories_are_drawn(labels):
    spec = charts.interval_plot([(label, "g", ESTIMATE) for label in labels], axis=labels[0], groups=["g"])
    drawn = pictures.svg(Figure("t" * 100_000, "c", spec))
    assert len(drawn) < 3_000_000
    assert drawn.count("<text") >= len(labels) / 3


def test_every_form_that_the_charts_write_is_drawn():
    rows = [("a", "g", ESTIMATE), ("b", "h", ESTIMATE)]
    band, cells = [(0.0, 1.0, 0.5, 1.5), (1.0, 2.0, 1.5, 2.5)], [("u", "v", 1.0), ("w", "v", -1.0)]
    made = [
        charts.interval_plot(rows, axis="x", groups=["g", "h"], reference=0.7, log=True),
        charts.bars([("a", 1.0)], axis="x"),
        charts.grouped_bars([("a", "g", 1.0), ("a", "h", 2.0)], axis="x", groups=["g", "h"]),
        charts.lines({"s": [(1, 2), (2, 3)]}, x="x", y="y", log_x=True, log_y=True, points=True, reference_x=1.5,
                     reference_y=2.5),
        charts.steps(band, x="x", y="y"),
        charts.scatter([("a", "g", 1.0, ESTIMATE), ("b", "g", 2.0, ESTIMATE)], x="x", y="y", groups=["g"], references=(1.0, 2.0),
                       log_x=True),
        charts.scatter([("a model of no parts", "g", 0.0, ESTIMATE), ("b", "g", 2.0, ESTIMATE)], x="x", y="y", groups=["g"],
                       log_x=True),
        charts.heat_map(cells, x="x", y="y", value="v"),
        charts.shape(band, [(0.0, 1.0, 5)], x="x", y="y", curved=True),
        charts.shape([("2024-01-01", *band[0][1:])], [("2024-01-01", "2024-02-01", 5)], x="x", y="y", curved=True),
    ]  # fmt: skip
    with pictures.Artist() as artist:
        for spec in made:
            assert picture_fault(json.loads(json.dumps(spec))) is None
            assert "<svg" in artist.svg(Figure("t", "c", spec))


@pytest.mark.parametrize(
    ("ends", "form"),
    [
        (("1931-05-01", "2024-10-10"), r"\d{4}"),
        (("2015-03-01", "2024-10-10"), r"\d{4}"),
        (("2022-01-15", "2022-11-20"), r"\d{4}-\d\d"),
        (("2024-01-03", "2024-02-20"), r"\d{4}-\d\d-\d\d"),
        (("2024-01-03T06:00Z", "2024-01-03T18:00Z"), r"(\d\d )?\d\d:\d\d"),
    ],
    ids=["a century", "years", "months", "days", "hours"],
)
def test_ticks_of_dates_are_years_months_or_days_by_what_they_span(ends, form):
    spec = charts.lines({"a": [(end, place) for place, end in enumerate(ends)]}, x="since", y="y")
    with pictures.Artist() as artist:
        drawn = artist.svg(Figure("t", "c", spec))
    axes = re.findall(r'aria-label="X-axis.*?role-axis-title', drawn, flags=re.DOTALL)
    assert len(axes) == 2, "a wide and a narrow sheet"
    for axis in axes:
        labels = [words for words in re.findall(r"<text[^>]*?>([^<]+)</text>", axis) if words]
        assert len(labels) >= 2
        assert all(re.fullmatch(form, label) for label in labels), labels


def _with(change):
    spec = charts.bars([("a", 1.0)], axis="x")
    change(spec)
    return spec


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["encoding"].update(href={"value": "http://example.com"}),
        lambda s: s["encoding"].update(url={"field": "label"}),
        lambda s: s["encoding"].update(tooltip={"field": "label"}),
        lambda s: s["encoding"]["x"].update(axis={"labelExpr": "datum.label"}),
        lambda s: s["encoding"]["x"].update(axis={"format": "(" * 1_000}),
        lambda s: s["encoding"]["x"].update(axis={"tickCount": 1e9}),
        lambda s: s["encoding"]["x"].update(bin=True),
        lambda s: s["encoding"]["x"].update(field="a['b']"),
        lambda s: s["encoding"]["x"].update(field="__proto__"),
        lambda s: s["encoding"]["x"].update(scale={"domain": {"signal": "1"}}),
        lambda s: s["encoding"]["x"].update(title={"signal": "1"}),
        lambda s: s["encoding"].update(color={"condition": {"test": "true", "value": "red"}}),
        lambda s: s["encoding"].update(color={"value": "url(http://example.com)"}),
        lambda s: s["mark"].update(href="http://example.com"),
        lambda s: s["mark"].update(type="image", url="http://example.com"),
        lambda s: s["mark"].update(size=1e12),
        lambda s: s.update(mark="geoshape"),
        lambda s: s.update(data={"url": "file:///etc/passwd"}),
        lambda s: s["data"].update(url="http://example.com"),
        lambda s: s.update(data={"sequence": {"start": 0, "stop": 1e12}}),
        lambda s: s.update(datasets={"a": []}),
        lambda s: s.update(transform=[{"calculate": "while(1)", "as": "b"}]),
        lambda s: s.update(transform=[{"filter": "regexp(datum.label, '(a+)+$')"}]),
        lambda s: s.update(transform=[{"filter": {"and": [{"field": "label", "oneOf": ["a"]}]}}]),
        lambda s: s.update(params=[{"name": "p", "expr": "1"}]),
        lambda s: s.update(config={"customFormatTypes": True}),
        lambda s: s.update(usermeta={"embedOptions": {}}),
        lambda s: s.update(height=1e9),
        lambda s: s.update(height={"step": 1e9}),
        lambda s: s.update(width=-1),
        lambda s: s.update(layer=[]),
        lambda s: s.update(hconcat=[]),
        lambda s: s.update(resolve={"scale": {"x": "independent"}}),
        lambda s: s["data"]["values"].append({"label": {"a": 1}}),
        lambda s: s["data"]["values"].append({"value": 10**400}),
        lambda s: s["data"]["values"].append({"value": float("nan")}),
        lambda s: s["data"]["values"].append("text"),
        lambda s: s.pop("data"),
    ],
)  # fmt: skip
def test_a_figure_of_another_form_is_not_drawn_and_its_record_is_refused(change, tmp_path, lab):
    spec = _with(change)
    with pytest.raises(pictures.NotDrawnError):
        pictures.svg(Figure("t", "c", spec))
    record.write(hostile_record("x"), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    plain["evidence"]["figures"][0]["spec"] = spec
    (tmp_path / "record.json").write_text(json.dumps(plain))
    called = lab("report", tmp_path)
    assert called.code == 2
    assert "is not a record of a run" in called.err
    assert not (tmp_path / "report.html").exists()


@dataclasses.dataclass(frozen=True)
class Settings:
    pass


class Drawn:
    def plan(self, seed):
        return [Trial("draw", trial_functions.draw, seed=seed)]

    def evidence(self, seed, rows):
        return hostile_record("x").evidence


class OneTrial:
    """A lab of one trial, with the evidence of a record made by hand."""

    name = "one"

    def question(self, dataset_name, settings):
        return hostile_record("x").question

    def prepare(self, notify):
        pass

    def context(self, dataset, settings, *, seed):
        return seed

    def sections(self):
        return [Drawn()]

    def judge(self, evidence, settings):
        return hostile_record("x").verdict


def test_the_record_is_there_before_anything_is_drawn(tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    for less in (without_doubts, in_this_process):
        less(monkeypatch)
    monkeypatch.setattr(pictures.Artist, "svg", killed)
    with pytest.raises(KeyboardInterrupt):
        flow.run(OneTrial(), load.load("wine"), Settings(), out=tmp_path, workers=1)
    (stored,) = tmp_path.glob("*/record.json")
    assert record.read(stored).verdict == hostile_record("x").verdict
    monkeypatch.undo()
    for less in (without_doubts, in_this_process):
        less(monkeypatch)
    finished = flow.run(OneTrial(), load.load("wine"), Settings(), out=tmp_path, workers=1)
    assert finished.folder == stored.parent, "a run that lacks its report is taken up"
    assert (finished.folder / "report.html").exists()


def test_after_a_run_the_sentence_the_details_and_the_next_step_are_said_in_this_order(capfd):
    show_result(flow.Finished(Path("runs/x"), hostile_record("x"), ()))
    lines = capfd.readouterr().out.splitlines()
    assert lines[1:4] == ["  Not yet: x.", "  x again.", "  next     x now."]
    assert lines[4].startswith("  report   ")


def test_a_missing_picture_is_said_after_a_run(capfd):
    show_result(flow.Finished(Path("runs/x"), hostile_record("x"), ("the picture 'a' is missing",)))
    assert "note: the picture 'a' is missing\n" in capfd.readouterr().err


def test_what_was_drawn_is_not_asked_for_again_by_another_artist_and_the_oldest_is_forgotten(monkeypatch):
    asked = []

    def drawn(artist, text):
        asked.append(text)
        return f'<svg xmlns="http://www.w3.org/2000/svg" class="marks" width="9" height="9"><text>{len(asked)}</text></svg>'

    monkeypatch.setattr(pictures, "_drawn_before", {})
    monkeypatch.setattr(pictures, "_KEPT", 4)
    monkeypatch.setattr(pictures.Artist, "_ask", drawn)
    figures = [Figure(name, "c", charts.lines({"a": [(0.0, 1.0), (1.0, 2.0)]}, x="x", y="y")) for name in "abcdef"]
    first = pictures.svg(figures[0])
    each = len(asked)
    assert pictures.svg(figures[0]) == first
    assert len(asked) == each
    for figure in figures:
        pictures.svg(figure)
    assert len(asked) == each * len(figures)
    assert len(pictures._drawn_before) == 4
    pictures.svg(figures[0])
    assert len(asked) == each * (len(figures) + 1)


def test_a_drawing_that_was_refused_is_not_remembered(monkeypatch):
    monkeypatch.setattr(pictures, "_drawn_before", {})
    monkeypatch.setattr(pictures.Artist, "_ask", lambda artist, text: "<svg><script/></svg>")
    figure = Figure("t", "c", charts.lines({"a": [(0.0, 1.0), (1.0, 2.0)]}, x="x", y="y"))
    for _ in range(2):
        with pytest.raises(pictures.NotDrawnError, match="script"):
            pictures.svg(figure)
    assert pictures._drawn_before == {}
