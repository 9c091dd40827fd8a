"""A model that is worse than training said is told from its first labels on, and one that is as good hardly ever."""

import dataclasses
import math

import numpy as np
import pytest
from samples.watch_rows import alarms, batches, monitor, profile, rows, watched
from scipy.stats import binom

from edge.watch.labels import Judged
from edge.watch.profile import FINE, Answered
from edge.watch.worse import WORSE, Worse

ANSWERED = Answered((100, 100), (0,) * (FINE - 1) + (200,), (0,) * (FINE - 1) + (180,))
THRESHOLD = 200.0


def judged(right):
    n_rows = len(right)
    return Judged(np.arange(n_rows), np.full(n_rows, 0.9), np.array(right, dtype=bool), np.ones(n_rows, dtype=bool))


def turned(labels, share, seed=1):
    wrong = np.random.default_rng(seed).random(len(labels)) < share
    return np.where(wrong, np.where(labels == "hot", "cold", "hot"), labels)


def test_the_bound_is_the_rate_at_which_so_few_errors_would_hardly_be_seen_and_a_point():
    for repeated in (1, 3):
        counts = (np.array(part) * repeated for part in (ANSWERED.predicted, ANSWERED.asked, ANSWERED.right))
        found = Worse(Answered(*(tuple(part.tolist()) for part in counts)), 200, threshold=THRESHOLD)
        assert binom.cdf(20, 200, found.bound - 0.01) == pytest.approx(1 / THRESHOLD, rel=1e-9)


def test_what_is_won_is_a_mean_of_products_of_what_each_answer_pays():
    watch = Worse(ANSWERED, 200, threshold=THRESHOLD)
    right = [True, False, False, True, False]
    assert watch.take(judged(right), last=4, is_known=False) == []
    capital = []
    for beyond in (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4):
        rate = watch.bound + (1 - watch.bound) * beyond
        capital.append(math.prod((1 - rate) / (1 - watch.bound) if each else rate / watch.bound for each in right))
    assert 10 ** watch.evidence()[0] * THRESHOLD == pytest.approx(sum(capital) / 7)


def test_a_model_at_the_bound_raises_an_alarm_no_more_often_than_promised():
    rng, raised = np.random.default_rng(0), 0
    for _ in range(400):
        watch = Worse(ANSWERED, 200, threshold=10.0)
        raised += bool(watch.take(judged(rng.random(3_000) >= watch.bound), last=2_999, is_known=False))
    assert 0 < raised <= 56  # binomial: 1 in 200 runs of 400 at 0.1 have more


def test_the_alarm_is_that_of_the_first_label_at_which_the_threshold_is_reached_however_labels_are_cut():
    right = np.random.default_rng(3).random(500) < 0.6
    whole, parts = Worse(ANSWERED, 200, threshold=THRESHOLD), Worse(ANSWERED, 200, threshold=THRESHOLD)
    assert whole.take(judged(right), last=499, is_known=False) == [0]
    raised = [bool(parts.take(judged([each]), last=row, is_known=False)) for row, each in enumerate(right)]
    assert sum(raised) == 1
    assert parts.state()["counts"].tolist() == whole.state()["counts"].tolist() == [right.sum(), 500 - right.sum()]
    assert parts.words(0, parts.changes[0]) == whole.words(0, whole.changes[0])
    assert whole.words(0, whole.changes[0]) == f"accuracy 90.0 % in training, {100 * right.mean():.1f} % since"
    again = Worse(ANSWERED, 200, threshold=THRESHOLD)
    again.resume(parts.state())
    assert (again.state(), again.changes[0].row) == (parts.state(), raised.index(True))
    assert again.words(0, again.changes[0]) == parts.words(0, parts.changes[0])


def test_a_loss_that_was_certain_once_is_told_however_the_labels_go_on():
    watch = Worse(ANSWERED, 200, threshold=THRESHOLD)
    assert watch.take(judged([False] * 40 + [True] * 2_000), last=2_039, is_known=False) == [0]
    assert watch.evidence()[0] < 0, "what was won is lost again"


def test_its_share_of_the_false_alarms_is_set_aside():
    """Nothing but the errors of the model itself is new: every other signal has the less."""
    own, others = (monitor(known=profile(is_own=is_own), false_alarms=0.05) for is_own in (True, False))
    signals = [len(watch.status().signals) for watch in (own, others)]
    assert signals[1] == signals[0] + 1
    columns, labels = rows(31, 200)
    for watch in (own, others):
        watched(watch, columns, labels)
    found = [{each.name: each.evidence for each in watch.status().signals}["heat"] for watch in (own, others)]
    assert found[0] - found[1] == pytest.approx(math.log10(signals[1] / signals[0]))


def test_a_model_of_a_run_that_is_bad_from_its_first_row_raises_an_alarm():
    columns, labels = rows(31, 1_500)
    watch = monitor(known=profile(is_own=False))
    found = alarms(watched(watch, columns, turned(labels, 0.4)))
    assert set(found) == {WORSE}
    assert found[WORSE].row < 600
    assert found[WORSE].sentence.startswith(
        "The model is wrong more often than models like it were in training, noticed"
    )
    assert (found[WORSE].facts["began"], found[WORSE].facts["latest"]) == (0, found[WORSE].row)
    said = watch.status()
    assert said.sentence.startswith("The model is wrong more often than models like it were in training. ")
    assert said.advice.answer == "yes"
    assert next(each for each in said.signals if each.name == WORSE).evidence > 0


def test_a_model_that_becomes_bad_is_told_as_changed_and_not_once_more_as_worse():
    columns, labels = rows(31, 3_000)
    labels[1_500:] = turned(labels[1_500:], 0.6)
    watch = monitor(known=profile(is_own=False))
    found = alarms(watched(watch, columns, labels))
    assert "errors" in found
    assert WORSE not in found
    assert "in training" not in watch.status().sentence


def test_it_is_taken_up_again_bit_by_bit():
    columns, labels = rows(31, 900)
    wrong = turned(labels, 0.5)
    whole, part = monitor(known=profile(is_own=False)), monitor(known=profile(is_own=False))
    watched(whole, columns, wrong, cuts=[333, 700])
    for batch in batches(columns, wrong, cuts=[333, 700]):
        part.take(batch)
        again = monitor(known=profile(is_own=False))
        again.resume(part.state())
        part = again
    assert part.state() == whole.state()
    assert part.status() == whole.status()


def test_where_models_like_it_were_hardly_ever_right_there_is_nothing_to_be_worse_than():
    assert Worse.can_tell(ANSWERED)
    assert not Worse.can_tell(None)
    assert not Worse.can_tell(dataclasses.replace(ANSWERED, is_own=True))
    assert not Worse.can_tell(dataclasses.replace(ANSWERED, right=(0,) * (FINE - 1) + (40,)))
