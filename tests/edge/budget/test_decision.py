"""The picture of the first screen shows the budgets of the candidate that decides, each as a share of what is allowed."""

import dataclasses

import pytest

from edge.budget import decision
from edge.budget import figure as budget_figure
from edge.settings import Settings
from lab.learning.families import FOREST, MLP
from lab.protocol import Estimate

SETTINGS = Settings(p99_ms=2.0, size_mb=5.0, max_drop=0.01, rate=50.0, max_misses=0.01)


def estimates(name, *, p99=1.0, score=90.0):
    found = {
        "p99_ms": Estimate(p99, 0.5 * p99, 1.5 * p99, "ms"),
        "misses": Estimate(3.0, 2.0, 4.0, "%"),
        "size_mb": Estimate(0.00253, 0.00253, 0.00253, "MB"),
        "drop": Estimate(-0.5, -2.0, 1.2, "points"),
        "gain": Estimate(30.0, 20.0, 40.0, "points"),
        "parity": Estimate(1e-9, 1e-9, 1e-9, ""),
        "flips": Estimate(0, 0, 0, "labels"),
        "score": Estimate(score, score, score, "points"),
    }
    return {f"{name}.{key}": value for key, value in found.items()}


def test_each_item_is_drawn_as_a_share_of_its_budget():
    decided = decision.decide(["mlp"], estimates("mlp"), SETTINGS, factor=100.0)
    spec = budget_figure.figure(decided, "neural network").spec
    drawn = {row["label"]: row for row in spec["data"]["values"]}
    axes = [layer["encoding"]["x"] for layer in spec["layer"]]
    assert {"datum": 100.0} in axes, "the whole budget is a line"
    by_hand = {
        "latency (p99), met: 1 of 2 ms": ("met", "met", 50.0, 25.0, 75.0),
        "share of late answers, missed: 3 of 1 %": ("missed", "beyond", 300.0, 200.0, 400.0),
        "file size, met: 2.53 kB of 5 MB": ("met", "met", 0.0506, 0.0506, 0.0506),
        "accuracy loss, undecided: -0.5 of 1.0 points": (
            "undecided",
            "undecided",
            -50.0,
            -200.0,
            120.0,
        ),  # a gain uses nothing: it is drawn as nothing, and told as what it is
    }
    assert list(drawn) == list(by_hand)
    for label, (group, sign, *expected) in by_hand.items():
        assert (drawn[label]["group"], drawn[label]["sign"], drawn[label]["unit"]) == (group, sign, "%")
        assert [drawn[label][key] for key in ("value", "low", "high")] == pytest.approx(expected)


def test_the_colour_of_a_budget_is_that_of_its_answer():
    decided = decision.decide(["mlp"], estimates("mlp"), SETTINGS, factor=100.0)
    spec = budget_figure.figure(decided, "m").spec
    colours = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer["encoding"]]
    hues = {}
    for scale in colours:
        hues |= dict(zip(scale["domain"], scale["range"], strict=True))
    red, green, blue = ({word: int(hues[word][at : at + 2], 16) for word in hues} for at in (1, 3, 5))
    assert green["met"] > max(red["met"], blue["met"])
    assert red["missed"] > 2 * max(green["missed"], blue["missed"])
    assert red["undecided"] > green["undecided"] > blue["undecided"]


def test_a_loss_at_another_size_says_which_in_few_letters():
    found = estimates("mlp") | {"mlp.drop_at_size": Estimate(0.5, -2.0, 1.2, "points")}
    decided = decision.decide(["mlp"], found, SETTINGS, factor=100.0, facts={"size": 1_000_000})
    labels = [row["label"] for row in budget_figure.figure(decided, "m").spec["data"]["values"]]
    assert "loss with 1,000,000 rows, undecided: 0.5 of 1.0 points" in labels


def test_what_is_missed_and_has_no_share_is_there_and_says_why():
    found = estimates("mlp") | {
        "mlp.gain": Estimate(0.1, -1.0, 1.2, "points"),
        "mlp.flips": Estimate(2, 2, 2, "labels"),
    }
    spec = budget_figure.figure(decision.decide(["mlp"], found, SETTINGS, factor=100.0), "m").spec
    order = spec["layer"][0]["encoding"]["y"]["sort"]
    assert order[-2:] == ["accuracy above a constant prediction, undecided", "flipped labels, missed"]
    said = {
        row["label"]: row["words"]
        for layer in spec["layer"]
        for row in layer.get("data", {"values": []})["values"]
        if row
    }
    assert said[order[-2]] == "-1.0 points to 1.2 points; must be more than 0"
    assert said[order[-1]] == "2 labels; 0 allowed"


def test_each_candidate_is_shown_by_the_budget_that_speaks_most_against_it():
    large = estimates("forest") | {
        "forest.size_mb": Estimate(9.0, 9.0, 9.0, "MB"),
        "forest.misses": Estimate(0.1, 0.1, 0.1, "%"),
    }
    fine = estimates("mlp") | {
        "mlp.misses": Estimate(0.1, 0.1, 0.1, "%"),
        "mlp.drop": Estimate(0.2, 0.1, 0.3, "points"),
    }
    how = {"factor": 100.0}
    drawn = budget_figure.of_all([MLP, FOREST], large | fine, SETTINGS, **how).spec["data"]["values"]
    assert [row["label"] for row in drawn] == [
        "neural network (MLP): latency (p99), met: 1 of 2 ms", "random forest: file size, missed: 9 of 5 MB",
    ]  # fmt: skip
    assert budget_figure.of_all([MLP], fine, SETTINGS, **how) is None


@pytest.mark.parametrize("fault", [None, "the scores fall"])
def test_the_table_lists_the_loss_at_the_size_that_it_is_about(fault):
    found = estimates("mlp") | ({} if fault else {"mlp.drop_at_size": Estimate(0.5, 0.2, 0.8, "points")})
    facts = {"size": 1_000_000, "curve_fault": {"mlp": fault}}
    table = budget_figure.budget_table([MLP], found, SETTINGS, factor=100.0, facts=facts)
    (line,) = [line for line in table.rows if "loss" in line[1]]
    assert line[1:] == (
        "accuracy loss with 1,000,000 rows", *((-0.5, -2.0, 1.2) if fault else (0.5, 0.2, 0.8)), 1.0, "points",
        "undecided" if fault else "pass",
    )  # fmt: skip
    assert ("that of the rows that were used is shown, and decides nothing" in table.caption) == bool(fault)


def test_a_budget_of_nothing_has_no_share():
    nothing = dataclasses.replace(SETTINGS, max_drop=0.0)
    decided = decision.decide(["mlp"], estimates("mlp"), nothing, factor=100.0)
    labels = [row["label"] for row in budget_figure.figure(decided, "m").spec["data"]["values"]]
    assert not any("accuracy loss" in label for label in labels)
    assert any(item.name == "accuracy loss" for item in decided.items)


def test_the_worst_of_several_counts_and_nothing_is_no_worse_than_kept():
    assert decision.worst(["pass", "fail", "undecided"]) == "fail"
    assert decision.worst(iter(["undecided", "pass"])) == "undecided"
    assert decision.worst([]) == "pass"


def test_the_best_status_decides_before_the_score():
    found = estimates("mlp", score=80.0) | estimates("forest", p99=9.0, score=99.0)
    settings = dataclasses.replace(SETTINGS, rate=None, max_drop=0.05)
    assert decision.decide(["mlp", "forest"], found, settings, factor=100.0).name == "mlp"
    assert decision.decide(["forest"], found, settings, factor=100.0).status == "fail"
    with pytest.raises(ValueError, match="no candidate"):
        decision.decide([], {}, settings, factor=100.0)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [((0.1, 9.0), "pass"), ((0.0, 9.0), "undecided"), ((-1.0, 1.0), "undecided"), ((-3.0, 0.0), "fail"), ((0.0, 0.0), "fail")],
)  # fmt: skip
def test_a_candidate_must_be_better_than_a_constant_with_its_whole_interval(ends, expected):
    found = estimates("mlp", p99=0.1) | {
        "mlp.misses": Estimate(0, 0, 0, "%"),
        "mlp.gain": Estimate(0.0, *ends, "points"),
    }
    settings = dataclasses.replace(SETTINGS, max_drop=0.05)
    assert decision.decide(["mlp"], found, settings, factor=100.0).status == expected


@pytest.mark.parametrize(
    ("measured", "least", "expected", "busy"),
    [
        ((1.0, 1.5), (1.0, 1.5), "pass", False),
        ((1.0, 1.5), (0.4, 0.6), "pass", False),  # kept in spite of the noise
        ((3.0, 4.0), (3.0, 4.0), "fail", False),
        ((3.0, 4.0), (2.1, 2.2), "fail", False),  # missed on a quiet machine too
        ((3.0, 4.0), (1.9, 2.1), "undecided", True),
        ((3.0, 4.0), (1.0, 1.1), "undecided", True),
        ((1.5, 2.5), (1.5, 2.5), "undecided", False),
        ((1.5, 2.5), (1.0, 1.1), "undecided", True),
    ],
)
def test_a_budget_that_only_other_programs_miss_is_undecided(measured, least, expected, busy):
    found = estimates("mlp") | {
        "mlp.p99_ms": Estimate(sum(measured) / 2, *measured, "ms"),
        "mlp.least_p99_ms": Estimate(sum(least) / 2, *least, "ms"),
    }
    latency = decision.items("mlp", found, SETTINGS, factor=100.0)[0]
    assert (latency.status, latency.busy) == (expected, busy)
