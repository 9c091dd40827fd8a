"""A firm verdict is held where rows may belong together or a class is thin, until the user has said how it is."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples.small_lab import Settings, SmallLab
from scipy import stats

from lab import flow, record
from lab.belonging import ALONE, Belonging
from lab.data.load import check
from lab.doubts import Doubts, about, doubts_about, held, with_doubts
from lab.learning.recognition import Recognition
from lab.learning.shortage import FEWEST_UNITS, Shortage, effective_units, shortage
from lab.learning.undeclared import Suspicion
from lab.protocol import Dataset, Estimate, Evidence, Question, Verdict

SUSPICION = Suspicion(
    "rows of 'k' seem to belong together: a plain model explains much", "say --by k", Recognition(0.9, 0.2, 8.0)
)
SHORT = Shortage("class 'b' has only 6 independent rows, and an interval needs 8", "at least 2 more")
TABLE = Dataset("t", pd.DataFrame({"x": np.arange(40.0)}), np.arange(40) % 2, "y", ("a", "b"), {"x": "number"}, "")
NOTHING = Evidence()


def firm(answer):
    steps, chances = ("Do this.", "Do that.", "And that."), {"a": 0.4, "b": 0.6}
    return Verdict(answer, answer.title(), "It is measured.", ("more rows",), "In detail.", steps, chances)


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("doubts", [Doubts((SUSPICION,)), Doubts(short=SHORT), Doubts((SUSPICION,), short=SHORT)])
def test_a_firm_verdict_becomes_undecided_with_the_reason_and_what_it_would_have_been(answer, doubts):
    verdict = held(firm(answer), doubts, TABLE, NOTHING)
    assert (verdict.answer, verdict.headline) == ("undecided", "Undecided")
    reason = (
        "Rows of 'k' seem to belong together."
        if doubts.suspicions
        else "Class 'b' has only 6 independent rows, and an interval needs 8."
    )
    assert verdict.sentence == reason
    assert verdict.details.endswith(f"Were it not for that, the answer would be: {answer}. It is measured. In detail.")
    assert ("A plain model explains much." in verdict.details) == bool(doubts.suspicions)
    steps = (*(["Say --by k."] if doubts.suspicions else []), *(["Get at least 2 more."] if doubts.short else []))
    assert (verdict.next_steps, verdict.chances) == (steps, {}), "chances would be those of another table"
    assert verdict.would_change == (
        *(["say --by k"] if doubts.suspicions else []),
        *(["at least 2 more"] if doubts.short else []),
        "more rows",
    )


ASKED = Suspicion(
    "rows of one 'site' may belong together: a plain model explains some",
    "name it with --by site",
    SUSPICION.found,
    is_firm=False,
)


@pytest.mark.parametrize("answer", ["yes", "no", "undecided"])
def test_what_is_only_asked_stands_beside_the_verdict_and_does_not_hold_it(answer):
    verdict = held(firm(answer), Doubts((ASKED,)), TABLE, NOTHING)
    assert (verdict.answer, verdict.headline) == (answer, answer.title())
    assert verdict.sentence == "It is measured."
    asked = "Rows of one 'site' may belong together: a plain model explains some; name it with --by site."
    assert verdict.details == f"In detail. {asked}"
    assert verdict.next_steps == ("Do this.", "Do that.", "Name it with --by site.")
    assert verdict.chances == firm(answer).chances
    assert verdict.would_change == ("name it with --by site", "more rows")
    shown = with_doubts(Evidence(caveats=("before",)), Doubts((ASKED,)))
    assert shown.caveats == (
        "rows of one 'site' may belong together: a plain model explains some; name it with --by site",
        "before",
    )
    assert "doubts" not in shown.facts
    assert shown.tables[0].rows[0][0] == "rows of one 'site' may belong together"


def test_a_verdict_on_a_sample_says_so_unless_the_lab_has():
    some = dataclasses.replace(TABLE, whole=dataclasses.replace(TABLE, target=np.zeros(200_000, dtype=np.int64)))
    verdict = held(firm("yes"), Doubts(), some, NOTHING)
    assert (verdict.sentence, verdict.details) == ("It is measured.", "This rests on 40 of 200,000 rows. In detail.")
    assert verdict.would_change == ("more rows", "using more of the rows (--max-rows 200000)")
    said = dataclasses.replace(firm("yes"), details="On 40 of 200,000 rows, the best is level.")
    assert held(said, Doubts(), some, NOTHING) == said


def test_an_undecided_verdict_stays_so_with_the_reason():
    verdict = held(firm("undecided"), Doubts((SUSPICION,)), TABLE, NOTHING)
    assert verdict.answer == "undecided"
    assert verdict.sentence == "Rows of 'k' seem to belong together."
    assert verdict.details == "A plain model explains much. It is measured. In detail."


@pytest.mark.parametrize("answer", ["yes", "no", "undecided"])
def test_without_doubts_a_verdict_stands(answer):
    assert held(firm(answer), Doubts(), TABLE, NOTHING) == firm(answer)


@pytest.mark.parametrize(
    ("belonging", "words"),
    [
        (Belonging(by="customer"), "for new values of 'customer'"),
        (Belonging(time="day"), "for rows later in 'day'"),
        (Belonging(by="customer", time="day"), "for new values of 'customer' and rows later in 'day'"),
    ],
)
def test_a_verdict_and_its_question_say_for_which_rows_they_are_meant(belonging, words):
    assert (
        held(firm("yes"), Doubts(), dataclasses.replace(TABLE, belonging=belonging), NOTHING).sentence
        == f"F{words[1:]}, it is measured."
    )
    assert about(Question("Does it help?", "it"), belonging).text == f"Does it help, {words}?"
    assert about(Question("Does it help?", "it"), ALONE).text == "Does it help?"


def test_a_verdict_says_what_folds_at_random_would_have_added():
    told = dataclasses.replace(TABLE, belonging=Belonging(np.arange(40) // 4, by="customer"))
    found = Evidence(
        estimates={"recognition": Estimate(21.9, 18.04, 25.7, "points")}, facts={"recognised": "the best model"}
    )
    verdict = held(firm("no"), Doubts(), told, found)
    assert verdict.sentence == "For new values of 'customer', it is measured."
    assert verdict.details == (
        "In detail. The usual folds at random would have shown the best model 21.9 points "
        "higher (95 % interval 18.0 to 25.7): that much is recognition of rows seen before, and will be lost on "
        "new values of 'customer'."
    )
    maybe = Evidence(estimates={"recognition": Estimate(1.0, -0.1, 2.1, "points")}, facts=found.facts)
    assert held(firm("no"), Doubts(), told, maybe).details == "In detail."


def test_a_column_with_a_long_name_leaves_the_sentence_short():
    long = " ".join(["word"] * 40)
    told = dataclasses.replace(TABLE, belonging=Belonging(np.arange(40) // 4, by=long))
    verdict = held(firm("no"), Doubts(), told, NOTHING)
    assert verdict.sentence == "It is measured."
    assert verdict.details == f"The answer is for new values of {long!r}. In detail."
    named = Suspicion(f"rows with the same {long!r} seem to belong together: a plain model explains much", "say --by k")
    verdict = held(firm("no"), Doubts((named,)), TABLE, NOTHING)
    assert verdict.sentence == "Rows of this table seem to belong together."
    assert verdict.details.startswith("A plain model explains much.")


def test_the_evidence_shows_how_much_is_recognition():
    plain = Evidence(caveats=("before",))
    assert with_doubts(plain, Doubts()) == plain
    shown = with_doubts(plain, Doubts((SUSPICION,), short=SHORT))
    assert shown.caveats == (f"{SUSPICION.sentence}; say --by k", f"{SHORT.sentence}; at least 2 more", "before")
    assert shown.facts["doubts"] == list(shown.caveats[:2])
    (made,) = shown.tables
    assert made.rows == (("rows of 'k' seem to belong together", 90.0, 20.0, pytest.approx(70.0)),)


@pytest.mark.parametrize("units", [FEWEST_UNITS - 1, FEWEST_UNITS])
def test_a_class_of_too_few_independent_rows_is_a_doubt(units):
    held_together = np.concatenate([np.arange(40), 40 + np.arange(24) % units])
    target = np.repeat([0, 1], [40, 24])
    features = pd.DataFrame({"x": np.random.default_rng(0).normal(size=64)})
    dataset = Dataset(
        "t", features, target, "y", ("a", "b"), {"x": "number"}, "", (), Belonging(units=held_together, by="k")
    )
    short = doubts_about(dataset, dataset, seed=0).short
    assert short == (
        None
        if units == FEWEST_UNITS
        else Shortage(
            f"class 'b' has only {units} independent rows, but an interval needs at least 8",
            "at least 1 more independent row of class 'b'",
        )
    )


@pytest.mark.parametrize(
    ("extreme", "a_unit", "is_short"), [(8, 1, False), (6, 1, True), (16, 2, False), (14, 2, True)]
)
def test_a_number_whose_spread_rests_on_a_few_rows_is_a_doubt(extreme, a_unit, is_short):
    """So many rows lie equally far from the mean, every other one above it, and all others at it."""
    target = np.zeros(60)
    target[:extreme] = np.where(np.arange(extreme) % 2, 1e200, -1e200)
    belonging = Belonging(units=np.arange(60) // a_unit, by="k") if a_unit > 1 else ALONE
    features = pd.DataFrame({"x": np.random.default_rng(0).normal(size=60)})
    dataset = Dataset("t", features, target, "y", (), {"x": "number"}, "", (), belonging)
    short = shortage(dataset)
    assert (short is not None) == is_short
    if short is not None:
        assert (
            f"no better than from {extreme // a_unit} independent rows; an interval needs at least 8" in short.sentence
        )
        assert "its logarithm" in short.way_out


def numbers(target, **more):
    return Dataset(
        "t", pd.DataFrame({"x": np.arange(float(len(target)))}), target, "y", (), {"x": "number"}, "", **more
    )


def test_rows_that_carry_the_spread_are_counted_by_its_kurtosis():
    target = np.random.default_rng(3).lognormal(size=90)
    assert effective_units(numbers(target)) == pytest.approx(90 / stats.kurtosis(target, fisher=False))
    units = np.arange(90) // 4 * 5 + 2
    sums = pd.Series((target - target.mean()) ** 2).groupby(units).sum()
    found = effective_units(numbers(target, belonging=Belonging(units=units)))
    assert found == pytest.approx(sums.sum() ** 2 / (sums**2).sum())


@pytest.mark.parametrize(
    ("target", "units"), [(np.full(60, 3.0), 0), (np.eye(60)[7], (59**2 + 59) ** 2 / (59**4 + 59))]
)
def test_no_fewer_than_one_row_carries_a_spread(target, units):
    """By hand: one row lies 59 times as far from the mean as the 59 others."""
    short = shortage(numbers(target))
    assert "known no better than from 1 independent row;" in short.sentence
    assert effective_units(numbers(target)) == pytest.approx(units)


@pytest.mark.parametrize(("rows", "is_named"), [(5, True), (4, False)])
def test_a_class_of_fewer_than_five_rows_is_not_named(rows, is_named):
    target = (np.arange(60) < rows).astype(np.int64)
    short = shortage(dataclasses.replace(numbers(target), classes=("a", "b")))
    which = "class 'b'" if is_named else "the rarest class"
    more = "3 more independent rows" if is_named else "4 more independent rows"
    assert short == Shortage(
        f"{which} has only {rows} independent rows, but an interval needs at least 8", f"at least {more} of {which}"
    )


def clustered(**said):
    """40 customers of 8 rows each, whose class is their own."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(40), 8)
    x = rng.normal(size=(40, 6))[who] + 0.2 * rng.normal(size=(320, 6))
    columns = {f"x{i}": x[:, i] for i in range(6)}
    columns |= {
        "customer": [f"K{w}" for w in who],
        "y": np.where(rng.permutation(40) < 20, "u", "v")[who],
    }
    order = rng.permutation(320)
    return check(pa.table({k: np.asarray(v)[order] for k, v in columns.items()}), "y", name="t", content=b"1", **said)


@pytest.mark.parametrize(
    ("said", "answer", "begins"),
    [
        ({}, "undecided", "Rows with the same value of 'customer' seem to belong together"),
        ({"drop": ["customer"]}, "undecided", "Rows seem to come in groups of about 8"),
        ({"by": "customer"}, "yes", "For new values of 'customer', it is counted."),
        ({"independent": True}, "yes", "It is counted."),
    ],
)
def test_a_run_is_held_until_the_user_has_spoken_and_the_record_keeps_what_was_said(tmp_path, said, answer, begins):
    marks = tmp_path / "marks"
    marks.mkdir()
    dataset = clustered(**said)
    settings = Settings(threshold=0.1, marks=str(marks))
    done = flow.run(SmallLab(), dataset, settings, out=tmp_path / "runs", workers=1)
    stored = record.read(done.folder)
    assert stored.verdict.answer == answer
    assert stored.verdict.sentence.startswith(begins)
    by = said.get("by", "")
    assert stored.data["belonging"] == {"by": by, "time": "", "copies": 0, "independent": "independent" in said}
    assert stored.question.text.endswith("for new values of 'customer'?") is bool(by)
    assert record.SCHEMA_VERSION == 6
    assert dataclasses.asdict(stored.verdict) == dataclasses.asdict(done.record.verdict)
