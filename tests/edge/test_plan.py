"""What the edge lab builds, times and puts under load is what it has scored: seeds, folds and needs of its plan."""

from edge.building.trials import BUILD, build
from edge.footprint.trials import SERVE
from edge.lab import LAB
from edge.load.trials import LOAD
from edge.settings import Settings
from edge.timing.trials import TIME
from edge.variants.trials import VARY
from lab import sections
from lab.data.load import load
from lab.learning.folds import Fold
from lab.learning.outer import score_fold

SETTINGS = Settings(
    folds=3, repeats=2, candidates=2, models=("mlp", "logistic"), rate=20.0, deadline_ms=7.0, stream=True
)


def planned():
    return sections.plan(LAB, LAB.context(load("breast-cancer"), SETTINGS, seed=9))


def test_a_candidate_is_built_with_fold_and_seed_of_the_trial_that_scored_it():
    plan = {trial.key: trial for trial in planned()}
    for name in SETTINGS.models:
        built, scored = plan[BUILD.of(name).name], plan[f"{name}-fold00"]
        assert built.function is build
        assert built.seed == scored.seed
        assert built.needs == (scored.key,)
        assert built.arguments["fold"] == scored.arguments["fold"] == Fold(3, 2, 9, 0)
        loaded = plan[LOAD.of(name).name]
        assert loaded.needs == plan[SERVE.of(name).name].needs == plan[VARY.of(name).name].needs == (built.key,)
        assert loaded.arguments["deadline_ms"] == 7.0
        assert loaded.arguments["rate"] == 20.0
        assert loaded.arguments["fold"] == built.arguments["fold"]
    timed = plan[TIME.name]
    assert timed.needs == (BUILD.of("mlp").name, BUILD.of("logistic").name)
    assert timed.arguments["fold"] == plan[BUILD.of("mlp").name].arguments["fold"]


def test_every_model_has_the_same_budget_and_only_times_run_alone():
    plan = planned()
    scored = [trial for trial in plan if trial.function is score_fold]
    assert len(scored) == 6 * 6
    assert {(trial.arguments["candidates"], trial.arguments["scorer"]) for trial in scored} == {(2, "accuracy")}
    alone = {trial.key.partition("-")[0] for trial in plan if trial.exclusive}
    assert alone == {"time", "serve", "load", "batches"}
    assert {trial.key for trial in plan if trial.key == "stream"} == {"stream"}


def test_the_report_is_in_this_order():
    names = [each.__name__.removeprefix("edge.").removesuffix(".section") for each in LAB.sections()]
    assert names == [
        "budget", "accuracy", "accuracy.at_random", "accuracy.at_size", "building", "delivery", "timing", "variants", "footprint",
        "throughput",        "load", "browser", "places", "stream",
    ]  # fmt: skip
