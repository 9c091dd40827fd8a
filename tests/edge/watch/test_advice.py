"""Retrain now? Each of the three answers has its reason, and a gain is called a gain."""

import pytest

from edge.watch.advice import Costs, Situation, advise
from lab.protocol import Estimate


def share(value, half=0.01):
    return Estimate(value, value - half, value + half, "")


@pytest.mark.parametrize(
    ("found", "costs", "answer", "reason"),
    [
        (Situation(False), None, "no", "Nothing has changed"),
        (Situation(True), None, "undecided", "give a reference"),
        (Situation(True, 900, share(0.9), share(0.6)), None, "yes", "The model loses 30.0 points"),
        (Situation(True, 20, share(0.9), share(0.6)), None, "undecided", "only 20 rows came since"),
        (Situation(True, 900, share(0.9), share(0.95)), None, "no", "costs no accuracy that counts"),
        (Situation(True, 900, share(0.9), share(0.885, 0.03)), None, "undecided", "may or may not count"),
        (Situation(True, 900, share(0.9), share(0.6)), Costs(1.0, 10_000.0), "no", "less than the 10,000"),
        (Situation(True, 900, share(0.9), share(0.6)), Costs(1.0, 100.0), "yes", "no less than the 100"),
        (Situation(True, 900, share(0.9), None, share(0.95)), None, "undecided", "gains 5.0 points of accuracy (95 % interval 3.6"),
        (Situation(True, 900, share(0.9), None, share(0.896)), None, "undecided", "loses 0.4 points of accuracy (95 % interval -1.0"),
        (Situation(True, 900, share(0.9), None, share(0.7)), None, "undecided", "is expected to lose 20.0 points"),
        (Situation(True, 900, share(0.9)), None, "undecided", "get labels"),
        (Situation(True, 900, share(0.9), share(0.6), against="in training"), None, "yes",
         "Since the change the model is 30.0 points less accurate than in training (95 % interval 28.6"),
        (Situation(True, 900, share(0.9), share(0.95), against="on the reference"), None, "no",
         "since the change the model is 5.0 points more accurate than on the reference (95 % interval 3.6"),
        (Situation(True, 900, share(0.9), share(0.6), against="in training", from_first_row=True), None, "yes",
         "From the first row on the model is 30.0 points less accurate than in training"),
        (Situation(True, 900, share(0.9), share(0.6), against="in training", from_first_row=True), Costs(1.0, 100.0), "yes",
         "beyond those in training the model has cost about 270 so far"),
        (Situation(True, 900, share(0.9), None, share(0.7), "in training"), None, "undecided",
         "is expected to be 20.0 points less accurate than in training"),
        (Situation(True, 900, share(0.9), None, share(0.95), "in training"), None, "undecided",
         "By its confidence the model is 5.0 points more accurate than in training"),
    ],
)  # fmt: skip
def test_each_answer_has_its_reason(found, costs, answer, reason):
    said = advise(found, costs)
    assert said.answer == answer
    assert reason in said.reason
