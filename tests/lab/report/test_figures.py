"""Every figure of every lab, on tables of awkward kinds, in a real browser: each text is read, whole, and clear of the others."""

import dataclasses
import itertools

import pytest
from samples import all_figures
from samples.browser import CHROMIUM, TEXTS, Browser
from samples.records import moving_record

from lab import report
from lab.protocol import Evidence, Question, Verdict
from lab.schema import picture_fault

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")

KINDS = ("labs", "long_names", "many_classes", "many_columns", "number_target")
QUESTION = "Can a model of credit-applications run at the edge within 1 ms and 5 MB, and what accuracy does that cost?"
SENTENCE = " ".join(["On 5,000 of 200,000 rows the best quantum model is 1.2 points below the best classical one"] * 2)


def _figures(kind):
    if kind == "labs":
        return [figure for figures in all_figures.by_lab().values() for figure in figures]
    return getattr(all_figures, kind)()


def _page(figures, path):
    base = moving_record("a name")
    evidence = Evidence(figures=tuple(dataclasses.replace(figure, frames=()) for figure in figures))
    verdict = Verdict("undecided", "Undecided", f"{SENTENCE}.")
    made = dataclasses.replace(base, question=Question(QUESTION, ""), evidence=evidence, verdict=verdict)
    assert report.write(made, path) == ()
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    started = Browser(_page(_figures("labs"), folder / "labs.html"), folder / "profile")
    yield started, folder
    started.close()


def _units(spec):
    for part in (*spec.get("layer", ()), *spec.get("vconcat", ())):
        yield from _units(part)
    if "encoding" in spec:
        yield spec


def _categories(spec):
    """Words that the axes of categories owe a reader."""
    rows = spec["data"]["values"]
    fields = {
        channel["field"]
        for unit in _units(spec)
        for name, channel in unit["encoding"].items()
        if name in ("x", "y") and channel.get("type") == "nominal"
    }
    return {str(row[field]) for row in rows for field in fields if field in row}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_of_every_figure_is_there_large_enough_whole_and_clear_of_the_others(kind, browser):
    started, folder = browser
    figures = _figures(kind)
    started.go(_page(figures, folder / f"{kind}.html"))
    started.ask("document.querySelectorAll('.part').forEach(part => { part.open = true; })")
    for width, height in ((1280, 800), (375, 800)):
        started.show(width, height)
        shown = started.ask(TEXTS)
        assert len(shown) == len(figures)
        for figure, picture in zip(figures, shown, strict=True):
            where = (kind, width, figure.title)
            left, top, right, bottom = picture["box"]
            for text in picture["texts"]:
                a, b, c, d = text["box"]
                assert min(a - left, b - top, right - c, bottom - d) >= -1, (*where, text)
                assert text["scale"] * text["size"] >= 11.9, (*where, text)
                assert "\u2026" not in text["words"], (*where, text)
            for one, other in itertools.combinations(picture["texts"], 2):
                a, b = one["box"], other["box"]
                across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
                assert across <= 1 or down <= 3, (*where, one["words"], other["words"])
            words = {"".join(text["words"].split()) for text in picture["texts"]}  # lines may end within a word
            assert not {"".join(label.split()) for label in _categories(figure.spec)} - words, where


FIRST = """(() => ['h1', '.verdict', '.first svg'].map(name => [...document.querySelectorAll(name)].find(e => e.checkVisibility())
  .getBoundingClientRect()).map(({top, bottom}) => [top, bottom]))()"""


@pytest.mark.parametrize("lab", ["quantum", "edge", "interpretability"])
def test_title_verdict_and_the_whole_first_picture_are_on_one_screen_and_read_from_the_last_row(lab, browser):
    started, folder = browser
    started.go(_page(all_figures.by_lab()[lab], folder / f"first-{lab}.html"))
    for width, height, least in ((1920, 1080, 22), (1280, 800, 17)):
        started.show(width, height)
        boxes = started.ask(FIRST)
        assert [top for top, _ in boxes] == sorted(top for top, _ in boxes)
        assert boxes[-1][1] <= height, (width, boxes)
        first = started.ask(TEXTS)[0]
        assert min(text["scale"] * text["size"] for text in first["texts"]) >= least
    drawn = all_figures.by_lab()[lab][0].spec["data"]["values"]
    assert len(drawn) <= 6
    assert all({"label", "value", "low", "high", "unit"} <= set(row) for row in drawn)


@pytest.mark.parametrize("kind", KINDS)
def test_the_figures_are_of_the_forms_that_a_record_may_hold(kind):
    assert [picture_fault(figure.spec) for figure in _figures(kind)] == [None] * len(_figures(kind))
