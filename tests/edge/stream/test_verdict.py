"""What a stream showed is in the sentence of the verdict, and a model that lost its accuracy in it is no yes."""

import dataclasses

import pytest
from samples import edge_rows

from edge.settings import Settings
from edge.stream.seen import loss_of, seen_in
from edge.stream.verdict import IN_SHORT, LOSS, SEEN, with_stream
from lab.first_screen import fits
from lab.protocol import Evidence, Verdict

WHO = "the forest model"
STEPS = ("Take the forest model: edge-model.onnx.", "Time it on the device itself.", "If calls come in bursts, say so.")
YES = Verdict(
    "yes", "Yes", "The forest model fits every budget: 99 of 100 answers come within 0.2 ms.", (), "Measured.", STEPS
)
NO = Verdict(
    "no", "No", "No candidate fits: the most accurate one has a file of 9 MB.", (), "Measured.", ("Widen it.",)
)
OPEN = Verdict(
    "undecided", "Undecided", "The forest model may fit, but it may lose more.", (), "Measured.", ("Take more rows.",)
)


def judged(base=YES, *, max_drop=0.01, **changes):
    row = edge_rows.stream(**changes)
    loss = loss_of(row)
    facts = {IN_SHORT: "In the stream it was so.", SEEN: seen_in(row, "forest")}
    found = with_stream(base, WHO, Evidence({} if loss is None else {LOSS: loss}, facts), Settings(max_drop=max_drop))
    assert fits(found.sentence)
    return found


def without_alarm_on_errors():
    """The columns alone drifted."""
    *columns, errors = edge_rows.STREAMED.findings
    return (*columns, dataclasses.replace(errors, alarm=None, start=None))


def test_a_yes_is_undecided_where_accuracy_fell_beyond_its_budget():
    verdict = judged()
    assert (verdict.answer, verdict.headline) == ("undecided", "Undecided")
    assert verdict.sentence == (
        "The forest model fits every budget, but accuracy fell from 90 % to 60 % near row 651 of the stream."
    )
    assert verdict.details == "In the stream it was so. Measured."
    assert verdict.would_change[0] == "a model that has learned from rows after row 650 of the stream"
    assert verdict.next_steps[0].startswith("Train a model again on rows from 651 of the stream on (350 so far)")
    assert not any(step.startswith("Take") for step in verdict.next_steps)
    assert verdict.chances == {}


def test_a_no_stays_and_an_open_answer_says_the_fall_before_its_reason():
    no, undecided = judged(NO), judged(OPEN)
    assert no.answer == "no"
    assert no.sentence.endswith("9 MB; accuracy fell from 90 % to 60 % near row 651 of the stream.")
    assert (
        undecided.sentence
        == "The forest model may fit, but accuracy fell from 90 % to 60 % near row 651 of the stream."
    )
    assert undecided.details.startswith(OPEN.sentence)
    assert undecided.answer == "undecided"


@pytest.mark.parametrize(("max_drop", "answer"), [(0.39, "undecided"), (0.41, "yes")])
def test_a_fall_that_even_at_its_upper_end_is_allowed_is_a_yes_that_says_so(max_drop, answer):
    """The loss is 30 points, and its interval ends at 40.4."""
    verdict = judged(max_drop=max_drop)
    assert verdict.answer == answer
    if answer == "yes":
        assert verdict.sentence.endswith("accuracy fell from 90 % to 60 % in the stream, as is allowed.")


def test_accuracy_that_rose_is_a_yes():
    better = {"before": edge_rows.share(0.6, 0.5, 0.7), "after": edge_rows.share(0.9, 0.86, 0.93)}
    verdict = judged(**better)
    assert verdict.answer == "yes"
    assert "accuracy rose from 60 % to 90 % in the stream" in verdict.sentence
    assert not any(step.startswith("Find out why") for step in verdict.next_steps)


@pytest.mark.parametrize("after", [0.3, 0.9])
def test_where_the_errors_alone_raised_an_alarm_no_column_is_looked_for(after):
    errors = edge_rows.STREAMED.errors
    ends = {"before": edge_rows.share(0.6, 0.5, 0.7), "after": edge_rows.share(after, after - 0.04, after + 0.03)}
    verdict = judged(findings=(errors,), max_drop=0.5, **ends)
    assert verdict.answer == "yes"
    if after == 0.9:
        assert verdict.sentence.endswith("accuracy rose from 60 % to 90 % in the stream.")
        assert verdict.next_steps == STEPS
    else:
        assert verdict.sentence.endswith("accuracy fell from 60 % to 30 % in the stream, as is allowed.")
        assert verdict.next_steps[1].startswith("Find out why the accuracy changed near row 651")


def test_where_only_what_the_model_says_changed_and_nothing_is_lost_that_is_said():
    errors = dataclasses.replace(edge_rows.STREAMED.errors, alarm=None, start=None)
    said = dataclasses.replace(edge_rows.STREAMED.errors, signal="calibration")
    same = {"before": edge_rows.share(0.9, 0.86, 0.93), "after": edge_rows.share(0.9, 0.86, 0.93)}
    verdict = judged(findings=(said, errors), **same)
    assert "what the model says drifted near row 651 of the stream, with no shown loss" in verdict.sentence
    assert verdict.next_steps[1].startswith("Find out why what the model says changed near row 651")


def test_drift_without_loss_is_a_yes_that_names_it_and_asks_why():
    same = {"before": edge_rows.share(0.9, 0.86, 0.93), "after": edge_rows.share(0.9, 0.86, 0.93)}
    verdict = judged(findings=without_alarm_on_errors(), **same)
    assert verdict.answer == "yes"
    assert verdict.sentence == (
        "The forest model fits every budget; 2 columns drifted near row 641 of the stream, with no shown loss of accuracy beyond "
        "the budget."
    )
    assert verdict.next_steps[:2] == (
        STEPS[0],
        "Find out why 'income' and 'age' changed near row 641: a sensor, a unit, another source?",
    )


def test_a_clear_loss_counts_without_an_alarm_on_the_errors_and_an_unclear_one_does_not():
    clear = judged(findings=without_alarm_on_errors())
    assert "but accuracy fell from 90 % to 60 % near row 641" in clear.sentence
    unclear = judged(findings=without_alarm_on_errors(), after=edge_rows.share(0.87, 0.8, 0.92))
    assert unclear.answer == "yes"


def test_where_no_label_has_come_the_estimate_decides_and_is_called_one():
    none = {"findings": without_alarm_on_errors(), "after": None, "promised": None, "kept": None}
    lost = judged(**none, expected=edge_rows.share(0.7, 0.65, 0.75))
    assert lost.answer == "undecided"
    assert "but accuracy is estimated to have fallen from 90 % to 70 % near row 641 of the stream" in lost.sentence
    same = judged(**none, expected=edge_rows.share(0.9, 0.87, 0.93))
    assert same.answer == "yes"
    assert "with no estimated loss of accuracy beyond the budget" in same.sentence


def test_where_nothing_is_known_of_accuracy_after_a_drift_that_is_said():
    unknown = {"findings": without_alarm_on_errors(), "after": None, "expected": None}
    verdict = judged(**unknown)
    assert verdict.answer == "yes"
    assert verdict.sentence.endswith(
        "2 columns drifted near row 641 of the stream, and no labels tell yet what that costs."
    )
    assert verdict.next_steps[1].startswith("Get labels for rows from 641 on")


def test_a_stream_that_shows_nothing_changes_nothing_but_the_details():
    quiet = tuple(dataclasses.replace(found, alarm=None, start=None) for found in edge_rows.STREAMED.findings)
    verdict = judged(findings=quiet, before=None, after=None, expected=None)
    assert (verdict.sentence, verdict.answer, verdict.next_steps) == (YES.sentence, "yes", STEPS)
    assert verdict.details == "Measured. In the stream it was so."
    assert with_stream(YES, WHO, Evidence(), Settings()) == YES


def test_too_few_rows_after_a_change_are_nothing_to_learn_from():
    assert "collect more rows like those from 651 on, of which there are only 50" in judged(n_rows=700).next_steps[0]


def test_another_model_than_that_of_the_verdict_is_named():
    row = edge_rows.stream()
    facts = {IN_SHORT: "So.", SEEN: seen_in(row, "neural network (MLP)")}
    found = with_stream(YES, WHO, Evidence({LOSS: loss_of(row)}, facts), Settings())
    assert "The neural network model met the stream." in found.details
