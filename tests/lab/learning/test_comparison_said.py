"""What a comparison plans, shows and says is worked out by hand from the rows of its folds."""

import dataclasses

import numpy as np
import pytest
from oracles import intervals
from samples import golden
from samples.golden import FOLDS, N_ROWS, REPEATS, auc_of, three

from lab.belonging import Belonging
from lab.errors import TrialsFailedError
from lab.learning.comparison import Group, compare
from lab.learning.families import LOGISTIC
from lab.learning.planning import trials
from lab.learning.scoring import BESIDE, Metric

DATA = golden.table()
AUC = Metric("roc_auc", "ROC AUC", "points", 100.0)
LOSS = Metric("neg_log_loss", "log loss (negative)", "", 1.0)
A, B, C, D = (dataclasses.replace(LOGISTIC, name=name, label=f"model {name}") for name in "abcd")
GROUPS = (Group("ab", "pair", (A, B)), Group("c", "single", (C,)), Group("d", "extra", (D,), is_side=False))
INNER = {"a": [0.9, 0.1, 0.5, 0.9, 0.1, 0.1], "b": [0.5] * 6, "c": [None] * 6, "d": [None] * 6}
FOLDED = {name: golden.said(name, strength) for name, strength in zip("abcd", (0.4, 1.0, 0.2, 2.0), strict=True)}


def made_rows(**more):
    rows = {}
    for name, folds in FOLDED.items():
        rows |= golden.fold_rows(name, folds, INNER[name], **more)
    return rows


def compared(rows, *, groups=GROUPS, metric=AUC, folds=FOLDS, repeats=REPEATS):
    return compare(DATA, groups, rows, folds=folds, repeats=repeats, metric=metric)


@pytest.fixture(scope="module")
def found():
    return compared(made_rows())


def points(folds):
    return [100 * auc_of(chances, rows % 2) for chances, rows in folds]


def mean(folds):
    return intervals.of_a_mean(
        folds, DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds, reach=300 / N_ROWS, lowest=0, highest=100
    )


BEST = [FOLDED["ab"[inner < 0.5]][fold] for fold, inner in enumerate(INNER["a"])]  # of equals the first: fold 2


def test_of_equals_the_first_stands_for_its_group(found):
    assert found.best["ab"].chosen == tuple(f"model {'ab'[inner < 0.5]}" for inner in INNER["a"])
    assert found.best["ab"].values == pytest.approx(points(BEST))
    assert (found.best["ab"].label, found.best["ab"].group) == ("best pair", "pair")
    assert found.best["c"].chosen == ("model c",) * 6
    assert set(found.best) == {"ab", "c"}
    assert list(found.families) == ["a", "b", "c", "d"]
    assert (found.n_rows, found.test_fraction) == (N_ROWS, pytest.approx(1 / FOLDS))


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_a_difference_its_regions_and_what_it_could_detect(found, confidence):
    one, other = found.best["ab"], found.best["c"]
    spread = intervals.repeated(BEST, FOLDED["c"], DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds)
    expected = intervals.interval(*spread, confidence=confidence, reach=300 / N_ROWS)
    estimate = found.difference(one, other, confidence=confidence)
    assert three(estimate) == pytest.approx(expected)
    assert (estimate.unit, estimate.confidence) == ("points", confidence)
    regions = found.regions(one, other, 3.0)
    assert (regions.worse, regions.equal, regions.better) == pytest.approx(intervals.regions(*spread, 3.0))
    assert found.detectable(one, other) == pytest.approx(intervals.detectable(*spread[1:]))


def test_chances_are_as_wide_as_the_interval_where_all_folds_agree(found):
    """The rule of three makes the interval: a fortieth lies beyond each of its ends."""
    one = found.best["ab"]
    end = 300 / N_ROWS
    assert three(found.difference(one, one)) == pytest.approx((0.0, -end, end))
    regions = found.regions(one, one, end)
    assert (regions.worse, regions.equal, regions.better) == pytest.approx((0.025, 0.95, 0.025))


def test_rows_that_belong_together_count_once_in_the_difference(found):
    units = np.arange(N_ROWS) // 4
    grouped = dataclasses.replace(found, belonging=Belonging(units=units, by="k"))
    by_hand = intervals.repeated(
        BEST, FOLDED["c"], DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds, units=units
    )
    expected = intervals.interval(*by_hand, reach=300 / len(set(units)))
    assert three(grouped.difference(found.best["ab"], found.best["c"])) == pytest.approx(expected)


@pytest.mark.parametrize(("lost", "repeats"), [(("c-fold01", "c-fold02", "c-fold04"), 2), (("c-fold03",), 2), ((), 3)])
def test_where_a_fold_is_missing_the_folds_that_are_left_make_the_difference(lost, repeats):
    """Also where as many are left as two whole repetitions have: the third of three was never finished."""
    found = compared({key: row for key, row in made_rows().items() if key not in lost}, repeats=repeats)
    left = [fold for fold in range(6) if f"c-fold{fold:02d}" not in lost]
    differences = np.array([points(BEST)[fold] - points(FOLDED["c"])[fold] for fold in left])
    expected = intervals.interval(
        *intervals.corrected(differences, FOLDS), reach=300 / N_ROWS, lowest=-100, highest=100
    )
    assert three(found.difference(found.best["ab"], found.best["c"])) == pytest.approx(expected)


def test_one_repetition_has_the_spread_of_its_rows_and_folds():
    found = compared(made_rows(), repeats=1)
    by_hand = intervals.repeated(
        BEST[:FOLDS], FOLDED["c"][:FOLDS], DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds
    )
    expected = intervals.interval(*by_hand, reach=300 / N_ROWS)
    assert three(found.difference(found.best["ab"], found.best["c"])) == pytest.approx(expected)


def test_a_metric_without_points_has_no_rule_of_three_and_no_ends():
    rows = {key: dataclasses.replace(row, score=0.7) for key, row in made_rows().items()}
    rows["c-fold00"] = dataclasses.replace(rows["c-fold00"], score=0.9)
    del rows["c-fold02"]
    found = compared(rows, metric=LOSS, repeats=1)
    expected = intervals.interval(*intervals.corrected([-0.2, 0], FOLDS))
    assert three(found.difference(found.best["ab"], found.best["c"])) == pytest.approx(expected)
    assert three(found.mean(found.best["c"])) == pytest.approx(
        intervals.interval(*intervals.corrected([0.9, 0.7], FOLDS))
    )
    assert found.figure("t", "c").spec["layer"][0]["encoding"]["x"]["title"] == "log loss (negative)"


@pytest.mark.parametrize(("lowest", "ends"), [(0.0, (-100, 100)), (-100.0, (-200, 200)), (-np.inf, None)])
def test_a_difference_ends_where_two_scores_of_its_metric_do(lowest, ends):
    rows = made_rows()
    for fold, (low, high) in enumerate([(0.0, 0.9), (0.7, 0.1)]):
        rows[f"c-fold{fold:02d}"] = dataclasses.replace(rows[f"c-fold{fold:02d}"], score=low)
        rows[f"d-fold{fold:02d}"] = dataclasses.replace(rows[f"d-fold{fold:02d}"], score=high)
    del rows["c-fold02"]
    found = compared(rows, repeats=1, metric=dataclasses.replace(AUC, lowest=lowest))
    whole = intervals.interval(*intervals.corrected([90, -60], FOLDS))
    estimate = found.difference(found.families["d"], found.families["c"])
    assert (estimate.low, estimate.high) == pytest.approx(ends or whole[1:])


def test_a_mean_ends_where_its_metric_does():
    rows = made_rows()
    for fold, (low, high) in enumerate(zip((0.0, 0.3, 0.0), (1.0, 0.7, 1.0), strict=True)):
        rows[f"c-fold{fold:02d}"] = dataclasses.replace(rows[f"c-fold{fold:02d}"], score=low)
        rows[f"d-fold{fold:02d}"] = dataclasses.replace(rows[f"d-fold{fold:02d}"], score=high)
    found = compared(rows, repeats=1)
    assert (found.mean(found.families["c"]).low, found.mean(found.families["d"]).high) == (0.0, 100.0)
    del rows["d-fold01"]
    assert found.mean(compared(rows, repeats=1).families["d"]).value == pytest.approx(100.0), (
        "of the folds that are there"
    )


def test_the_picture_shows_all_the_best_first_without_those_that_are_left_out(found):
    expected = {f"model {name}": mean(FOLDED[name]) for name in "abcd"} | {"best pair": mean(BEST)}
    figure = found.figure("a title", "a caption")
    values = figure.spec["data"]["values"]
    floor = "An interval of 6.2 points to either side (3 of 48 rows) is a floor, not a measurement."  # 300 / 48
    assert (figure.title, figure.caption) == ("a title", f"a caption {floor}")
    assert [value["label"] for value in values] == sorted(expected, key=lambda label: -expected[label][0])
    for value in values:
        assert (value["value"], value["low"], value["high"]) == pytest.approx(expected[value["label"]])
    encoding = figure.spec["layer"][0]["encoding"]
    assert encoding["x"]["title"] == "ROC AUC (points, of 100)"
    assert encoding["color"]["scale"]["domain"] == ["pair", "single", "extra"]
    left = found.figure("t", "c", without=("b", "d")).spec["data"]["values"]
    assert {value["label"] for value in left} == expected.keys() - {"model b", "model d"}


def test_the_table_holds_the_means_of_all_folds_the_best_first(found):
    table, rows = found.table(), made_rows()
    assert table.columns == ("model", "ROC AUC", "low", "high", *BESIDE["classes"], "folds")
    lines = {line[0]: line[1:] for line in table.rows}
    assert list(lines.values()) == sorted(lines.values(), key=lambda line: -line[0])
    assert lines.keys() == {"best pair", *(f"model {name}" for name in "abcd")}
    for name in "abcd":
        beside = [
            np.mean([rows[f"{name}-fold{fold:02d}"].beside[key] for fold in range(6)]) for key in BESIDE["classes"]
        ]
        assert lines[f"model {name}"] == pytest.approx((*mean(FOLDED[name]), *beside, 6))


def test_a_failed_fold_is_in_no_mean_of_the_table():
    rows = made_rows()
    del rows["d-fold05"]
    line = next(line for line in compared(rows).table().rows if line[0] == "model d")
    kept = [rows[f"d-fold{fold:02d}"].beside["Brier"] for fold in range(5)]
    assert line[-1] == 5
    assert dict(zip(BESIDE["classes"], line[4:-1], strict=True))["Brier"] == pytest.approx(np.mean(kept))


def test_choices_are_counted_where_there_was_one(found):
    table = found.choices()
    assert table.columns == ("group", "model", "folds")
    assert sorted(table.rows) == [("best pair", "model a", 3), ("best pair", "model b", 3)]


def test_a_side_whose_family_is_always_the_same_is_not_shown_twice():
    rows = {
        key: dataclasses.replace(row, inner_score=0.9 if key[0] == "a" else 0.1) for key, row in made_rows().items()
    }
    found = compared(rows)
    assert {line[0] for line in found.table().rows} == {f"model {name}" for name in "abcd"}
    assert found.choices().rows == ()


def test_calibration_is_that_of_the_best_of_each_side_where_they_have_rows():
    rows = made_rows()
    del rows["c-fold02"]
    values = compared(rows).calibration(DATA.target, DATA.classes).spec["data"]["values"]
    for label, folds in (("best pair", BEST), ("best single", [f for n, f in enumerate(FOLDED["c"]) if n != 2])):
        chances = np.concatenate([each[:, 1] for each, _ in folds])
        truth = np.concatenate([places % 2 for _, places in folds])
        parts = np.array_split(np.argsort(chances, kind="stable"), 10)
        drawn = [(value["x"], value["y"]) for value in values if value["series"] == label]
        assert np.array(drawn) == pytest.approx(np.array([(chances[p].mean(), truth[p].mean()) for p in parts]))


def test_fits_that_stopped_early_are_added_up_and_small_folds_are_named():
    plain = compared(made_rows()).caveats()
    assert plain == ("some test folds have fewer than 30 rows, so that single rows affect the scores",)
    stopped = compared(made_rows(unconverged=2)).caveats()
    assert stopped == ("48 fits stopped at their iteration limit before converging", *plain)
    rows = made_rows()
    one = dataclasses.replace(rows["d-fold03"], unconverged=1)
    assert "1 fits stopped" in compared(rows | {"d-fold03": one}).caveats()[0]
    large = {key: dataclasses.replace(row, test_rows=np.arange(30)) for key, row in rows.items()}
    assert compared(large).caveats() == ()
    assert (
        compared(large | {"a-fold01": dataclasses.replace(large["a-fold01"], test_rows=np.arange(29))}).caveats()
        == plain
    )


def test_a_side_and_a_family_need_two_folds():
    rows = made_rows()
    kept = {key: row for key, row in rows.items() if key[0] != "d" or key == "d-fold00"}
    assert list(compared(kept).families) == ["a", "b", "c"]
    two = {key: row for key, row in rows.items() if key[0] != "d" or key in ("d-fold00", "d-fold04")}
    assert list(compared(two).families) == ["a", "b", "c", "d"]
    without = {key: row for key, row in rows.items() if key[0] != "c" or key == "c-fold00"}
    with pytest.raises(TrialsFailedError, match=r"only 1 fold\(s\)"):
        compared(without)


@pytest.mark.parametrize(("search_rows", "more"), [(None, {}), (500, {"search_rows": 500})])
def test_a_plan_goes_fold_by_fold_with_the_same_search_for_all(search_rows, more):
    plan = trials(GROUPS, folds=2, repeats=2, seed=7, metric=AUC, candidates=3, search_rows=search_rows)
    assert [trial.key for trial in plan] == [f"{name}-fold{fold:02d}" for fold in range(4) for name in "abcd"]
    for place, trial in enumerate(plan):
        assert trial.arguments == {
            "family": (A, B, C, D)[place % 4], "fold": trial.arguments["fold"], "scorer": "roc_auc", "candidates": 3, **more,
        }  # fmt: skip
        fold = trial.arguments["fold"]
        assert (fold.folds, fold.repeats, fold.seed, fold.index) == (2, 2, 7, place // 4)
        assert (trial.kind, trial.cost) == ("abcd"[place % 4], 3.0)
    unsearched = trials(GROUPS[:1], folds=2, repeats=1, seed=7, metric=AUC, candidates=0)
    assert {trial.cost for trial in unsearched} == {1.0}
