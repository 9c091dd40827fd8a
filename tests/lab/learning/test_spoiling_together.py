"""With --by and --time, what a trial learns does not depend on the rows that it is tested on either, in all three labs."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from lab import sections
from lab.data.load import check
from lab.learning.families import BOOSTING, LOGISTIC, MLP, SVM
from lab.learning.folds import Fold, split
from lab.learning.outer import score_fold
from lab.protocol import Trial
from lab.registry import find
from lab.settings import make
from lab.spoiling import check_spoiling
from lab.work.resume import run_plan_here

FOLD = Fold(2, 1, 4, 1)


def table(**said):
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(30), 5)
    x = rng.normal(size=(30, 3))[who] + 0.3 * rng.normal(size=(150, 3))
    y = np.where(x[:, 0] + 0.5 * rng.normal(size=150) > 0, "u", "v")
    columns = {
        "a": x[:, 0],
        "b": x[:, 1],
        "c": x[:, 2],
        "who": who,
        "day": np.arange(150) + rng.integers(0, 10, 150),
        "y": y,
    }
    order = rng.permutation(150)
    drop = [name for name in ("who", "day") if name not in said.values()]
    return check(pa.table({k: v[order] for k, v in columns.items()}), "y", name="t", content=b"", drop=drop, **said)


@pytest.mark.slow
@pytest.mark.parametrize("said", [{"by": "who"}, {"time": "day"}, {"by": "who", "time": "day"}])
@pytest.mark.parametrize("family", [LOGISTIC, SVM, BOOSTING, MLP], ids=lambda family: family.name)
@pytest.mark.filterwarnings("ignore")
def test_a_family_learns_from_its_training_rows_alone(family, said):
    dataset = table(**said)
    arguments = {"family": family, "fold": FOLD, "scorer": "roc_auc", "candidates": 2}
    plan = [Trial("it", score_fold, arguments, seed=3)]
    results = run_plan_here(plan, dataset)
    assert not results.failures
    check_spoiling(plan, dataset, results.rows)


@pytest.mark.parametrize("said", [{"by": "who"}, {"time": "day"}])
@pytest.mark.parametrize("name", ["interpretability", "edge", "quantum"])
@pytest.mark.filterwarnings("ignore")
def test_the_scoring_trials_of_a_lab_learn_from_their_training_rows_alone(name, said):
    dataset, lab = table(**said), find(name)
    more = {"quantum": {"steps": 10, "qubits": 2}}.get(name, {})
    settings = make(lab.settings_type, {"folds": 2, "repeats": 1, "candidates": 1, **more})
    plan = [
        trial
        for trial in sections.plan(lab, lab.context(dataset, settings, seed=1))
        if not trial.needs and not trial.exclusive and getattr(trial.arguments.get("fold"), "index", None) == 0
    ]
    first = [trial for place, trial in enumerate(plan) if trial.function not in {t.function for t in plan[:place]}]
    assert first
    results = run_plan_here(first, dataset)
    assert not results.failures
    check_spoiling(first, dataset, results.rows)


@pytest.mark.parametrize("said", [{"by": "who"}, {"time": "day"}])
def test_a_trial_that_learns_from_the_kin_of_its_test_rows_is_caught(said):
    dataset = table(**said)

    def peeps(dataset, *, seed, fold):
        _, test = split(dataset, fold)
        return dataclasses.make_dataclass("Row", ["inner_score"])(float(dataset.target[test].mean()))

    plan = [Trial("it", peeps, {"fold": FOLD}, seed=3)]
    with pytest.raises(AssertionError, match="'inner_score' changes"):
        check_spoiling(plan, dataset, run_plan_here(plan, dataset).rows)
