"""From hand-made rows to every number of the interpretability verdict: what the oracle works out is what the record says."""

import dataclasses

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    FOLDS,
    N_ROWS,
    NORTH,
    REPEATS,
    auc_adds_of,
    auc_of,
    best_of,
    fold_rows,
    parts,
    said,
    table,
    three,
)
from samples.wiring import INTERPRETABILITY_ESTIMATES, INTERPRETABILITY_FACTS
from scipy.stats import norm

from interpretability.follow_up.editing import Edited
from interpretability.follow_up.explaining import Explained
from interpretability.follow_up.privacy import Private
from interpretability.follow_up.speed import Speed, Speeds
from interpretability.follow_up.stress import Stressed
from interpretability.lab import LAB
from interpretability.reading.read import ModelFile, Reading
from interpretability.settings import Settings
from interpretability.sides import finalists
from interpretability.sides.finalists import choose_finalists
from lab import sections
from lab.learning.families import Family
from lab.learning.outer import FoldRow
from lab.learning.scoring import BESIDE
from lab.work.rows import typed
from lab.work.storage import through_storage

Z = norm.ppf(0.975)
SETTINGS = Settings(folds=FOLDS, repeats=REPEATS, margin=0.03, groups="region", privacy=(4.0, 0.5))
DATA = table()
INNER = {
    "logistic": [0.6, 0.6, 0.9, 0.6, 0.6, 0.6],
    "ebm": [0.7, 0.7, 0.7, 0.8, 0.8, 0.8],
    "forest": [0.8, 0.5, 0.5, 0.8, 0.8, 0.8],
    "boosting": [0.7, 0.7, 0.7, 0.6, 0.6, 0.6],
}
STRENGTH = {"logistic": 0.0, "ebm": 0.1, "forest": 3.0, "boosting": 2.6, "tree-2": 0.05, "tree-4": 1.7}
PARTS = {"logistic": 3, "ebm": 90, "tree-2": 2, "tree-4": 4}
LABELS = {"logistic": "logistic regression", "ebm": "explainable boosting machine", "tree-2": "tree of 2 leaves",
          "tree-4": "tree of 4 leaves"}  # fmt: skip
FOLDED = {name: said(name, strength) for name, strength in STRENGTH.items()}
BLACK, _ = best_of({name: FOLDED[name] for name in ("forest", "boosting")}, INNER)
GLASS, TAKEN = best_of({name: FOLDED[name] for name in ("logistic", "ebm")}, INNER)
REACH = 300 / N_ROWS
SCENARIOS = {
    "as it is": [0.9, 0.8, 0.85],
    "10% of the cells missing": [0.8, 0.75, 0.84],
    "its strongest column lost": [0.5, 0.6, 0.7],
}


@pytest.fixture(scope="module")
def rows():
    found = {}
    for name, folds in FOLDED.items():
        more = {"complexity": PARTS[name]} if name in PARTS else {}
        found |= fold_rows(name, folds, INNER.get(name, [None] * 6), **more)
    for place, side in enumerate(("glass", "black")):
        scores = {name: tuple(score - 0.1 * place for score in values) for name, values in SCENARIOS.items()}
        attack = (0.5 + 0.2 * place, 0.6 + 0.2 * place, 0.55 + 0.2 * place)
        found[f"stress-{side}"] = Stressed(side, scores, attack, ("age",), "age")
    found["private-00"], found["private-01"] = Private((0.8, 0.7, 0.75)), Private((0.6, 0.55, 0.5))
    found["edit"] = Edited({"as it is": (0.9, 0.8, 0.85), "'age' made flat": (0.6, 0.7, 0.5)})
    times = {"one_ms": (0.9, 0.1, 0.4, 0.3, 0.2), "batch_us": (19.0, 7.0, 8.0, 5.0, 6.0), "bytes": 12_300}
    found["speed"] = Speeds({side: Speed(side, **times) for side in ("glass", "black")})
    export = ModelFile(np.zeros(12_345, np.uint8), rows=250, difference=2e-7)
    found["read"] = Reading("ebm", "explainable boosting machine", export=export)
    found["explain"] = Explained((), (), ("a note of the explanation",))
    return found


def summarised(settings, rows, data=DATA):
    return sections.summarise(LAB, LAB.context(data, settings, seed=11), rows)


@pytest.fixture(scope="module")
def evidence(rows):
    pytest.importorskip("fairlearn")
    return summarised(SETTINGS, rows)


def against(one, other):
    return intervals.repeated(one, other, DATA.target, FOLDS, score=auc_of, adds=auc_adds_of)


def mean(folds):
    scores = [100 * auc_of(chances, rows % 2) for chances, rows in folds]
    return intervals.interval(*intervals.corrected(scores, FOLDS), lowest=0, highest=100)


def loss_of(folds):
    return intervals.interval(*against(BLACK, folds), reach=REACH)


def test_every_estimate_of_the_interpretability_lab_is_the_oracles(evidence):
    expected = {"loss": loss_of(GLASS), "glass": mean(GLASS), "black": mean(BLACK)}
    assert evidence.estimates.keys() == expected.keys() == INTERPRETABILITY_ESTIMATES
    for name, numbers in expected.items():
        assert three(evidence.estimates[name]) == pytest.approx(numbers, rel=1e-9), name
        assert (evidence.estimates[name].unit, evidence.estimates[name].confidence) == ("points", 0.95)


def test_every_fact_of_the_interpretability_lab_is_the_oracles(evidence):
    value, error, degrees = against(BLACK, GLASS)
    gains, equal, costs = intervals.regions(value, error, degrees, 3.0)
    smallest = intervals.detectable(error, degrees)
    expected = {
        "metric": "ROC AUC", "margin": 3.0, "n_rows": N_ROWS, "table_rows": N_ROWS,
        "readable": LABELS[max(set(TAKEN), key=TAKEN.count)],
        "simplest": None, "detectable": smallest,
        "rows_to_settle": intervals.rows_to_settle(value, 3.0, N_ROWS, smallest),
        "probability_costs": costs, "probability_equal": equal, "probability_gains": gains,
    }  # fmt: skip
    assert expected.keys() == INTERPRETABILITY_FACTS
    assert evidence.facts == pytest.approx(expected)


def test_the_interpretability_verdict_says_the_oracles_numbers(evidence):
    value, low, high = loss_of(GLASS)
    assert low > 3.0
    verdict = LAB.judge(evidence, SETTINGS)
    assert verdict.answer == "no"
    assert f"{value:.1f} points below the best black box in ROC AUC" in verdict.sentence
    assert f"(95 % interval {low:.1f} to {high:.1f} points below)" in verdict.sentence
    assert "more than the 3.0 points that would not matter" in verdict.sentence
    assert f"a margin above {low:.1f} points" in verdict.would_change


def test_the_other_side_of_the_interpretability_lab_wins_where_the_rows_are_exchanged(rows):
    swapped = dict(rows)
    for one, other in (("logistic", "forest"), ("ebm", "boosting")):
        for fold in range(6):
            keys = f"{one}-fold{fold:02d}", f"{other}-fold{fold:02d}"
            swapped[keys[0]] = dataclasses.replace(rows[keys[1]], complexity=PARTS[one])
            swapped[keys[1]] = rows[keys[0]]
    settings = dataclasses.replace(SETTINGS, groups=None)
    found = summarised(settings, swapped)
    value, low, high = intervals.interval(*against(GLASS, BLACK), reach=REACH)
    assert three(found.estimates["loss"]) == pytest.approx((value, low, high))
    assert found.facts["probability_gains"] > 0.9
    verdict = LAB.judge(found, settings)
    assert verdict.answer == "yes"
    assert f"{-value:.1f} points above the best black box" in verdict.sentence
    assert "a loss of 3.0 points would matter" in verdict.sentence


def test_in_between_the_sentence_says_how_many_rows_would_settle_it(rows):
    value, error, degrees = against(BLACK, GLASS)
    margin = round(value / 100 - 0.08, 2)
    settings = dataclasses.replace(SETTINGS, margin=margin, groups=None)
    found = summarised(settings, rows)
    needed = intervals.rows_to_settle(value, 100 * margin, N_ROWS, intervals.detectable(error, degrees))
    verdict = LAB.judge(found, settings)
    assert verdict.answer == "undecided"
    assert f"a loss of {100 * margin:.1f} points would matter, and about {needed:,} rows" in verdict.sentence


def titled(found, title):
    return next(each for each in (*found.tables, *found.figures) if each.title == title)


def test_the_prices_are_those_of_the_same_folds(evidence):
    lines = titled(evidence, "The price of readability").rows
    assert [line[0] for line in lines] == [LABELS[name] for name in ("tree-2", "logistic", "tree-4", "ebm")]
    best = -np.inf
    for line, name in zip(lines, ("tree-2", "logistic", "tree-4", "ebm"), strict=True):
        score = mean(FOLDED[name])[0]
        assert line[1:6] == pytest.approx((PARTS[name], score, *loss_of(FOLDED[name])))
        assert line[6] == ("yes" if score > best else "no")
        best = max(best, score)
    figure = next(each for each in evidence.figures if each.title == "The price of readability")
    assert f"best black box ({mean(BLACK)[0]:.1f} points), the dotted one lies 3.0 points below" in figure.caption


def test_the_simplest_model_within_the_margin_is_named(rows):
    reach = loss_of(FOLDED["tree-4"])[2]
    assert reach < min(loss_of(FOLDED[name])[2] for name in ("tree-2", "logistic", "ebm"))
    for margin, expected in ((reach + 0.5, LABELS["tree-4"]), (reach - 0.5, None)):
        settings = dataclasses.replace(SETTINGS, margin=margin / 100, groups=None)
        assert summarised(settings, rows).facts["simplest"] == expected


def test_the_finalists_are_those_taken_most_often_with_what_each_fold_found(rows):
    scored = {key: row for key, row in rows.items() if "-fold" in key}
    context = LAB.context(DATA, SETTINGS, seed=11)
    (planned,) = finalists.plan(context)
    assert set(scored) <= set(planned.needs)
    arguments = dict(planned.arguments) | {"inputs": scored}
    reach = loss_of(FOLDED["tree-4"])[2]
    found = choose_finalists(DATA, seed=11, **arguments | {"margin": (reach + 0.5) / 100})
    assert (found.glass, found.black, found.simplest) == ("ebm", "forest", "tree-4")
    assert found.parameters["forest"] == ({"depth": 0}, {"depth": 1}, {"depth": 2})
    narrow = choose_finalists(DATA, seed=11, **arguments | {"margin": (reach - 0.5) / 100})
    assert narrow.simplest is None


def test_what_follows_on_the_verdict_goes_through_the_folds_of_the_verdict():
    context = LAB.context(DATA, SETTINGS, seed=11)
    plan = sections.plan(LAB, context)
    folds = {trial.arguments["fold"] for trial in plan if "fold" in trial.arguments}
    assert {(fold.folds, fold.repeats, fold.seed) for fold in folds} == {(FOLDS, REPEATS, 11)}
    following = [trial.arguments for trial in plan if "fold_seed" in trial.arguments]
    assert len(following) == 7  # both finalists stressed, two private models, explained, edited, timed
    assert {(each["folds"], each["repeats"], each["fold_seed"]) for each in following} == {(FOLDS, REPEATS, 11)}


def test_worse_data_cost_what_the_same_folds_say(evidence):
    drawn = {value["label"]: value for value in titled(evidence, "What if the data get worse?").spec["data"]["values"]}
    assert len(drawn) == 4
    for scenario in list(SCENARIOS)[1:]:
        change = 100 * (np.array(SCENARIOS[scenario]) - SCENARIOS["as it is"])
        for side in ("readable model", "black box"):
            value = drawn[f"{scenario}: {side}"]
            expected = intervals.interval(*intervals.corrected(change, FOLDS))
            assert (value["value"], value["low"], value["high"]) == pytest.approx(expected)
    remembered = titled(evidence, "Does the model remember people?").rows
    for line, attack in zip(remembered, ([0.5, 0.6, 0.55], [0.7, 0.8, 0.75]), strict=True):
        assert line[1:] == pytest.approx(intervals.interval(*intervals.corrected(attack, FOLDS)))


def test_privacy_is_drawn_in_the_order_of_epsilon_beside_the_readable_finalist_on_the_same_folds(evidence):
    figure = titled(evidence, "What does privacy cost?")
    values = figure.spec["data"]["values"]
    plain = [100 * auc_of(chances, rows % 2) for chances, rows in GLASS[:FOLDS]]
    expected = {"epsilon 0.5": [60, 55, 50], "epsilon 4": [80, 70, 75], "without privacy": plain}
    assert [value["label"] for value in values] == list(expected)
    for value, scores in zip(values, expected.values(), strict=True):
        by_hand = intervals.interval(*intervals.corrected(scores, FOLDS))
        assert (value["value"], value["low"], value["high"]) == pytest.approx(by_hand)
    value, low, high = intervals.interval(*intervals.corrected([0.5, 0.6, 0.55], FOLDS))
    assert f"ROC AUC of {value:.2f} (95 % interval {low:.2f} to {high:.2f}; 0.5 is a guess)" in figure.caption


def test_an_edit_changes_the_score_by_the_paired_difference(evidence):
    (line,) = titled(evidence, "What does it cost to correct the model?").rows
    change = 100 * (np.array([0.6, 0.7, 0.5]) - [0.9, 0.8, 0.85])
    assert line[0] == "'age' made flat"
    assert line[1:] == pytest.approx(intervals.interval(*intervals.corrected(change, FOLDS)))


def test_times_are_medians_of_the_rounds_and_the_file_is_described(evidence):
    for line in titled(evidence, "How long does a prediction take?").rows:
        assert line[1:] == pytest.approx((0.3, 0.1, 0.9, 7.0, 12.3))
    lines = dict(titled(evidence, "The readable model as a file").rows)
    assert lines["bytes"] == "12,345"
    assert lines["largest difference in an answer over 250 rows"] == "2e-07"
    assert lines["input 'numbers'"] == "age, income"
    assert lines["input 'texts'"] == "region"
    assert "a note of the explanation" in evidence.caveats


def out_of_fold(folds):
    """Chances of the first repetition in the order of the table."""
    chances = np.empty(N_ROWS)
    for each, places in folds[:FOLDS]:
        chances[places] = each[:, 1]
    return chances


def test_groups_are_compared_on_the_first_repetition(evidence):
    lines = titled(evidence, "Does the model serve every group of 'region' equally well?").rows
    assert [line[:3] for line in lines] == [
        ("best readable model", "north", 26), ("best readable model", "south", 22),
        ("best black box", "north", 26), ("best black box", "south", 22),
    ]  # fmt: skip
    north = NORTH
    for line, folds, there in zip(lines, (GLASS, GLASS, BLACK, BLACK), (north, ~north, north, ~north), strict=True):
        chances, truth = out_of_fold(folds)[there], (np.arange(N_ROWS) % 2)[there]
        yes, positive, n = chances > 0.5, truth == 1, int(there.sum())
        area, adds = intervals.auc(chances, positive), intervals.auc_adds(chances, positive)
        half = Z * np.sqrt((adds**2).mean() / n)
        assert line[3:6] == pytest.approx((area, max(area - half, 0), min(area + half, 1)))
        assert line[6:9] == pytest.approx(intervals.share(int((yes & ~positive).sum()), int((~positive).sum())))
        assert line[9:12] == pytest.approx(intervals.share(int((~yes & positive).sum()), int(positive.sum())))
        gap = 100 * (chances - truth)
        reach = Z * gap.std(ddof=1) / np.sqrt(n)
        assert line[12:] == pytest.approx((gap.mean(), gap.mean() - reach, gap.mean() + reach))


def test_the_largest_gap_between_groups_is_drawn_with_a_bootstrap_inside_the_groups(evidence):
    drawn = {
        value["label"]: value
        for value in titled(evidence, "How far apart are the groups of 'region'?").spec["data"]["values"]
    }
    chances, truth = out_of_fold(GLASS), np.arange(N_ROWS) % 2
    yes = chances > 0.5
    rates = {
        "predicted positive": lambda rows: yes[rows].mean(),
        "false positives": lambda rows: yes[rows][truth[rows] == 0].mean(),
        "false negatives": lambda rows: (~yes[rows])[truth[rows] == 1].mean(),
    }
    groups = np.flatnonzero(NORTH), np.flatnonzero(~NORTH)
    rng = np.random.default_rng(77)
    for name, rate in rates.items():
        value = drawn[f"{name} - best readable model"]
        assert value["value"] == pytest.approx(100 * abs(rate(groups[0]) - rate(groups[1])))
        gaps = [100 * abs(rate(rng.choice(groups[0], 26)) - rate(rng.choice(groups[1], 22))) for _ in range(4_000)]
        expected = np.quantile(gaps, [0.025, 0.975])
        # steps of 1/22 and 1/11: neighbouring values of a bootstrap of so few rows, and its 2,000 draws
        assert [value["low"], value["high"]] == pytest.approx([min(expected[0], value["value"]), expected[1]], abs=2.0)


def test_a_number_is_judged_by_r2_in_points(rows):
    """The same wiring where the target is a number: R² in points, its influence, errors in the target's unit."""
    del rows
    data = table("number")
    rng = np.random.default_rng(3)
    noise = {name: scale * rng.normal(size=N_ROWS) for name, scale in (("linear", 6.0), ("forest", 2.0))}
    folds = {name: [(data.target[places] + own[places] + place // FOLDS * 0.1, places) for place, places in enumerate(parts())]
             for name, own in noise.items()}  # fmt: skip

    def r2(numbers, truth):
        return 1 - ((numbers - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()

    made = {
        f"{name}-fold{place:02d}": FoldRow(
            r2(numbers, data.target[places]), numbers, dict(zip(BESIDE["number"], (1.0, 2.0, 3.0), strict=True)),
            test_rows=places, parameters={}, inner_score=0.5, complexity=4,
        )
        for name, of in folds.items()
        for place, (numbers, places) in enumerate(of)
    }  # fmt: skip
    settings = dataclasses.replace(SETTINGS, privacy=())
    found = summarised(settings, made, data)
    compared = intervals.repeated(
        folds["forest"], folds["linear"], data.target, FOLDS, score=r2, adds=intervals.r2_adds
    )
    assert three(found.estimates["loss"]) == pytest.approx(intervals.interval(*compared))
    scores = [100 * r2(numbers, data.target[places]) for numbers, places in folds["linear"]]
    assert three(found.estimates["glass"]) == pytest.approx(
        intervals.interval(*intervals.corrected(scores, FOLDS), highest=100)
    )
    assert found.facts["metric"] == "R² (explained variance)"
    lines = {line[0]: line for line in titled(found, "All models").rows}
    assert lines["linear regression"][4:] == (1.0, 2.0, 3.0, 6)
    groups = titled(found, "Does the model serve every group of 'region' equally well?").rows
    north = NORTH
    predicted = np.empty(N_ROWS)
    for numbers, places in folds["linear"][:FOLDS]:
        predicted[places] = numbers
    for line, there in zip(groups, (north, ~north), strict=False):
        errors, truth = (predicted - data.target)[there], data.target[there]
        explained = r2(predicted[there], truth)
        half = Z * np.sqrt((intervals.r2_adds(predicted[there], truth) ** 2).mean() / there.sum())
        assert line[3:6] == pytest.approx((100 * explained, 100 * (explained - half), 100 * min(explained + half, 1)))
        for place, values in ((6, np.abs(errors)), (9, errors)):
            reach = Z * values.std(ddof=1) / np.sqrt(there.sum())
            assert line[place : place + 3] == pytest.approx(
                (values.mean(), values.mean() - reach, values.mean() + reach)
            )
    drawn = {
        value["label"]: value
        for value in titled(found, "How far apart are the groups of 'region'?").spec["data"]["values"]
    }
    errors = predicted - data.target
    gap = abs(errors[north].mean() - errors[~north].mean())
    assert drawn["mean error - best readable model"]["value"] == pytest.approx(gap)
    absolute = np.abs(errors)
    assert drawn["mean absolute error - best readable model"]["value"] == pytest.approx(
        abs(absolute[north].mean() - absolute[~north].mean())
    )


def test_what_was_said_is_drawn_against_what_happened_in_tenths_of_the_rows(evidence):
    figure = titled(evidence, "Are the probabilities calibrated?")
    for label, folds in (("best readable model", GLASS), ("best black box", BLACK)):
        chances = np.concatenate([said[:, 1] for said, _ in folds])
        truth = np.concatenate([places % 2 for _, places in folds])
        order = np.argsort(chances, kind="stable")
        bins = [(chances[part].mean(), truth[part].mean()) for part in np.array_split(order, 10)]
        drawn = [(value["x"], value["y"]) for value in figure.spec["data"]["values"] if value["series"] == label]
        assert np.array(drawn) == pytest.approx(np.array(bins))


def test_rows_that_were_stored_give_the_same_evidence(rows, evidence):
    stored = {key: typed(through_storage(row), type(row)) for key, row in rows.items()}
    again = summarised(SETTINGS, stored)
    assert (again.estimates, again.facts) == (evidence.estimates, evidence.facts)
    assert (again.figures, again.tables) == (evidence.figures, evidence.tables)


@pytest.mark.parametrize(("name", "full"), [("depth", "model__depth"), ("prepare__bins", "prepare__bins")])
def test_a_finalist_is_fitted_with_what_its_search_found_on_the_rows_it_is_given(name, full):
    calls = []

    class Model:
        def set_params(self, **given):
            calls.append(given)

        def fit(self, features, target):
            return features.index.tolist(), target.tolist()

    data, rows = table(), np.array([3, 4, 40])
    family = Family("made", "made", lambda features, seed: calls.append((len(features), seed)) or Model())
    fitted = finalists.fitted_on(family, data, rows, {name: [2, 3]}, 7)
    assert calls == [(3, 7), {full: (2, 3)}]
    assert fitted == (data.features.index[rows].tolist(), [1, 0, 0])
    assert finalists.fitted_on(family, data, rows, None, 7, np.array([5, 6, 7]))[1] == [5, 6, 7]
