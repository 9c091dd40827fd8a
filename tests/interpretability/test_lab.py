"""The interpretability lab keeps to the protocol, and its verdict follows from its evidence."""

import pytest

from interpretability.lab import LAB, Settings
from lab.data import load
from lab.protocol import Estimate, Evidence
from lab.testing import check_lab

FAST = Settings(folds=2, repeats=1, candidates=1)


@pytest.mark.parametrize("name", ["wine", "loans"])
def test_the_lab_keeps_to_the_protocol_on_several_classes_and_on_mixed_columns(name, tmp_path):
    check_lab(LAB, load(name), FAST, tmp_path)


def evidence(value, low, high, rows=3_000):
    facts = {"metric": "ROC AUC", "margin": 1.0, "rows_to_settle": rows, "detectable": 2.5}
    return Evidence({"loss": Estimate(value, low, high, "points")}, facts, (), ())


@pytest.mark.parametrize(
    ("found", "answer", "headline", "words"),
    [
        (evidence(-0.4, -1.2, 0.5), "yes", "Nothing that matters", "0.4 points above the best black box in ROC AUC"),
        (evidence(0.0, -0.5, 0.5), "yes", "Nothing that matters", "level with the best black box"),
        (evidence(0.5, 0.1, 0.9), "yes", "Nothing that matters", "0.5 points below"),
        (evidence(0.5, -0.5, 1.5), "undecided", "Undecided", "about 3,000 rows would settle it"),
        (evidence(1.0, 0.0, 2.0, None), "undecided", "Undecided", "lies on the margin itself"),
        (
            evidence(4.0, 2.0, 6.0),
            "no",
            "It costs accuracy",
            "4.0 points below the best black box in ROC AUC (95 % interval 2.0 to 6.0",
        ),
        (evidence(4.0, 1.0, 7.0), "undecided", "Undecided", "a loss of 1.0 points would matter"),
    ],
)
def test_the_verdict_follows_from_the_interval(found, answer, headline, words):
    verdict = LAB.judge(found, FAST)
    assert (verdict.answer, verdict.headline) == (answer, headline)
    assert words in verdict.sentence
