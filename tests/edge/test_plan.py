"""What the edge lab builds, times and puts under load is what it has scored: seeds, folds and needs of its plan."""

import dataclasses

from edge.building.ensemble import build_ensemble
from edge.building.trials import BUILD, build
from edge.delivery.ensemble import deliver_ensemble
from edge.delivery.trials import DELIVER
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


SINGLE = {"logistic", "forest", "extra-trees", "boosting", "mlp"}


def planned(**changes):
    settings = dataclasses.replace(SETTINGS, **changes)
    return sections.plan(LAB, LAB.context(load("breast-cancer"), settings, seed=9))


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


def test_an_average_joins_what_is_built_and_delivered_of_its_members_and_nothing_is_fitted_for_it():
    plain, more = ({trial.key: trial for trial in planned(models=names)} for names in (("mlp",), ("mlp", "ensemble")))
    built, left = more[BUILD.of("ensemble").name], more[DELIVER.of("ensemble").name]
    assert (built.function, left.function) == (build_ensemble, deliver_ensemble)
    assert set(built.needs) == {"ensemble-fold00", *(BUILD.of(name).name for name in SINGLE)}
    assert set(left.needs) == {"ensemble-fold00", *(DELIVER.of(name).name for name in SINGLE)}
    assert left.arguments["fold"] == built.arguments["fold"], "what is handed over is weighed as what was measured"
    assert {family.name for family in left.arguments["members"]} == SINGLE
    for name in SINGLE:
        assert more[BUILD.of(name).name].seed == more[f"{name}-fold00"].seed
        assert more[DELIVER.of(name).name].arguments["keeps_original"]
    assert plain[BUILD.of("mlp").name] == more[BUILD.of("mlp").name]
    assert "keeps_original" not in plain[DELIVER.of("mlp").name].arguments
    assert more[TIME.name].needs == (BUILD.of("mlp").name, BUILD.of("ensemble").name), "members alone are not timed"
    streamed = [family.name for family in more["stream"].arguments["families"]]
    assert streamed == ["mlp"]
    only = {trial.key: trial for trial in planned(models=("ensemble",))}
    assert {family.name for family in only["stream"].arguments["families"]} == SINGLE


def test_averages_set_the_standard_whoever_is_a_candidate():
    keys = {trial.key: trial for trial in planned(models=("logistic",))}
    for name in ("average", "ensemble"):
        assert set(keys[f"{name}-fold03"].arguments["members"]) == SINGLE, "neither the constant nor a given model"
    assert BUILD.of("ensemble").name not in keys


def test_quick_effort_tries_two_settings_of_each_model():
    assert Settings.efforts["quick"]["candidates"] == 2


def test_the_report_is_in_this_order():
    names = [each.__name__.removeprefix("edge.").removesuffix(".section") for each in LAB.sections()]
    assert names == [
        "budget", "accuracy", "accuracy.at_random", "accuracy.at_size", "building", "delivery", "timing", "variants", "footprint",
        "throughput",        "load", "browser", "places", "stream",
    ]  # fmt: skip
