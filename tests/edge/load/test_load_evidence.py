"""What is found at work reaches the evidence, and late answers at the user's rate decide like any budget."""

import pytest
from samples.less_work import with_short_timings
from scipy import stats

from edge.lab import LAB
from edge.load import evidence as load_evidence
from edge.load import rates
from edge.load.open_loop import back_to_back
from edge.load.sweep import USES, Loaded, LoadRun, measure_load
from edge.settings import Settings
from lab.protocol import Estimate, Evidence

LABELS = {"mlp": "neural network"}


def within(value):
    if value is None:
        return None
    return Estimate(value, 0.9 * value, 1.1 * value, "ms")


def run(view, rate, p50, p99, *, misses=(0.0, 0.0, 0.004), wake=20.0):
    return LoadRun(
        view=view, pattern="at random (Poisson)", rate=rate, use=rate / 1_000, calls=1_000, seconds=1.0,
        misses=Estimate(*misses, "share"), p50=within(p50), p90=within(p50), p99=within(p99), p99_9=None,
        wake_up_p50_us=None if view == "hot" else wake, wake_up_p99_us=None if view == "hot" else wake,
        curve=((p50, 0.5), (p50 if p99 is None else p99, 0.99)),
    )  # fmt: skip


def loaded(**changes):
    runs = [run("hot", 1_000.0, 1.0, 1.2), run("sweep", 20.0, 3.0, 3.5), run("sweep", 500.0, 1.5, 8.0)]
    return {"mlp": Loaded(1.0, (*runs, run("rate", 50.0, 1.5, 4.0, **changes)))}


def test_the_highest_rate_and_the_cold_start_of_a_rare_call_are_said():
    found = load_evidence.capacities(loaded(), 5.0)["mlp"]
    assert 20 < found.rate < 500
    assert (
        "at 20 calls per second, the neural network answers in 3 ms"
        in load_evidence.caveats(loaded(), LABELS, Settings())[0]
    )
    assert "other programs kept the core busy" in load_evidence.caveats(loaded(wake=4_000.0), LABELS, Settings())[0]
    table = load_evidence.load_table(loaded(), LABELS, 5.0)
    assert [row[1].partition(",")[0] for row in table.rows] == ["back to back (hot)"] + ["at random (Poisson)"] * 3
    assert load_evidence.misses(loaded(misses=(0.02, 0.01, 0.03))["mlp"]) == Estimate(2.0, 1.0, 3.0, "%")


def test_without_a_percentile_there_is_no_rate_figure_and_no_highest_rate():
    rows = {"mlp": Loaded(1.0, (run("hot", 1_000.0, 1.0, None), run("sweep", 20.0, 3.0, None)))}
    assert load_evidence.rate_figure(rows, LABELS, 5.0) is None
    assert load_evidence.capacities(rows, 5.0) == {}
    assert load_evidence.misses(rows["mlp"]) is None


@pytest.mark.parametrize(
    ("misses", "answer"), [((0.2, 0.1, 0.4), "yes"), ((1.0, 0.5, 2.0), "undecided"), ((3.0, 2.0, 4.0), "no")]
)
def test_late_answers_are_a_budget_where_the_user_gave_a_rate(misses, answer):
    found = {"p99_ms": 0.1, "size_mb": 0.1, "drop": 0.1, "parity": 0.0, "flips": 0.0, "gain": 9.0, "score": 96.0}
    estimates = {f"mlp.{name}": Estimate(value, value, value, "") for name, value in found.items()}
    estimates["mlp.misses"] = Estimate(*misses, "%")
    facts = {
        "candidates": ["mlp"],
        "unmeasured": [],
        "labels": LABELS,
        "factor": 100.0,
        "metric": "accuracy",
        "rows_in_table": 100,
    }
    evidence = Evidence(estimates, facts, (), ())
    verdict = LAB.judge(evidence, Settings(rate=50.0, max_misses=0.01))
    assert verdict.answer == answer
    said = {
        "yes": "fits every budget",
        "undecided": "share of late answers may exceed the 1 % allowed",
        "no": "3 % of the calls too",
    }
    assert said[answer] in verdict.sentence
    assert "of the answers come too late (95 % interval" in verdict.details
    assert LAB.judge(evidence, Settings()).answer == "yes"


def test_a_sweep_goes_from_nearly_idle_to_nearly_full(monkeypatch):
    with_short_timings(monkeypatch)
    row = measure_load(lambda i: sum(range(2_000)), n_rows=10, deadline_ms=1_000.0, rate=500.0, seconds=0.01, seed=0)
    assert [run.view for run in row.runs] == ["hot"] + ["sweep"] * len(USES) + ["rate"] * 3
    assert [round(run.use, 2) for run in row.runs if run.view == "sweep"] == list(USES)
    assert all(run.misses.value == 0 for run in row.runs)
    patient, *short = [run.calls for run in row.runs if run.view == "rate"]
    assert patient > 2 * max(short), "random arrivals at the user's rate get more time than the other patterns"


def test_calls_below_two_a_second_are_offered_at_two_and_that_is_said(monkeypatch):
    """A simulated clock: 20 calls at 0.01 a second would take half an hour."""
    asked = []

    def offered(call, schedule, *, calls, **more):
        times = list(schedule)
        asked.append((calls, times[-1] / 1e9))
        return back_to_back(call, calls=calls, n_rows=more["n_rows"], deadline_ns=more["deadline_ns"])

    with_short_timings(monkeypatch)
    monkeypatch.setattr("edge.load.sweep.offer", offered)
    row = measure_load(lambda i: None, n_rows=10, deadline_ms=1_000.0, rate=0.01, seconds=0.01, seed=0)
    slow = [run for run in row.runs if run.view == "rate"]
    assert [(run.rate, run.instead_of, run.calls) for run in slow] == [(2.0, 0.01, 20)] * 3
    assert sum(seconds for _, seconds in asked[-3:]) < 60
    line = load_evidence.load_table({"mlp": row}, LABELS, 5.0).rows[-1]
    assert "2 per second (in place of your 0.01)" in line[1]


def test_what_calls_at_a_low_rate_can_decide_is_said_before_and_after():
    """Exact intervals: without a late one, 20 calls bound the share at 17 %, and 368 are the first to bound it at 1 %."""
    assert stats.beta.ppf(0.975, 1, 20) == pytest.approx(0.168, abs=1e-3)
    assert stats.beta.ppf(0.975, 1, 368) <= 0.01 < stats.beta.ppf(0.975, 1, 367)
    (said,) = LAB.announcements(Settings(rate=0.01, load_seconds=0.06, models=("mlp", "forest")))
    assert said == (
        "late answers: calls come at 2 a second in place of 0.01, since each finds an idle model at either; that takes up to "
        "2 min for 2 models; 20 calls without a late one show that at most 17 % are late; for the 1 % allowed 368 are "
        "needed (--load-seconds 1.84), and they take 10.5 h at 0.01 calls per second in service"
    )
    (caveat,) = load_evidence.caveats({}, LABELS, Settings(rate=0.01, load_seconds=0.06))
    assert "calls were offered at 2 a second in place of 0.01" in caveat
    assert "for the 1 % allowed 368 are needed" in caveat
    assert "no number of calls shows that none is" in LAB.announcements(Settings(rate=1.0, max_misses=0.0))[0]
    assert LAB.announcements(Settings(rate=5_000.0)) == LAB.announcements(Settings()) == ()
    assert load_evidence.caveats({}, LABELS, Settings(rate=100.0)) == ()
    assert rates.at_rate(2.0, 1.84)[0].calls == 368


def test_no_rate_is_waited_for_longer_than_its_bound():
    for rate in (1e-6, 0.3, 1.9, 2.0, 50.0):
        for seconds in (0.06, 0.2, 3.0):
            assert rates.waiting_s(rate, seconds) <= 2 * max(100 * seconds, 10) + 2 * max(2 * seconds, 10)
