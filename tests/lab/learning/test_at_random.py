"""Folds at random stand beside those that keep rows together, and what they add is recognition."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from oracles import intervals
from samples import golden
from sklearn.model_selection import RepeatedStratifiedKFold

from lab.belonging import Belonging
from lab.data.load import check
from lab.learning import at_random, comparison, planning, scoring
from lab.learning.comparison import Group
from lab.learning.families import FOREST, LOGISTIC
from lab.learning.folds import Fold, split
from lab.learning.outer import FoldRow
from lab.protocol import Dataset, Estimate, Evidence
from lab.spoiling import check_spoiling
from lab.work.workers import run_here

FOLDS, N_ROWS = 3, 480
UNITS = np.arange(N_ROWS) // 4
TARGET = np.arange(N_ROWS) % 2
SIDES = Group("one", "clever model", (LOGISTIC, FOREST)), Group("two", "plain model", (LOGISTIC,))


def made(belonging):
    features = pd.DataFrame({"x": np.random.default_rng(0).normal(size=N_ROWS)})
    return Dataset("made", features, TARGET, "y", ("a", "b"), {"x": "number"}, "", belonging=belonging)


def planned(data, **more):
    metric = scoring.primary_metric("auto", data)
    return at_random.plan(data, SIDES[:1], folds=FOLDS, seed=4, metric=metric, candidates=1, **more)


@pytest.mark.parametrize(
    "belonging", [Belonging(), Belonging(UNITS, copies=360, copied=UNITS), Belonging(is_independent=True)]
)
def test_nothing_is_asked_where_the_user_did_not_say_what_belongs_together(belonging):
    data = made(belonging)
    assert planned(data) == []
    assert at_random.evidence(None, data, SIDES, {}) == at_random.Evidence()
    assert at_random.sentence(at_random.Evidence(), belonging) is None


def test_folds_at_random_part_customers_and_keep_copies():
    copied = np.arange(N_ROWS)
    copied[1] = copied[0] = 0
    data = made(Belonging(UNITS, by="customer", copies=1, copied=copied))
    for trial in planned(data):
        train, test = split(data, trial.arguments["fold"])
        assert trial.arguments["fold"].at_random
        assert set(UNITS[train]) & set(UNITS[test]), "customers stand on both sides"
        assert (0 in train) == (1 in train), "a copy never does"
    assert {trial.key for trial in planned(data)} == {
        f"{f.name}-random{i:02d}" for f in SIDES[0].families for i in range(3)
    }
    alone = made(Belonging(UNITS, by="customer"))
    usual = RepeatedStratifiedKFold(n_splits=3, n_repeats=1, random_state=4).split(np.zeros(N_ROWS), TARGET)
    for trial, (train, test) in zip(planned(alone)[::2], usual, strict=True):
        found = split(alone, trial.arguments["fold"])
        assert (list(found[0]), list(found[1])) == (list(train), list(test))


def test_a_trial_at_random_learns_from_its_training_rows_alone():
    data = made(Belonging(UNITS, by="customer"))
    plan = planned(data)[:1]
    check_spoiling(plan, data, {each.key: run_here(each, data, {}).row for each in plan})


def rows_of(data, *, repeats):
    """Hand-made rows: at random the models are better than on folds of customers."""
    rng, rows, said = np.random.default_rng(3), {}, {}
    for key, many, lift in (("fold", repeats, 0.0), ("random", 1, 0.35)):
        for family, strength in ((LOGISTIC, 0.1), (FOREST, 0.2)):
            folds = []
            for index in range(FOLDS * many):
                _, test = split(data, Fold(FOLDS, many, 4, index, key == "random"))
                chances = 0.5 + (strength + lift) * (TARGET[test] - 0.5) + rng.normal(scale=0.2, size=len(test))
                both = np.stack([1 - chances, chances], axis=1)
                row = FoldRow(intervals.auc(chances, TARGET[test] == 1), both, {}, test_rows=test, parameters={},
                              inner_score=strength)  # fmt: skip
                rows[f"{family.name}-{key}{index:02d}"] = row
                folds.append((both, test))
            said[family.name, key] = folds
    return rows, said


def averaged(folds):
    """What each row adds to the mean, in points, averaged over the repetitions: by kind."""
    repeats, adds = len(folds) // FOLDS, np.zeros((2, N_ROWS))
    for start in range(0, len(folds), FOLDS):
        values, weights = np.full((2, N_ROWS), np.nan), np.zeros((2, N_ROWS))
        for both, rows in folds[start : start + FOLDS]:
            for kind, (there, each) in enumerate(intervals.auc_kinds(both, TARGET[rows])):
                values[kind, rows[there]], weights[kind, rows[there]] = each[there], 1 / (there.sum() * FOLDS)
        adds += np.nan_to_num((values - np.nanmean(values, axis=1, keepdims=True)) * weights) / repeats
    return 100 * adds


@pytest.mark.parametrize("repeats", [1, 2])
def test_recognition_is_the_oracles(repeats):
    data = made(Belonging(UNITS, by="customer"))
    rows, said = rows_of(data, repeats=repeats)
    metric = scoring.primary_metric("auto", data)
    found = comparison.compare(data, SIDES, rows, folds=FOLDS, repeats=repeats, metric=metric)
    shown = at_random.evidence(found, data, SIDES, rows)
    kept, mixed = said[FOREST.name, "fold"], said[FOREST.name, "random"]
    score = {key: np.mean([100 * intervals.auc(both[:, 1], TARGET[test] == 1) for both, test in folds])
             for key, folds in (("kept", kept), ("mixed", mixed))}  # fmt: skip
    adds = averaged(mixed) - averaged(kept)
    by_unit = np.stack([adds[:, unit == UNITS].sum(axis=1) for unit in range(120)]) * np.sqrt(120 / 119)
    error = np.sqrt((by_unit.sum(axis=1) ** 2).sum() * FOLDS / (FOLDS - 1))
    each = (by_unit**2).sum(axis=0)
    degrees = each.sum() ** 2 / (each**2 / (119 / 2)).sum()
    value, low, high = intervals.interval(score["mixed"] - score["kept"], error, degrees, reach=300 / 120, highest=100)
    assert value - low > 300 / 120 + 0.5, "the spread decides, not the rule of three"
    gap = shown.estimates["recognition"]
    assert (gap.value, gap.low, gap.high) == pytest.approx((value, low, high))
    assert shown.facts == {"recognised": "the best clever model"}
    (table,) = shown.tables
    assert [line[0] for line in table.rows] == [
        "best clever model", "best plain model", "the best clever model minus the best plain model"
    ]  # fmt: skip
    assert table.rows[0][1] == pytest.approx(score["kept"])
    assert table.rows[0][4] == pytest.approx(score["mixed"])
    assert table.rows[0][7:] == pytest.approx((value, low, high))
    mean, error, degrees = intervals.repeated(
        mixed, said[LOGISTIC.name, "random"], TARGET, FOLDS, score=lambda s, t: intervals.auc(s[:, 1], t == 1),
        kinds=intervals.auc_kinds, units=UNITS,
    )  # fmt: skip
    assert table.rows[2][4:7] == pytest.approx(intervals.interval(mean, error, degrees, reach=300 / 120), abs=1e-9)
    (figure,) = shown.figures
    drawn = [(each["label"], each["group"], each["value"]) for each in figure.spec["data"]["values"]]
    assert drawn[:2] == [
        ("best clever model", "for new values of 'customer'", pytest.approx(score["kept"])),
        ("best clever model, at random", "folds at random", pytest.approx(score["mixed"])),
    ]
    assert [label for label, _, _ in drawn[2:]] == ["best plain model", "best plain model, at random"]
    assert table.columns[1] == "for new values of 'customer'"
    assert "other rows of the same 'customer'" in table.caption


@pytest.mark.parametrize(
    ("belonging", "meant", "met"),
    [
        (Belonging(UNITS, by="customer"), "for new values of 'customer'", "other rows of the same 'customer'"),
        (Belonging(UNITS, by="customer", time="day"), "for new values of 'customer' and for rows later in 'day'",
         "other rows of the same 'customer' and rows from the same time or later"),
    ],
)  # fmt: skip
def test_table_and_figure_show_all_scores_with_their_intervals_and_say_what_was_declared(belonging, meant, met):
    data = made(belonging)
    rows, said = rows_of(data, repeats=2)
    found = comparison.compare(data, SIDES, rows, folds=FOLDS, repeats=2, metric=scoring.primary_metric("auto", data))
    shown = at_random.evidence(found, data, SIDES, rows)
    (table,), (figure,) = shown.tables, shown.figures

    def line(key):
        return [_interval_of(said[family.name, key]) for family in (FOREST, LOGISTIC)]

    (first, second), (mixed_first, mixed_second) = line("fold"), line("random")
    assert table.rows[0][1:7] == pytest.approx((*first, *mixed_first))
    assert table.rows[1][1:7] == pytest.approx((*second, *mixed_second))
    assert table.rows[1][7] == pytest.approx(mixed_second[0] - second[0])
    apart = intervals.repeated(
        said[FOREST.name, "fold"], said[LOGISTIC.name, "fold"], TARGET, FOLDS,
        score=lambda s, t: intervals.auc(s[:, 1], t == 1), kinds=intervals.auc_kinds, units=UNITS,
    )  # fmt: skip
    assert table.rows[2][1:4] == pytest.approx(intervals.interval(*apart, reach=300 / 120))
    assert table.rows[2][7:] == (None, None, None)
    assert table.title == "What would folds at random have shown?"
    assert figure.title == "How much of the score would be recognition?"
    assert (
        table.caption
        == figure.caption
        == (
            "ROC AUC of the same models with the same search, scored twice: on folds that respect what was declared, and on "
            f"one repetition of folds at random, where a model may have learned from {met}. Recognition is how much higher "
            "it scores there. "
            "95 % intervals where they can be given."
        )
    )
    assert table.columns[1] == meant
    drawn = figure.spec["data"]["values"]
    assert [(each["group"], each["low"], each["high"]) for each in drawn] == [
        (group, pytest.approx(low), pytest.approx(high))
        for group, (_, low, high) in zip(
            (meant, "folds at random") * 2, (first, mixed_first, second, mixed_second), strict=True
        )
    ]
    assert "ROC AUC (points, of 100)" in str(figure.spec)


def _interval_of(folds):
    return intervals.of_a_mean(
        folds, TARGET, FOLDS, score=lambda s, t: intervals.auc(s[:, 1], t == 1), kinds=intervals.auc_kinds, units=UNITS,
        reach=300 / 120, lowest=0, highest=100,
    )  # fmt: skip


def test_where_a_fold_at_random_failed_recognition_has_no_interval():
    data = made(Belonging(UNITS, by="customer"))
    rows, said = rows_of(data, repeats=1)
    found = comparison.compare(data, SIDES, rows, folds=FOLDS, repeats=1, metric=scoring.primary_metric("auto", data))
    kept = {key: row for key, row in rows.items() if not key.endswith("random01")}
    shown = at_random.evidence(found, data, SIDES, kept)
    assert (shown.estimates, shown.facts, shown.caveats) == ({}, {}, ())
    (table,) = shown.tables
    for line, family in zip(table.rows[:2], (FOREST, LOGISTIC), strict=True):
        mixed = [said[family.name, "random"][place] for place in (0, 2)]
        here, there = (np.mean([100 * intervals.auc(both[:, 1], TARGET[at] == 1) for both, at in each])
                       for each in (said[family.name, "fold"], mixed))  # fmt: skip
        assert (line[1], line[4], line[7]) == pytest.approx((here, there, there - here))
        assert line[8:] == (None, None)


def test_a_single_side_is_not_compared_with_another():
    data = made(Belonging(UNITS, by="customer"))
    rows, _ = rows_of(data, repeats=1)
    found = comparison.compare(data, SIDES, rows, folds=FOLDS, repeats=1, metric=scoring.primary_metric("auto", data))
    (table,) = at_random.evidence(found, data, SIDES[1:], rows).tables
    assert [line[0] for line in table.rows] == ["best plain model"]


def test_the_trials_at_random_search_as_those_of_the_folds_do():
    data = made(Belonging(UNITS, by="customer"))
    metric = scoring.primary_metric("auto", data)
    how = {"folds": FOLDS, "seed": 4, "metric": metric, "candidates": 7}
    plan = at_random.plan(data, SIDES[:1], search_rows=55, **how)
    kept = planning.trials(SIDES[:1], repeats=1, search_rows=55, **how)
    assert len(plan) == len(kept) == 2 * FOLDS
    for one, other in zip(plan, kept, strict=True):
        assert one.arguments | {"fold": None} == other.arguments | {"fold": None}
        assert one.arguments["fold"] == dataclasses.replace(other.arguments["fold"], at_random=True)
    assert {trial.arguments.get("search_rows") for trial in planned(data, search_rows=55)} == {55}


def test_where_the_trials_at_random_failed_the_answer_stands_and_says_so():
    data = made(Belonging(UNITS, by="customer"))
    rows, _ = rows_of(data, repeats=1)
    metric = scoring.primary_metric("auto", data)
    found = comparison.compare(data, SIDES, rows, folds=FOLDS, repeats=1, metric=metric)
    kept = {key: row for key, row in rows.items() if "random" not in key}
    shown = at_random.evidence(found, data, SIDES, kept)
    assert shown == at_random.Evidence(
        caveats=("how much of the scores is recognition cannot be said: too many trials on folds at random failed",)
    )


def test_in_time_the_rows_that_came_first_are_tested_at_random_only():
    times = np.arange(240)
    features = pd.DataFrame({"x": np.random.default_rng(0).normal(size=240)})
    target = np.arange(240) % 2
    data = Dataset(
        "made", features, target, "y", ("a", "b"), {"x": "number"}, "", belonging=Belonging(times=times, time="day")
    )
    metric = scoring.primary_metric("auto", data)
    plan = [
        *planning.trials(SIDES[1:], folds=3, repeats=2, seed=1, metric=metric, candidates=1),
        *at_random.plan(data, SIDES[1:], folds=3, seed=1, metric=metric, candidates=1),
    ]
    rows = {trial.key: run_here(trial, data, {}).row for trial in plan}
    found = comparison.compare(data, SIDES[1:], rows, folds=3, repeats=2, metric=metric)
    shown = at_random.evidence(found, data, SIDES[1:], rows)
    assert {row for trial in plan[-3:] for row in split(data, trial.arguments["fold"])[1]} == set(range(240))
    assert shown.tables[0].columns == (
        "", "for rows later in 'day'", "low", "high", "on folds at random", "low (random)", "high (random)", "recognition",
        "low (recognition)", "high (recognition)",
    )  # fmt: skip
    gap = shown.estimates["recognition"]
    assert gap.low < 0 < gap.high, "noise is not recognised"
    assert at_random.sentence(shown, data.belonging) is None


@pytest.mark.parametrize(
    ("belonging", "unseen"),
    [
        (Belonging(by="customer"), "new values of 'customer'"),
        (Belonging(time="day"), "rows later in 'day'"),
        (Belonging(by="customer", time="day"), "new values of 'customer' or rows later in 'day'"),
    ],
)
def test_the_sentence_says_by_how_much_and_for_whom(belonging, unseen):
    found = Evidence(
        estimates={"recognition": Estimate(12.34, 2.04, 22.64, "points")}, facts={"recognised": "the best clever model"}
    )
    assert at_random.sentence(found, belonging) == (
        "the usual folds at random would have shown the best clever model 12.3 points higher (95 % interval 2.0 to 22.6): that much "
        f"is recognition of rows seen before, and will be lost on {unseen}"
    )
    nothing = Evidence(estimates={"recognition": Estimate(12.34, 0.0, 24.68, "points")}, facts=found.facts)
    assert at_random.sentence(nothing, belonging) is None


def test_the_loader_tells_copies_from_what_the_user_says():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {f"c{i}": rng.normal(size=60) for i in range(4)} | {"who": np.arange(60) // 3, "y": np.arange(60) % 2}
    )
    table = pd.concat([table, table.iloc[:6]], ignore_index=True)
    data = check(pa.Table.from_pandas(table, preserve_index=False), "y", name="made", content=b"0", by="who")
    assert data.belonging.copies == 6
    assert len(np.unique(data.belonging.units)) == 20
    assert len(np.unique(data.belonging.copied)) == 60
    assert (data.belonging.at_random.units == data.belonging.copied).all()
    assert not data.belonging.at_random.is_declared
    assert (data.belonging.of(np.array([0, 60])).copied == data.belonging.copied[[0, 60]]).all()
    kept = dataclasses.replace(data.belonging, by="")
    assert not kept.is_declared


def _lab(name):
    if name == "quantum":
        from quantum.comparison import at_random as section
        from quantum.lab import LAB

        return LAB, section, {}
    if name == "edge":
        from edge.accuracy import at_random as section
        from edge.lab import LAB

        return LAB, section, {"metric": "roc_auc"}
    from interpretability.lab import LAB
    from interpretability.sides import at_random as section

    return LAB, section, {}


@pytest.mark.parametrize(
    ("name", "first", "label"),
    [
        ("quantum", "quantum", "the best quantum model"),
        ("edge", "logistic", "the best model"),
        ("interpretability", "forest", "the best black box"),
    ],
)
def test_every_lab_puts_both_answers_side_by_side(name, first, label):
    lab, section, more = _lab(name)
    told = dataclasses.replace(golden.table(), belonging=Belonging(np.arange(golden.N_ROWS) // 4, by="customer"))
    settings = lab.settings_type(folds=golden.FOLDS, repeats=golden.REPEATS, candidates=1, **more)
    context = lab.context(told, settings, seed=4)
    assert section in lab.sections()
    plan = section.plan(context)
    families = {(trial.arguments.get("family") or trial.arguments["blend"]).name for trial in plan}
    assert first in families
    assert {trial.key for trial in plan} == {
        f"{each}-random{fold:02d}" for each in families for fold in range(golden.FOLDS)
    }
    assert not section.plan(lab.context(golden.table(), settings, seed=4)), "nobody said what belongs together"
    kept, mixed = golden.said("kept", 0.2), golden.said("mixed", 2.0)[: golden.FOLDS]
    rows = {}
    for each in families:
        rows |= golden.fold_rows(each, kept, [0.5] * 6)
        at_random_rows = golden.fold_rows(each, mixed, [0.5] * 3)
        rows |= {key.replace("-fold", "-random"): row for key, row in at_random_rows.items()}
    found = section.evidence(context, rows)
    here, there = (np.mean([100 * golden.auc_of(said, rows % 2) for said, rows in folds]) for folds in (kept, mixed))
    assert found.estimates["recognition"].value == pytest.approx(there - here)
    assert found.facts == {"recognised": label}
    assert at_random.sentence(found, told.belonging).startswith("the usual folds at random would have shown")


def test_a_readable_verdict_alone_asks_for_no_folds_at_random():
    lab, section, _ = _lab("interpretability")
    told = dataclasses.replace(golden.table(), belonging=Belonging(np.arange(golden.N_ROWS) // 4, by="customer"))
    context = lab.context(told, lab.settings_type(folds=3, depth="verdict"), seed=4)
    assert section.plan(context) == []
    assert section.evidence(context, {}) == at_random.Evidence()
