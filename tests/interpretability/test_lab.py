"""The interpretability lab keeps to the protocol, and its verdict follows from its evidence."""

import dataclasses

import numpy as np
import pytest
from samples import vega
from samples.here import with_rows_once
from samples.less_work import (
    few_trees,
    with_small_follow_up,
    with_small_machines,
    with_suspicions_once,
)
from samples.wiring import (
    AT_SIZE_ESTIMATES,
    AT_SIZE_FACTS,
    DELIVERED_ESTIMATES,
    DELIVERED_FACTS,
    INTERPRETABILITY_ESTIMATES,
    INTERPRETABILITY_FACTS,
)

from interpretability.lab import LAB
from interpretability.models import classifiers
from interpretability.models.classifiers import EBM_PAIRS, TREE
from interpretability.models.complexity import parts_to_read
from interpretability.reading.read import ModelFile, Reading
from interpretability.settings import Settings
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.comparison import Group
from lab.learning.families import FOREST, LOGISTIC
from lab.protocol import Estimate, Evidence
from lab.settings import make
from lab.testing import check_lab


@pytest.fixture
def few_families(monkeypatch):
    """Fewer and smaller models, the same way: the families are tested on their own."""
    with_rows_once(monkeypatch)
    with_suspicions_once(monkeypatch)
    with_small_follow_up(monkeypatch)
    with_small_machines(monkeypatch)
    readable = tuple(dataclasses.replace(f, complexity=parts_to_read) for f in (LOGISTIC, TREE, EBM_PAIRS))
    monkeypatch.setattr(classifiers, "glass", lambda n_classes, n_columns: Group("glass", "readable model", readable))
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_trees(FOREST),)))


FAST = Settings(folds=2, repeats=1, candidates=1, curve_rows=0)  # test_number.py and test_at_size.py have the curves


@pytest.mark.filterwarnings("ignore:Missing values detected")
def test_the_lab_keeps_to_the_protocol_on_mixed_columns_with_groups_and_privacy(tmp_path, few_families):
    pytest.importorskip("fairlearn")
    settings = dataclasses.replace(FAST, groups="region", privacy=(4.0,))
    record = check_lab(LAB, sample_rows(load("loans"), 150, 0), settings, tmp_path)
    assert vega.problems_of(record) == {}
    assert record.evidence.estimates.keys() <= INTERPRETABILITY_ESTIMATES | DELIVERED_ESTIMATES | AT_SIZE_ESTIMATES, (
        "a number without a golden test"
    )
    assert record.evidence.facts.keys() <= INTERPRETABILITY_FACTS | DELIVERED_FACTS | AT_SIZE_FACTS | {"doubts"}, (
        "a fact without a golden test"
    )
    titles = [figure.title for figure in record.evidence.figures] + [table.title for table in record.evidence.tables]
    assert sorted(path.name for path in tmp_path.rglob("*.onnx")) == ["readable-model.onnx"], (
        "the file lies by the report"
    )
    for wanted in (
        "The price of readability",
        "What if the data get worse?",
        "What does privacy cost?",
        "How far apart",
        "Are explanations right where the truth is known?",
        "The readable model as a file",
    ):
        assert any(wanted in title for title in titles), wanted


def test_the_lab_keeps_to_the_protocol_on_several_classes(tmp_path, few_families):
    check_lab(LAB, load("wine"), dataclasses.replace(FAST, depth="verdict"), tmp_path)


def evidence(value, low, high, rows=3_000, in_table=9_000):
    facts = {"metric": "ROC AUC", "margin": 1.0, "rows_to_settle": rows, "rows_in_table": in_table, "detectable": 2.5}
    facts |= {"n_rows": in_table, "readable": "explainable boosting machine", "black_box": "random forest"}
    facts |= {"probability_costs": 0.3, "probability_equal": 0.6, "probability_gains": 0.1}
    return Evidence({"loss": Estimate(value, low, high, "points")}, facts, (), ())


def test_the_sentence_says_of_how_many_parts_the_model_is():
    found = evidence(0.2, -0.1, 0.5)
    assert LAB.judge(found, Settings(parts=12)).details.startswith(
        "Only readable models of at most 12 parts were allowed. "
    )
    assert "best readable model is" in LAB.judge(found, Settings()).sentence


@pytest.mark.parametrize("low", [-0.1, 0.0, 0.1])
@pytest.mark.parametrize(
    ("loss", "estimate", "answer"), [(0.0, "over_constant", "yes"), (9.0, "black_over_constant", "no")]
)
def test_a_firm_answer_needs_a_model_that_beats_a_constant_prediction(loss, estimate, answer, low):
    found = evidence(loss, loss - 0.5, loss + 0.5)
    found.estimates.update(
        {
            "over_constant": Estimate(2.0, 1.0, 3.0, ""),
            "black_over_constant": Estimate(9.0, 7.0, 11.0, ""),
        }
    )
    found.estimates[estimate] = Estimate(2.0, low, 4.0, "points")
    verdict = LAB.judge(found, Settings())
    assert verdict.answer == (answer if low > 0 else "undecided")
    assert ("is not shown to be better than a constant prediction; where nothing" in verdict.sentence) == (low <= 0)
    assert bool(verdict.chances) == (low > 0)
    if low <= 0:
        assert "is 2.0 points above a constant prediction (95 % interval" in verdict.details
        assert verdict.would_change == ("columns that say more about the target", "more rows")


@pytest.mark.parametrize(
    ("found", "answer", "headline", "words"),
    [
        (evidence(-0.4, -1.2, 0.5), "yes", "Nothing that matters", "0.4 points above the best black box in ROC AUC"),
        (evidence(0.0, -0.5, 0.5), "yes", "Nothing that matters", "level with the best black box"),
        (evidence(0.5, 0.1, 0.9), "yes", "Nothing that matters", "0.5 points below"),
        (
            evidence(0.5, -0.5, 1.5),
            "undecided",
            "Undecided",
            "about 3,000 rows would settle it.",
        ),
        (evidence(1.0, 0.0, 2.0, None), "undecided", "Undecided", "is too close to the margin"),
        (
            evidence(4.0, 2.0, 6.0),
            "no",
            "It costs accuracy",
            "4.0 points below the best black box in ROC AUC (95 % interval 2.0 to 6.0",
        ),
        (evidence(4.0, 1.0, 7.0), "undecided", "Undecided", "A loss of more than 1 point would matter, and"),
    ],
)
def test_the_verdict_follows_from_the_interval(found, answer, headline, words):
    verdict = LAB.judge(found, FAST)
    assert (verdict.answer, verdict.headline) == (answer, headline)
    assert words in f"{verdict.sentence} {verdict.details}"
    assert list(verdict.chances.values()) == [0.3, 0.6, 0.1]
    assert next(iter(verdict.chances)) == "readable model worse by more than 1 point"
    assert "explainable boosting machine" in verdict.next_steps[0]


@pytest.mark.parametrize(("high", "words"), [(0.5, ("a margin below 0.5 points",)), (-0.2, ()), (0.0, ()), (0.04, ())])
def test_a_narrower_margin_would_change_a_yes_where_there_is_one(high, words):
    verdict = LAB.judge(evidence(-0.4, -1.2, high), Settings())
    assert verdict.would_change == ("a black box of a kind that was not tried", *words)


@pytest.mark.parametrize("rows", [3_000, 90_000, None])
def test_more_rows_are_named_as_a_way_out_only_where_some_number_would_do(rows):
    verdict = LAB.judge(evidence(0.8, -1.0, 3.0, rows=rows), Settings())
    wider = "a wider margin, if a larger loss would not matter"
    more = "more rows: this run could detect a loss that lies 2.5 points from the margin"
    assert verdict.would_change == ((wider,) if rows is None else (more, wider))
    assert ("Do not wait for more rows" in verdict.next_steps[-1]) == (rows is None)


def test_the_readable_model_is_left_as_a_file():
    export = ModelFile(np.arange(5, dtype=np.uint8), rows=250, difference=2e-7)
    assert LAB.files({"read": Reading("ebm", "machine", export=export)}) == {"readable-model.onnx": bytes(range(5))}
    assert LAB.files({"read": Reading("ebm", "machine", export=None)}) == {}
    assert LAB.files({}) == {}


def test_the_report_is_in_this_order():
    names = [each.__name__.removeprefix("interpretability.") for each in LAB.sections()]
    assert names == [
        "sides.scores", "sides.at_random", "lab.learning.foundation.section", "sides.price", "sides.finalists", "reading.read",
        "follow_up.explaining", "follow_up.known_truth", "groups.section", "follow_up.stress", "follow_up.privacy",
        "follow_up.editing", "follow_up.speed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("in_table", "words"),
    [
        (9_000, "about 8,000 rows would settle it (with --max-rows 8000)."),
        (7_000, "about 8,000 rows would settle it (the table has only 7,000, of which 5,000 were used)."),
        (569, "about 8,000 rows would settle it (the table has only 569)."),
    ],
)
def test_more_rows_are_asked_for_only_where_the_table_has_them(in_table, words):
    verdict = LAB.judge(evidence(0.5, -0.5, 1.5, rows=8_000, in_table=in_table), Settings(max_rows=5_000))
    assert words in verdict.details
    said = (verdict.sentence, verdict.details, *verdict.would_change, *verdict.next_steps)
    assert ("--max-rows" in " ".join(said)) == (in_table == 9_000)


@pytest.mark.parametrize(
    ("loss", "side", "words"),
    [
        (0.0, "black", "a black box of a kind that was not tried, such as CatBoost or XGBoost (pip install "),
        (4.0, "glass", "a readable model of a kind that was not tried, such as FIGS (pip install "),
        (1.0, "black", "a black box of a kind that was not tried, such as CatBoost or XGBoost (pip install "),
    ],
)
def test_what_was_not_tried_is_named_where_it_could_change_the_answer(loss, side, words):
    found = evidence(loss, loss - 0.5, loss + 0.5)
    missing = {"untried_black": "CatBoost or XGBoost", "untried_glass": "FIGS"}
    for untried, named in ((missing, True), (missing | {f"untried_{side}": None}, False)):
        found.facts.update(untried)
        changes = LAB.judge(found, FAST).would_change
        assert any(change == f"{words}'future-tech-lab[models]')" for change in changes) == named
        assert sum("pip install" in change for change in changes) == named


def test_a_library_that_is_not_installed_is_untried(monkeypatch):
    there = {"catboost", "imodels"}
    monkeypatch.setattr(classifiers.importlib.util, "find_spec", lambda name: object() if name in there else None)
    assert classifiers.untried() == {"black": ("LightGBM", "XGBoost"), "glass": ()}
    assert [
        family.name for family in classifiers.black().families if family.name in ("catboost", "lightgbm", "xgboost")
    ] == ["catboost"]


def test_the_demo_has_the_quick_effort_at_which_both_sides_are_tuned():
    """One candidate each would be no search."""
    for effort in ("quick", "standard", "thorough"):
        assert make(Settings, {"effort": effort}).candidates >= 2
    assert make(Settings, LAB.demo_settings).effort == "quick"
    assert make(Settings, LAB.demo_settings).candidates >= 2
