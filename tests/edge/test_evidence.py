"""From hand-made rows to every number of the edge verdict: what the oracle works out is what the record says."""

import dataclasses
import hashlib
import math

import numpy as np
import pytest
from oracles import intervals
from samples import edge_rows
from samples.edge_rows import BROWSED, BUILT, DISTURBED, FOLDED, INNER, LOADED, RATES, TIMES, VARIANT_TIMES, VARIED
from samples.golden import (
    FOLDS,
    N_ROWS,
    REPEATS,
    at_random_is_planned,
    best_of,
    fold_rows,
    said,
    table,
    three,
    with_random,
)
from samples.wiring import EDGE_ESTIMATES, EDGE_FACTS, generic

from edge.accuracy import at_random, learned, section
from edge.candidates import SEARCH_ROWS
from edge.delivery.evidence import delivered
from edge.lab import LAB
from edge.places import evidence as place_evidence
from edge.settings import Settings
from edge.stream import evidence as stream_evidence
from edge.timing.trials import TIME, TimedRow
from edge.variants.trials import TIME_VARIANTS, VARY, VariantTimesRow, VariedRow
from lab import sections
from lab.belonging import Belonging
from lab.learning.folds import Fold
from lab.learning.planning import seed_of

SETTINGS = Settings(
    p99_ms=0.5, size_mb=0.03, memory_mb=50.0, max_drop=0.2, tolerance=1e-6, models=("logistic", "mlp"), rate=50.0,
    deadline_ms=4.0, max_misses=0.05, folds=FOLDS, repeats=REPEATS, stream=True, false_alarms=0.01, label_delay=20,
)  # fmt: skip
DATA = table()
LABELS = {"logistic": "logistic regression", "mlp": "neural network (MLP)"}
RULE_OF_THREE = 300 / N_ROWS


@pytest.fixture(scope="module")
def rows():
    return edge_rows.rows()


@pytest.fixture(scope="module")
def evidence(rows):
    return summarised(SETTINGS, rows)


def summarised(settings, rows):
    """All sections on the rows; the stream, which needs more rows than the hand-made table has, is let in afterwards."""
    context = LAB.context(DATA, dataclasses.replace(settings, stream=False), seed=11)
    return sections.summarise(LAB, dataclasses.replace(context, settings=settings), rows)


def right(chances, truth):
    return float((chances.argmax(axis=1) == truth).mean())


def milliseconds(times, share):
    """Order statistics of all calls, or the bootstrap of whole rounds where that is wider; None where calls are too few."""
    plain = intervals.quantile(times * 1e-6, share)
    if plain is None:
        return None
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(times), size=(500, len(times)))
    resampled = [np.sort(times[each].ravel())[int(np.ceil(share * times.size - 1e-9)) - 1] * 1e-6 for each in drawn]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return plain[0], min(plain[1], low), max(plain[2], high)


def undisturbed(name):
    """The times of a model whose longest calls of each round, as many as may be disturbed, are as short as the shortest."""
    times = TIMES[name].copy()
    for place, count in enumerate(DISTURBED[name]):
        for _ in range(count):
            times[place, times[place].argmax()] = times[place].min()
    return times


def expected_estimates():
    found = {"harness.p50_us": tuple(1e3 * each for each in milliseconds(TIMES["harness"], 0.5))}
    # by hand: 90 % (86 to 93) became 60 % (50 to 70); roots of the sums of the squares of 4 and 10, and of 3 and 10
    found["stream_loss"] = (30.0, 30 - math.hypot(4, 10), 30 + math.hypot(3, 10))
    best, _ = best_of(FOLDED, INNER)
    for place, name in enumerate(LABELS):
        parities = BUILT[name].parity.values()
        exact = {
            "size_mb": BUILT[name].size_bytes / 1e6,
            "parity": max(parity.largest for parity in parities),
            "flips": sum(parity.flips for parity in parities),
        }
        found |= {f"{name}.{what}": (value,) * 3 for what, value in exact.items()}
        mebibytes = np.arange(6.0) + 40 + 20 * place  # the third of six is the median, the ends are its interval
        found[f"{name}.memory_mb"] = tuple(mebibytes[[2, 0, 5]] * 1.048576)
        found[f"{name}.cold_start_s"] = (0.33, 0.30, 0.36)
        found[f"{name}.p99_ms"] = milliseconds(TIMES[f"{name} onnx"], 0.99)
        found[f"{name}.least_p99_ms"] = milliseconds(undisturbed(f"{name} onnx"), 0.99)
        compared = intervals.repeated(
            best, FOLDED[name], DATA.target, FOLDS, score=right, kinds=intervals.accuracy_kinds
        )
        # two candidates, the better of which is taken by its interval: 97.5 % each (Bonferroni)
        found[f"{name}.drop"] = intervals.interval(*compared, confidence=0.975, reach=RULE_OF_THREE)
        above = intervals.repeated(
            FOLDED[name], FOLDED["constant"], DATA.target, FOLDS, score=right, kinds=intervals.accuracy_kinds
        )
        found[f"{name}.gain"] = intervals.interval(*above, confidence=0.975, reach=RULE_OF_THREE)
        found[f"{name}.score"] = intervals.of_a_mean(
            FOLDED[name],
            DATA.target,
            FOLDS,
            score=right,
            kinds=intervals.accuracy_kinds,
            reach=RULE_OF_THREE,
            lowest=0,
            highest=100,
        )
    found |= {"logistic.misses": (2.0, 1.0, 3.0), "mlp.misses": (90.0, 80.0, 95.0)}
    found["logistic.least_misses"] = (1.5, 0.5, 2.0)
    for name in ("identity", "logistic onnx", "logistic sklearn", "mlp onnx"):
        found[f"{name}.p99"] = milliseconds(TIMES[name], 0.99)
    return found


def test_every_estimate_of_the_edge_lab_is_the_oracles(evidence):
    expected = expected_estimates()
    assert evidence.estimates.keys() == expected.keys()
    assert {generic(name) for name in expected} == EDGE_ESTIMATES
    for name, numbers in expected.items():
        found = evidence.estimates[name]
        assert three(found) == pytest.approx(numbers, rel=1e-9, abs=1e-12), name
        assert found.confidence == (0.975 if name.endswith((".drop", ".gain")) else 0.95), name
    units = {"p99_ms": "ms", "size_mb": "MB", "parity": "", "flips": "labels", "memory_mb": "MB", "cold_start_s": "s",
             "drop": "points", "score": "points", "misses": "%", "p99": "ms",
             "gain": "points", "least_p99_ms": "ms", "least_misses": "%", "p50_us": "us", "stream_loss": "points"}  # fmt: skip
    assert all(each.unit == units[name.partition(".")[2] or name] for name, each in evidence.estimates.items())


def test_every_fact_of_the_edge_lab_is_as_by_hand(evidence):
    high = 200 + 100 * np.log(4 / 1.2) / np.log(4)  # where the lower ends, 0.6 of the p99, cross 4 ms
    moved = [
        ("latency (p99)", "p99_ms", "least_p99_ms", 0.5), ("share of late answers", "misses", "least_misses", 5.0),
        ("file size", "size_mb", None, 0.03), ("peak memory", "memory_mb", None, 50.0), ("accuracy loss", "drop", None, 20.0),
    ]  # fmt: skip
    kept = [
        ("accuracy above a constant prediction", "gain", 0.0), ("difference from the original", "parity", 1e-6),
        ("flipped labels", "flips", 0.0),
    ]  # fmt: skip
    expected = {
        "limits": [
            *({"name": n, "estimate": key, "least": least, "allowed": a, "moves": True, "above": False} for n, key, least, a in moved),
            *({"name": n, "estimate": key, "least": None, "allowed": a, "moves": False, "above": key == "gain"} for n, key, a in kept),
        ],
        "candidates": ["logistic", "mlp"], "unmeasured": [], "labels": LABELS, "metric": "accuracy", "factor": 100.0,
        "core": 3, "n_rows": N_ROWS, "rows_in_table": N_ROWS,
        "highest_rate": {
            # 4 ms is half-way from 2 to 8 on a logarithmic axis; the upper ends, twice the p99, cross at 200
            "logistic": f"250 calls per second (95 % interval 200 to {high:.0f})",
            "mlp": "below 10 calls per second (the lowest rate with enough calls)",
        },
        "stream": stream_evidence.sentence(edge_rows.stream(), 0.01),
        "stream_in_short": (
            "2 columns drifted (income, age), first near row 641. Accuracy was 90.0 % (86.0 to 93.0) before the change and 60.0 % "
            "(50.0 to 70.0) after it, noticed at row 800. For the last 20 rows, whose labels are still to come, 75.0 % is estimated."
        ),
        "stream_seen": {
            "first": 651, "rows_after": 350, "before": 0.9, "after": 0.6, "is_alarm": True, "is_estimated": False,
            "label": "neural network (MLP)", "columns": ["income", "age"],
        },
        "model_file": {
            "file": "edge-model.onnx", "model": "logistic", "bytes": 7, "rows": N_ROWS,
            "sha256": "170df6144b15bdf1dced878e45ebdb2dac95d0b1a3bc68459434bbbd88681157",
        },
    }  # fmt: skip
    assert expected.keys() == EDGE_FACTS
    assert any(
        "other programs took 20 % of the time of the timed calls, although 4 rounds" in each
        for each in evidence.caveats
    )
    assert evidence.facts == expected
    assert evidence.caveats[0] == expected["stream"]


def titled(found, title):
    return next(each for each in (*found.tables, *found.figures) if each.title == title)


def status(numbers, allowed, *, above=False):
    if above:
        return "pass" if numbers[1] > allowed else "fail" if numbers[2] <= allowed else "undecided"
    return "pass" if numbers[2] <= allowed else "fail" if numbers[1] > allowed else "undecided"


def test_the_budgets_are_judged_item_by_item(evidence):
    found = expected_estimates()
    allowed = {
        "latency (p99)": ("p99_ms", 0.5), "share of late answers": ("misses", 5.0), "file size": ("size_mb", 0.03),
        "peak memory": ("memory_mb", 50.0), "accuracy loss": ("drop", 20.0), "accuracy above a constant prediction": ("gain", 0.0),
        "difference from the original": ("parity", 1e-6), "flipped labels": ("flips", 0),
    }  # fmt: skip
    by_hand = [
        (LABELS[name], item, *found[f"{name}.{key}"], most, status(found[f"{name}.{key}"], most, above=key == "gain"))
        for name in LABELS
        for item, (key, most) in allowed.items()
    ]
    assert titled(evidence, "Budgets, item by item").columns == (
        "model", "item", "found", "low", "high", "allowed", "unit", "result",
    )  # fmt: skip
    listed = titled(evidence, "Budgets, item by item").rows
    for line, expected in zip(listed, by_hand, strict=True):
        assert (line[0], line[1], line[7]) == (expected[0], expected[1], expected[6])
        assert line[2:6] == pytest.approx(expected[2:6])
    assert {line[7] for line in listed} >= {"pass", "fail"}


def without_stream(found):
    return dataclasses.replace(
        found, facts={key: value for key, value in found.facts.items() if not key.startswith("stream")}
    )


def test_the_verdict_rests_on_the_candidate_that_fits_and_says_its_numbers(evidence):
    value, low, high = expected_estimates()["logistic.p99_ms"]
    loss = expected_estimates()["logistic.drop"]
    assert loss[2] > 20.0 > loss[1], "undecided by its accuracy at this margin"
    assert LAB.judge(evidence, SETTINGS).answer == "undecided"
    roomy = dataclasses.replace(SETTINGS, max_drop=round(loss[2] / 100 + 0.01, 2))
    held = LAB.judge(evidence, roomy)
    fell = "The logistic regression model fits every budget, but accuracy fell from 90 % to 60 % near row 651 of the stream."
    assert (held.answer, held.sentence) == ("undecided", fell)
    said = (
        "Accuracy was 90.0 % (86.0 to 93.0) before the change and 60.0 % (50.0 to 70.0) after it, noticed at row 800."
    )
    assert held.details.startswith(f"2 columns drifted (income, age), first near row 641. {said}")
    assert "99 of 100 answers" not in held.details, (
        "its figures stand in the picture, and there is no room for more lines"
    )
    evidence = without_stream(evidence)
    verdict = LAB.judge(evidence, roomy)
    assert verdict.answer == "yes"
    assert (
        f"The logistic regression model fits every budget: 99 of 100 answers come within {1e3 * value:.3g} µs"
        in verdict.sentence
    )
    assert f"(95 % interval {1e3 * low:.3g} to {1e3 * high:.3g} µs)" in verdict.details
    assert "The file takes 2.53 kB" in verdict.details
    where = "below" if loss[0] > 0 else "above"
    said = f"{abs(loss[0]):.1f} points {where} the model chosen as best in training (95 % interval for all candidates together"
    assert said in verdict.details
    assert "98 %" not in verdict.sentence + verdict.details
    tight = dataclasses.replace(roomy, p99_ms=round(0.9 * low, 5), rate=None, memory_mb=None)
    failed = LAB.judge(evidence, tight)
    assert failed.answer == "no"
    assert (
        "misses its budgets for latency, file size, difference from the original and changed labels" in failed.sentence
    )


def test_the_model_that_is_left_is_the_one_that_the_verdict_is_about(evidence, rows):
    assert LABELS["logistic"] in LAB.judge(evidence, SETTINGS).sentence
    assert LAB.chosen_files(evidence, rows) == {"edge-model.onnx": b"a graph"}
    assert titled(evidence, "The model in the run's folder").rows[0][1] == "logistic regression"
    quick = dataclasses.replace(
        SETTINGS, size_mb=9.0, memory_mb=900.0, rate=None, tolerance=1.0, max_drop=1.0, p99_ms=9.0
    )
    other = summarised(quick, rows | {TIME.name: dataclasses.replace(rows[TIME.name], times=SLOW)})
    assert "the neural network model" in LAB.judge(other, quick).sentence
    assert LAB.chosen_files(other, rows) == {"edge-model.onnx": b"x" * 40_001}


SLOW = TIMES | {"logistic onnx": 10_000 * TIMES["logistic onnx"]}


@pytest.mark.parametrize("name", LABELS)
def test_the_model_that_is_left_is_shown_with_its_digest_and_its_flaws(name, rows):
    content = {"logistic": b"a graph", "mlp": b"x" * 40_001}[name]
    left = delivered(name, LABELS[name], rows, dataclasses.replace(SETTINGS, size_mb=0.05))
    (line,) = left.tables[0].rows
    form, largest, flips = {"logistic": ("lean", 5e-7, 0), "mlp": ("converter", 4e-5, 3)}[name]
    shown = ("edge-model.onnx", LABELS[name], 48, pytest.approx(len(content) / 1e3), form, largest, flips)
    assert line == (*shown, hashlib.sha256(content).hexdigest())
    words = ("differs from its original by more than is allowed", "lie between values of single rows")
    for each in words:
        assert any(each in caveat for caveat in left.caveats) == (name == "mlp")
    assert len(left.caveats) == 2 * (name == "mlp")
    small = delivered(name, LABELS[name], rows, dataclasses.replace(SETTINGS, size_mb=0.03))
    assert ("edge-model.onnx takes 40 kB, more than the 30 kB allowed" in " ".join(small.caveats)) == (name == "mlp")


def test_without_a_model_that_learned_from_all_rows_no_file_is_left(rows):
    without = {key: row for key, row in rows.items() if not key.startswith("deliver")}
    found = summarised(SETTINGS, without)
    assert found.facts["model_file"] is None
    assert LAB.chosen_files(found, without) == {}
    assert "The model in the run's folder" not in [table.title for table in found.tables]


@pytest.mark.parametrize("margin", [0.0, 0.6])
def test_the_accuracy_budget_is_in_points_of_the_metric(evidence, margin):
    """A hundredth of it, or a hundred times as much, would move every answer."""
    loss = expected_estimates()["logistic.drop"]
    settings = dataclasses.replace(SETTINGS, max_drop=margin)
    expected = {"pass": "yes", "undecided": "undecided", "fail": "no"}[status(loss, 100 * margin)]
    assert LAB.judge(evidence, settings).answer == expected


def test_smaller_models_lose_what_the_same_rows_say(evidence):
    listed = {line[:2]: line[2:] for line in titled(evidence, "Smaller models").rows}
    best = np.arange(40) >= 4  # the most accurate original
    for family, variants in VARIED.items():
        for name, made in variants.items():
            line = listed[LABELS[family], name]
            mean, error, degrees = intervals.corrected(100.0 * best - 100.0 * made.right, np.inf)
            loss = intervals.interval(mean, error, degrees, reach=300 / 40)
            times = VARIANT_TIMES[f"{family} {name}"]
            p50, p99 = milliseconds(times, 0.5), milliseconds(times, 0.99)
            # accuracy, loss, its interval, kB, p50 us, p99 us, its interval, MB of memory, flips, moved by the batch
            numbers = (*line[:2], *line[3:6], *line[7:10])
            assert numbers == pytest.approx((
                100 * made.right.mean(), mean, made.size_bytes / 1e3, 1e3 * p50[0], 1e3 * p99[0],
                made.peak_mib * 1.048576, made.flips, made.neighbours,
            ))  # fmt: skip
            assert line[2] == f"{loss[1]:.3g} to {loss[2]:.3g}"
            assert line[6] == f"{1e3 * p99[1]:.3g} to {1e3 * p99[2]:.3g}"
            size, memory = made.size_bytes / 1e6, made.peak_mib * 1.048576
            items = [(p99, 0.5), ((size,) * 3, 0.03), (loss, 20.0), ((memory,) * 3, 50.0)]
            answers = [status(*item) for item in items]
            assert line[10] == max(answers, key=["pass", "undecided", "fail"].index)
    front = {key: line[11] for key, line in listed.items()}
    assert front == dict.fromkeys(listed, "yes")  # each is smaller, or more accurate, than the others


def test_a_variant_that_another_beats_everywhere_is_not_on_the_front(rows):
    larger = dataclasses.replace(VARIED["mlp"]["int8"], size_bytes=41_000, peak_mib=70.0)
    beaten = VariedRow(VARIED["mlp"] | {"int8": larger})
    slow = VariantTimesRow(VARIANT_TIMES | {"mlp int8": 2 * VARIANT_TIMES["mlp as exported"]}, edge_rows.LEVELS)
    found = summarised(SETTINGS, rows | {VARY.of("mlp").name: beaten, TIME_VARIANTS.name: slow})
    front = {line[:2]: line[13] for line in titled(found, "Smaller models").rows}
    assert front[LABELS["mlp"], "int8"] == ""


def test_latencies_levels_parity_and_footprint_are_listed(evidence):
    assert "p99 (µs)" in titled(evidence, "Latency").columns
    latency = {line[:2]: line[2:] for line in titled(evidence, "Latency").rows}
    words = {"logistic onnx": (LABELS["logistic"], "ONNX Runtime"), "mlp onnx": (LABELS["mlp"], "ONNX Runtime")}
    for name, key in words.items():
        for place, at in enumerate((0.5, 0.9, 0.99)):
            value, low, high = (1e3 * each for each in milliseconds(TIMES[name], at))  # µs suit most of these times
            assert latency[key][2 * place] == pytest.approx(value)
            assert latency[key][2 * place + 1] == f"{low:.3g} to {high:.3g}"
        medians = np.median(TIMES[name], axis=1)
        spread = (np.quantile(medians, 0.9) - np.quantile(medians, 0.1)) / np.median(medians)
        assert latency[key][8:] == (2_000, f"{100 * spread:.0f} %")
    assert latency[LABELS["mlp"], "scikit-learn"][4:6] == (None, "too few calls")
    levels = {line[:2]: line[2:] for line in titled(evidence, "Levels of graph optimisation").rows}
    assert levels[LABELS["mlp"], "disabled"][0] == pytest.approx(
        1e3 * milliseconds(edge_rows.LEVELS["mlp disabled"], 0.5)[0]
    )
    assert titled(evidence, "Is the exported model the same model?").columns == (
        "model", "form", "rows", "count", "largest difference", "rows beyond 1e-5", "flipped labels",
    )  # fmt: skip
    assert titled(evidence, "Is the exported model the same model?").rows[2] == (
        LABELS["mlp"], "converter", "test rows", 16, 3e-6, 0, 0,
    )  # fmt: skip
    first, second = titled(evidence, "Footprint").rows
    assert first[:3] == (LABELS["logistic"], pytest.approx(2.53), 5)
    assert titled(evidence, "Footprint").columns[1] == "file (kB)"
    assert first[3] == pytest.approx(42 * 1.048576)
    assert first[5] == pytest.approx(0.33)
    assert first[7:] == pytest.approx((200 * 1.048576, 1.5))
    assert second[7:] == (None, None)
    said = next(figure for figure in evidence.figures if figure.title == "Footprint: memory").caption
    assert f"takes {200 / 42:.2g} times as much with scikit-learn" in said


def test_throughput_is_the_median_of_the_rounds(evidence):
    lines = {line[:4]: line[4:] for line in titled(evidence, "Throughput by batch size").rows}
    for alternative, runtime, threads in (
        ("one thread", "ONNX Runtime", 1), ("all threads", "ONNX Runtime", 2), ("scikit-learn", "scikit-learn", 1)
    ):  # fmt: skip
        for size, rounds in zip((1, 8), RATES[alternative], strict=False):
            line = lines[LABELS["logistic"], runtime, threads, size]
            value = sorted(rounds)[2]  # of six the third: half of them are at most that
            assert line[0] == value
            assert line[1] == f"{min(rounds):,.0f} to {max(rounds):,.0f}"
            assert line[2] == pytest.approx(1e3 * size / value)
    drawn = titled(evidence, "What is the throughput in batches?")
    assert "logistic regression 5,100 at 8" in drawn.caption  # (5,000 + 5,200) / 2


def test_load_is_listed_run_by_run(evidence):
    lines = titled(evidence, "Load").rows
    assert len(lines) == sum(len(row.runs) for row in LOADED.values())
    yours = lines[4]
    assert yours[:5] == (LABELS["logistic"], "at random (Poisson), 50 per second (your rate)", 50.0, 10.0, 1_000)
    assert (yours[5], yours[9], yours[10]) == (0.5, 3.0, "1.8 to 6")
    assert yours[11:13] == (None, "")
    assert yours[13:] == (2.0, "1 to 3", 0.021, 1.5001)
    caveats = " ".join(evidence.caveats)
    assert "took up to 1.5 ms (p99) to wake" in caveats
    assert "the neural network (MLP) cannot keep up with 50 calls per second" in caveats
    assert "the logistic regression cannot keep up" not in caveats
    assert "at 100 calls per second, the logistic regression answers in 3 ms" in caveats
    curve = titled(evidence, "Latency: hot and under load").spec["data"]["values"]
    hot = [(value["x"], value["y"]) for value in curve if value["series"] == "logistic regression, hot"]
    assert hot == [(0.5, 50.0), (1.0, pytest.approx(10.0))]  # under one call of 1,000 nothing is drawn
    knee = titled(evidence, "Response time against load").spec["data"]["values"]
    assert [(value["x"], value["y"]) for value in knee[:3]] == [(100.0, 1.0), (200.0, 2.0), (300.0, 8.0)]


def test_places_are_listed_side_by_side_with_the_browser(evidence):
    lines = titled(evidence, "Where it runs").rows
    here = next(line for line in lines if line[0].startswith("this machine") and line[4] == LABELS["logistic"])
    # place, processor, cores, threads, model, p50, interval, p99, interval, late %, interval, memory, lost
    assert here[1:4] == ("P", 1, 1)
    assert here[5:12] == (0.5, "0.3 to 1", 1.5, "0.9 to 3", 2.0, "1 to 3", 61.3)
    assert [line[-1] for line in lines if line[4] == LABELS["mlp"]] == ["it fell", "no answer"]
    there = next(line for line in lines if line[0] == place_evidence.BROWSER_PLACE and line[4] == LABELS["logistic"])
    assert there[5] == pytest.approx(milliseconds(BROWSED["logistic"].times, 0.5)[0])
    assert any("on this machine, core(s) 0 the results of neural network (MLP) were lost (it fell)" in each
               for each in evidence.caveats)  # fmt: skip


def test_the_browser_is_one_step_of_its_clock_less_certain(evidence):
    times, step = BROWSED["logistic"].times, 0.005
    lines = {line[0]: line[1:] for line in titled(evidence, "In a browser").rows}
    line = lines[LABELS["logistic"]]
    for place, at in enumerate((0.5, 0.99)):
        value, low, high = milliseconds(times, at)
        assert line[2 * place] == pytest.approx(value)
        assert line[2 * place + 1] == f"{low - step:.3g} to {high + step:.3g}"
    native = milliseconds(TIMES["logistic onnx"], 0.5)[0]
    assert line[4:6] == pytest.approx((native, milliseconds(times, 0.5)[0] / native))
    assert line[6:8] == (0.2, "one load")
    assert line[8:12] == (0.00253, 48, 3e-4, 1)
    assert "no model (identity)" in lines
    assert any("differ by up to 0.0003 and 1 of 48 labels" in each for each in evidence.caveats)
    drawn = {value["label"]: value for value in titled(evidence, "Latency in a browser").spec["data"]["values"]}
    value, low, high = milliseconds(times, 0.99)
    ends = drawn["logistic regression, browser"]
    assert (ends["value"], ends["low"], ends["high"]) == pytest.approx((value, low - step, high + step))


def test_the_stream_is_told_in_rows_that_count_from_one(evidence):
    assert evidence.facts["stream"] == (
        "in the stream 2 columns drifted (income, age), first near row 641 (95 % of the evidence: 611 to 671); "
        "accuracy fell from 90.0 % (86.0 to 93.0) to 60.0 % (50.0 to 70.0) near row 651 (detected at row 800); "
        "for the last 20 rows, whose labels are still to come, it is estimated at 75.0 % (65.0 to 85.0); "
        "where labels are known, such estimates were off by 8.0 points on average; "
        "the probability of any false alarm over the whole stream is at most 1 %"
    )
    lines = titled(evidence, "What changed in the stream, and when?")
    assert lines.rows[0] == ("age", "changed", 641, "611 to 671", 750, "median", 1.5, 4.5)
    assert "The first 500 rows are the reference" in lines.caption
    assert "those from 351 on, which the model did not learn from" in lines.caption
    assert "Rows are numbered from 1 among all 1,000 of the table, as they stand in it." in lines.caption
    assert "12,346 rows per second" in lines.caption
    assert "Of dates only missing values are monitored, because dates always advance: since" in lines.caption
    drawn = titled(evidence, "Accuracy after deployment").spec["data"]["values"]
    by_series = {}
    for value in drawn:
        by_series.setdefault(value["series"], []).append((value["x"], value["y"]))
    assert by_series == {
        "accuracy, labels known": [(600, 90.0), (700, 70.0)],
        "lower end of its 95 % interval": [(600, pytest.approx(82.0)), (700, pytest.approx(60.0))],
        "estimated before labels arrive (CBPE)": [(600, 91.0), (700, 85.0), (800, 80.0)],
    }
    paths = titled(evidence, "Drift").spec["data"]["values"]
    assert [(value["x"], value["y"]) for value in paths if value["series"] == "age"] == [
        (550, -1),
        (600, -5),
        (750, 0.2),
    ]
    assert [(value["x"], value["y"]) for value in paths if value["series"] == "errors"] == [(560, -2), (800, 0.4)]


@pytest.mark.parametrize(
    ("before", "after", "word"), [((0.9, 0.86, 0.93), (0.6, 0.5, 0.7), "fell"), ((0.6, 0.5, 0.7), (0.9, 0.86, 0.93), "rose")]
)  # fmt: skip
def test_a_change_of_accuracy_has_a_direction(before, after, word):
    row = edge_rows.stream(before=edge_rows.share(*before), after=edge_rows.share(*after))
    assert f"accuracy {word} from {100 * before[0]:.1f} %" in stream_evidence.sentence(row, 0.05)


def test_a_stream_without_alarms_gives_both_accuracies():
    quiet = [dataclasses.replace(found, alarm=None, start=None) for found in edge_rows.STREAMED.findings]
    row = edge_rows.stream(findings=tuple(quiet), before=None, after=None, expected=None)
    assert stream_evidence.sentence(row, 0.05) == (
        "no column drifted in the stream; no change in accuracy was detected (92.0 % (88.0 to 95.0) before the stream, "
        "80.0 % (76.0 to 84.0) in it); the probability of any false alarm over the whole stream is at most 5 %"
    )


def test_a_model_is_remarked_where_it_keeps_rows_or_is_slower_than_its_original(rows):
    slow = TIMES | {"mlp sklearn": edge_rows.nanoseconds("q", 15_000), "mlp onnx": edge_rows.nanoseconds("r", 30_000)}
    found = summarised(SETTINGS, rows | {TIME.name: TimedRow(slow, 3)})
    caveats = " ".join(found.caveats)
    assert "the file of the neural network model contains training rows" in caveats
    assert "the file of the logistic regression model contains training rows" not in caveats
    exported, own = milliseconds(slow["mlp onnx"], 0.5)[0], milliseconds(slow["mlp sklearn"], 0.5)[0]
    assert f"slower than scikit-learn itself: {exported:.3g} ms against {own:.3g} at the median" in caveats
    assert "it was converted by a library" in caveats
    assert "the exported logistic regression is slower" not in caveats
    floor = milliseconds(TIMES["identity"], 0.5)[0]
    assert f"an empty call of the runtime takes {floor:.2g} ms at the median" in caveats


def test_the_verdict_is_found_without_the_parts_beside_it(rows):
    verdict_only = {
        key: row for key, row in rows.items() if "-fold" in key or key.startswith("build-") or key == "time"
    }
    settings = dataclasses.replace(SETTINGS, rate=None, memory_mb=None, stream=False)
    found = summarised(settings, verdict_only)
    expected = expected_estimates()
    assert found.estimates.keys() == {
        name for name in expected if not name.endswith(("misses", "memory_mb", "cold_start_s", "stream_loss"))
    }
    assert three(found.estimates["mlp.drop"]) == pytest.approx(expected["mlp.drop"])


def test_the_level_of_the_interval_follows_the_number_of_candidates(rows):
    three_models = dataclasses.replace(SETTINGS, models=("logistic", "mlp", "forest"))
    found = summarised(three_models, rows)
    assert found.facts["unmeasured"] == ["forest"]
    assert found.estimates["mlp.drop"].confidence == pytest.approx(1 - 0.05 / 3)
    alone = {key: row for key, row in rows.items() if key not in ("places", "browser") and "logistic" not in key[5:]}
    alone[TIME.name] = TimedRow({name: TIMES[name] for name in ("identity", "mlp onnx")})
    one = summarised(dataclasses.replace(SETTINGS, models=("mlp",)), alone)
    assert one.estimates["mlp.drop"].confidence == pytest.approx(0.95)


def test_all_models_are_scored_on_folds_at_random_too(rows):
    told = dataclasses.replace(DATA, belonging=Belonging(units=np.arange(N_ROWS) // 3, by="customer"))
    settings = dataclasses.replace(SETTINGS, stream=False)
    context = LAB.context(told, settings, seed=11)
    at_random_is_planned(
        at_random.plan(context), (context.group,), settings, 11, context.metric.scorer, search_rows=SEARCH_ROWS
    )
    assert at_random.plan(LAB.context(DATA, settings, seed=11)) == []
    best, _ = best_of(FOLDED, INNER)
    points = [100 * right(chances, places % 2) for chances, places in best]
    found = at_random.evidence(context, with_random(rows))
    assert found.estimates["recognition"].value == pytest.approx(np.mean(points[FOLDS:]) - np.mean(points))


def test_all_models_are_searched_alike_on_every_fold():
    context = LAB.context(DATA, dataclasses.replace(SETTINGS, stream=False), seed=11)
    names = {family.name for family in context.group.families}
    assert {"logistic", "mlp", "constant"} < names
    plan = [trial for trial in section.plan(context) if "family" in trial.arguments]
    assert {trial.key for trial in plan} == {f"{name}-fold{i:02d}" for name in names for i in range(FOLDS * REPEATS)}
    for trial in plan:
        assert trial.arguments["fold"] == Fold(FOLDS, REPEATS, 11, int(trial.key[-2:]))
        assert trial.seed == seed_of(trial.key, 11)
        told = {key: value for key, value in trial.arguments.items() if key not in ("family", "fold")}
        assert told == {"scorer": "accuracy", "candidates": SETTINGS.candidates, "search_rows": SEARCH_ROWS}


def with_ensemble(rows):
    """The same rows, and those of a weighted average of the models: folds, and the file."""
    told = rows | fold_rows("ensemble", said("ensemble", 1.5), [0.95] * 6, accuracy=True)
    for place, weights in enumerate(edge_rows.WEIGHTS):
        key = f"ensemble-fold{place:02d}"
        told[key] = dataclasses.replace(told[key], parameters={"weights": weights})
    return told | {"build-ensemble": dataclasses.replace(BUILT["mlp"], parameters={"weights": edge_rows.WEIGHTS[0]})}


def test_the_standard_is_the_average_where_it_is_the_best_in_training(rows):
    found = summarised(SETTINGS, with_ensemble(rows)).estimates["logistic.drop"].value
    score = np.mean([100 * right(chances, places % 2) for chances, places in said("ensemble", 1.5)])
    alone = np.mean([100 * right(chances, places % 2) for chances, places in FOLDED["logistic"]])
    assert found == pytest.approx(score - alone)


def test_the_members_of_an_average_are_shown_with_their_weights(rows):
    settings = dataclasses.replace(SETTINGS, models=("logistic", "mlp", "ensemble"))
    found = summarised(settings, with_ensemble(rows))
    lines = {line[1]: line[2:] for line in titled(found, "What the averages consist of").rows}
    boosted = [weights.get("boosting", 0) for weights in edge_rows.WEIGHTS]
    assert lines["gradient boosting"] == (0.75, pytest.approx(np.mean(boosted)), min(boosted), max(boosted), 5)
    assert lines["extra trees"] == (0.0, 0.0, 0.0, 0.0, 0)
    assert len(lines) == 5
    assert "ensemble" in found.facts["unmeasured"], "it was not timed"
    assert "the weighted average of the models could not be exported and measured" in found.caveats


def test_a_given_model_that_may_know_the_rows_is_remarked(rows, monkeypatch):
    context = LAB.context(DATA, dataclasses.replace(SETTINGS, stream=False), seed=11)
    words = "whether the given model has learned from these rows is not known"
    assert not any(words in caveat for caveat in section.evidence(context, rows).caveats)
    monkeypatch.setattr(section.metrics, "remark", lambda metric, dataset: (f"{metric} on {dataset.name}",))
    assert section.evidence(context, rows).caveats[0] == f"{SETTINGS.metric} on golden"
    monkeypatch.setattr(learned, "is_given", lambda family: family.name == "mlp")
    assert sum(caveat.startswith(words) for caveat in section.evidence(context, rows).caveats) == 1
