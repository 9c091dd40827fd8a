"""What the edge lab builds, times and puts under load is what it has scored: seeds, folds and needs of its plan."""

from edge import building
from edge.lab import LAB
from edge.settings import Settings
from lab.data.load import load
from lab.learning.folds import Fold
from lab.learning.tuning import score_fold

SETTINGS = Settings(
    folds=3, repeats=2, candidates=2, models=("mlp", "logistic"), rate=20.0, deadline_ms=7.0, stream=True
)


def test_a_candidate_is_built_with_fold_and_seed_of_the_trial_that_scored_it():
    plan = {trial.key: trial for trial in LAB.plan(load("breast-cancer"), SETTINGS, seed=9)}
    for name in SETTINGS.models:
        built, scored = plan[f"build-{name}"], plan[f"{name}-fold00"]
        assert built.function is building.build
        assert built.seed == scored.seed
        assert built.needs == (scored.key,)
        assert built.arguments["fold"] == scored.arguments["fold"] == Fold(3, 2, 9, 0)
        assert plan[f"load-{name}"].needs == plan[f"serve-{name}"].needs == plan[f"vary-{name}"].needs == (built.key,)
        assert plan[f"load-{name}"].arguments["deadline_ms"] == 7.0
        assert plan[f"load-{name}"].arguments["rate"] == 20.0
        assert plan[f"load-{name}"].arguments["fold"] == built.arguments["fold"]
    assert plan["time"].needs == ("build-mlp", "build-logistic")
    assert plan["time"].arguments["fold"] == plan["build-mlp"].arguments["fold"]


def test_every_model_has_the_same_budget_and_only_times_run_alone():
    plan = LAB.plan(load("breast-cancer"), SETTINGS, seed=9)
    scored = [trial for trial in plan if trial.function is score_fold]
    assert len(scored) == 5 * 6
    assert {(trial.arguments["candidates"], trial.arguments["scorer"]) for trial in scored} == {(2, "accuracy")}
    alone = {trial.key.partition("-")[0] for trial in plan if trial.exclusive}
    assert alone == {"time", "serve", "load", "batches"}
    assert {trial.key for trial in plan if trial.key == "stream"} == {"stream"}
