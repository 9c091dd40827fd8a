"""Rows of whole weights are scored as the same rows repeated, models learn by weights, and intervals cover what surveys ask."""

import contextlib
import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, get_scorer_names, roc_auc_score

from interpretability.models import classifiers, regressors
from lab import stats
from lab.belonging import Belonging
from lab.data.frames import from_arrays
from lab.errors import SettingsError
from lab.learning.comparison import Comparison, Scores
from lab.learning.counted import counted_by_stratum, counted_units
from lab.learning.families import CONSTANT, LOGISTIC
from lab.learning.fitting import fit_together, takes_weights, unweighted
from lab.learning.folds import Fold
from lab.learning.influence import added_alone, auc_placements, parts
from lab.learning.outer import FoldRow, score_fold
from lab.learning.scoring import Metric, primary_metric, score_said, scored_beside
from lab.learning.shortage import effective_units, shortage

N = 90
RNG = np.random.default_rng(4)
TIMES = RNG.integers(1, 5, N)
AGAIN = np.repeat(np.arange(N), TIMES)
CLASSES = RNG.integers(0, 3, N)
SAID = RNG.dirichlet(np.ones(3), N).round(2) + 0.01
SAID /= SAID.sum(axis=1, keepdims=True)
NUMBERS = RNG.normal(size=N)
FORETOLD = NUMBERS + RNG.normal(size=N)
OF_TWO = (CLASSES > 0).astype(np.int64)
SAID_OF_TWO = np.column_stack([SAID[:, 0], 1 - SAID[:, 0]])
CASES = [
    *((name, SAID_OF_TWO, OF_TWO) for name in ("roc_auc", "accuracy", "balanced_accuracy", "neg_log_loss", "f1")),
    *((name, SAID, CLASSES) for name in ("roc_auc_ovr", "accuracy", "balanced_accuracy", "neg_log_loss")),
    *((name, FORETOLD, NUMBERS) for name in ("r2", "neg_mean_absolute_error", "neg_mean_squared_error")),
]


@pytest.mark.parametrize(("scorer", "said", "target"), CASES)
def test_whole_weights_score_as_repeated_rows(scorer, said, target):
    assert score_said(scorer, said, target, TIMES) == pytest.approx(score_said(scorer, said[AGAIN], target[AGAIN]))


@pytest.mark.parametrize(
    ("said", "target", "n"), [(SAID_OF_TWO, OF_TWO, 2), (SAID, CLASSES, 3), (FORETOLD, NUMBERS, 0)]
)
def test_the_usual_metrics_count_weights_too(said, target, n):
    found, wanted = scored_beside(said, target, n, TIMES), scored_beside(said[AGAIN], target[AGAIN], n)
    for name, value in wanted.items():
        if name != "calibration error":  # its bins hold equal numbers of rows, which are others once rows are repeated
            assert found[name] == pytest.approx(value), name


def test_calibration_is_weighed_inside_the_bins():
    sure = np.array([[0.4, 0.6]] * 10 + [[0.1, 0.9]] * 10)
    truth = np.array([1] * 5 + [0] * 5 + [1] * 9 + [0])
    weights = np.array([3.0] * 5 + [1.0] * 5 + [1.0] * 10)
    found = scored_beside(sure, truth, 2, weights)["calibration error"]
    share = (abs(15 - 0.6 * 20) + abs(9 - 0.9 * 10)) / 30
    binned = np.array_split(np.argsort(sure.max(axis=1), kind="stable"), 10)
    by_hand = sum(abs(np.sum(weights[b] * (sure[b, 1] - truth[b]))) for b in binned) / 30
    assert found == pytest.approx(by_hand)
    assert found >= share - 1e-12, "bins that are finer than this cannot be better calibrated"


@pytest.mark.parametrize(("scorer", "said", "target"), [case for case in CASES if case[0] != "f1"])
def test_what_a_row_of_weight_k_adds_is_what_its_k_copies_add_together(scorer, said, target):
    one = added_alone(parts(scorer, said, target, TIMES), N, TIMES.astype(float))
    copies = added_alone(parts(scorer, said[AGAIN], target[AGAIN]), len(AGAIN))
    together = np.array([np.bincount(AGAIN, np.nan_to_num(part)) for part in copies])
    np.testing.assert_allclose(np.nan_to_num(one), together, atol=1e-12)
    spread = stats.row_spread(one)
    assert spread.standard_error == pytest.approx(stats.row_spread(copies, units=AGAIN).standard_error)
    assert spread.degrees == pytest.approx(stats.row_spread(copies, units=AGAIN).degrees)


def test_placements_of_many_models_at_once_are_those_of_each():
    several = np.stack([SAID_OF_TWO[:, 1], NUMBERS])
    found = auc_placements(several, OF_TWO == 1, TIMES)
    for scores, placed in zip(several, found, strict=True):
        wanted = roc_auc_score(OF_TWO, scores, sample_weight=TIMES)
        for kind in (OF_TWO == 1, OF_TWO == 0):
            assert np.average(placed[kind], weights=TIMES[kind]) == pytest.approx(wanted)


def _compared(belonging, target, said, folds):
    metric = Metric("roc_auc", "ROC AUC", "points", 100.0)
    rows = []
    for test in folds:
        weights = None if belonging.weights is None else belonging.weights[test]
        score = score_said("roc_auc", said[test], target[test], weights)
        rows.append(FoldRow(score, said[test], {}, test_rows=test, parameters={}))
    scores = Scores("a", "a", np.array([100 * row.score for row in rows]), tuple(rows))
    return Comparison(metric, len(folds), target, {"a": scores}, {}, {}, belonging), scores


def test_a_mean_over_folds_has_the_interval_of_repeated_rows_that_are_kept_together():
    order = np.random.default_rng(0).permutation(N)
    folds = [np.sort(order[place::3]) for place in range(3)]
    found, scores = _compared(Belonging(weights=TIMES / TIMES.mean(), weighted="w"), OF_TWO, SAID_OF_TWO, folds)
    again = [np.flatnonzero(np.isin(AGAIN, fold)) for fold in folds]
    wanted, repeated = _compared(Belonging(units=AGAIN), OF_TWO[AGAIN], SAID_OF_TWO[AGAIN], again)
    one, other = found.mean(scores), wanted.mean(repeated)
    assert one.value == pytest.approx(other.value)
    spread = found._spread_of_rows(scores)  # the floor of three units is Kish's number here, and that of units there
    assert spread.standard_error == pytest.approx(wanted._spread_of_rows(repeated).standard_error)


def test_unequal_weights_count_for_fewer_rows():
    few = np.array([9.0, 1.0, 1.0, 1.0])
    assert counted_units(Belonging(weights=few), 4) == pytest.approx(144 / 84)
    assert counted_units(Belonging(weights=np.ones(4), units=np.array([0, 0, 1, 1])), 4) == 2
    assert counted_units(Belonging(), 4) == 4
    codes = np.array([0, 0, 1, 1])
    assert counted_by_stratum(codes, Belonging(weights=few), 2) == pytest.approx([100 / 82, 2])
    assert counted_by_stratum(codes, Belonging(), 2).tolist() == [2, 2]


def _table(target, weights=None, **features):
    columns = pd.DataFrame(features or {"a": RNG.normal(size=len(target)), "b": RNG.normal(size=len(target))})
    dataset = from_arrays("made", columns, np.asarray(target), independent=True)
    if weights is None:
        return dataset
    counted = dataclasses.replace(dataset.belonging, weights=weights / weights.mean(), weighted="w")
    return dataclasses.replace(dataset, belonging=counted)


def test_a_class_of_a_few_heavy_rows_is_too_small_for_an_interval():
    target = np.array([0] * 60 + [1] * 30)
    even = _table(target, np.ones(90))
    heavy = _table(target, np.where(np.arange(90) == 70, 500.0, 1.0))
    assert shortage(even) is None
    assert "'w' leave the rarest class no more than 1 row" in shortage(heavy).sentence


def test_the_spread_of_a_number_rests_on_few_rows_where_few_are_heavy():
    target = np.random.default_rng(1).normal(size=200)
    alike = effective_units(_table(target, np.ones(200)))
    assert alike == pytest.approx(effective_units(_table(target)))
    assert effective_units(_table(target, np.where(np.arange(200) < 3, 300.0, 1.0))) < 0.5 * alike


FEATURES = pd.DataFrame(
    {
        "a": RNG.normal(size=N),
        "b": RNG.normal(size=N),
        "c": pd.Series(RNG.choice(["x", "y"], N), dtype=object),
    }
)
UNSEEN = FEATURES.assign(a=RNG.normal(size=N), b=RNG.normal(size=N))
HEAVY = np.where(OF_TWO == 1, 8.0, 1.0)
TAKE_NONE = {"scorecard", "figs"}
OF_CLASSES = (*classifiers.glass(2, 3).families, *classifiers.black().families, CONSTANT)
OF_NUMBERS = (*regressors.glass(3).families, *regressors.black().families, regressors.CONSTANT)
BOTH = [*((family, OF_TWO, HEAVY) for family in OF_CLASSES)]
BOTH += [(family, NUMBERS, np.where(NUMBERS > 0, 8.0, 1.0)) for family in OF_NUMBERS]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("family", "target", "weights"), BOTH, ids=lambda value: getattr(value, "name", ""))
def test_every_family_but_those_that_are_named_leans_to_heavy_rows(family, target, weights):
    def mean(belonging):
        model = family.build(FEATURES, 0)
        names = model.get_params()
        few = {"max_iter": 30, "n_estimators": 10, "iterations": 20, "outer_bags": 1, "max_rounds": 60}
        few["min_samples_leaf"] = 10  # a leaf of one row has its label whatever it weighs
        model.set_params(**{f"model__{name}": n for name, n in few.items() if f"model__{name}" in names})
        fit_together(model, FEATURES, target, belonging, seed=0)
        said = model.predict_proba(UNSEEN)[:, 1] if hasattr(model, "classes_") else model.predict(UNSEEN)
        return float(np.mean(said))

    plain, leaned = mean(Belonging()), mean(Belonging(weights=weights / weights.mean()))
    if family.name in TAKE_NONE:
        assert not takes_weights(family.build(FEATURES, 0))
        assert leaned == plain
    else:
        assert leaned > plain + 0.02


def test_families_that_take_none_are_named_where_rows_have_weights():
    families = classifiers.glass(2, 3).families
    said = unweighted(families, _table(OF_TWO, HEAVY), seed=0)
    assert "points scorecard" in said
    assert "logistic" not in said
    assert unweighted(families, _table(OF_TWO), seed=0) == ""
    assert unweighted((LOGISTIC,), _table(OF_TWO, HEAVY), seed=0) == ""


def test_a_fold_is_scored_by_the_weights_of_its_test_rows():
    dataset = _table(OF_TWO, TIMES, a=NUMBERS + OF_TWO, b=FORETOLD)
    row = score_fold(dataset, seed=0, family=LOGISTIC, fold=Fold(3, 1, 0, 0), scorer="average_precision", candidates=2)
    weights, truth = TIMES[row.test_rows], OF_TWO[row.test_rows]
    assert row.score == pytest.approx(average_precision_score(truth, row.predictions[:, 1], sample_weight=weights))
    inner = row.inner
    unlike = [average_precision_score(OF_TWO[inner.rows[part]], inner.said[part]) for part in inner.folds[1:]]
    alike = [
        average_precision_score(OF_TWO[rows], said, sample_weight=TIMES[rows])
        for rows, said in ((inner.rows[part], inner.said[part]) for part in inner.folds[1:])
    ]
    assert row.inner_score == pytest.approx(np.mean(alike), abs=1e-6)
    assert abs(np.mean(unlike) - np.mean(alike)) > 1e-4


def test_every_metric_that_can_be_chosen_takes_weights():
    known = 0
    for dataset, said in ((_table(OF_TWO), SAID_OF_TWO), (_table(np.abs(NUMBERS) + 1), np.abs(FORETOLD) + 1)):
        for name in set(get_scorer_names()) - {"top_k_accuracy"}:  # of two classes all are among the first two
            with contextlib.suppress(SettingsError):
                primary_metric(name, dataset)
                assert score_said(name, said, dataset.target, TIMES) != score_said(name, said, dataset.target), name
                known += 1
    assert known > 20


@pytest.mark.slow
@pytest.mark.parametrize("scorer", ["accuracy", "roc_auc", "r2"])
def test_an_interval_of_a_survey_covers_the_population(scorer):
    rng = np.random.default_rng(7)
    size = 200_000
    x, noise = rng.normal(size=size), rng.normal(size=size)
    number = x + noise * (1 + (x > 0))
    target = number if scorer == "r2" else (number > 0).astype(np.int64)
    chance = 1 / (1 + np.exp(-x))
    said = x if scorer == "r2" else np.column_stack([1 - chance, chance])
    truth = score_said(scorer, said, target)
    asked = np.where(x > 0, 0.1, 1.0)  # how likely a person is asked; the weights undo it
    covered, naive, runs = 0, 0, 400
    for _ in range(runs):
        drawn = rng.choice(size, 500, p=asked / asked.sum())
        for weights, is_weighed in ((1 / asked[drawn], True), (None, False)):
            score = score_said(scorer, said[drawn], target[drawn], weights)
            adds = added_alone(parts(scorer, said[drawn], target[drawn], weights), 500, weights)
            half = stats.row_spread(adds).half_width()
            covered += is_weighed and abs(score - truth) <= half
            naive += not is_weighed and abs(score - truth) <= half
    assert 0.91 <= covered / runs <= 0.99
    assert naive / runs < 0.9, "the sample is not like the population: without weights the score is another one"
