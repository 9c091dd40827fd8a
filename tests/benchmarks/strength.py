"""How strong is a side of the interpretability lab beside the libraries' own defaults? The shared half of two benchmarks.

The peers are CatBoost, LightGBM, XGBoost and the explainable boosting machine as their libraries build them (one thread, a
seed, categories named, nothing else). They are scored on the lab's own outer folds and compared by the lab's own statistics.
A positive difference says that the peer is better than our side. With `--autogluon SECONDS` AutoGluon's preset for the best
quality joins them, with `--rules` optimal sparse trees and the rule learners of imodels, in environments of their own
(`peer_folds.py` says how they are made).
"""

import argparse
import dataclasses
import importlib.util
import time
import warnings
from pathlib import Path

import numpy as np
import peer_folds
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor
from sklearn.datasets import make_classification, make_friedman1, make_hastie_10_2
from sklearn.pipeline import Pipeline

from interpretability.context import context_of
from interpretability.models import classifiers, regressors
from interpretability.settings import Settings
from interpretability.sides import scores
from lab.data import made
from lab.data.frames import from_arrays
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.comparison import Group
from lab.learning.families import Family
from lab.learning.planning import trials
from lab.settings import make
from lab.work.resume import run_plan_here

SIDES = {"black": "best black box", "glass": "best readable model"}


def tables():
    """At least ten tables by name, from packages and generators; each is made when it is asked for."""

    def of(function, **more):
        return lambda: from_arrays("made", *function(np.random.default_rng(0), **more))

    def arrays(features, target):
        import pandas as pd

        frame = pd.DataFrame(features, columns=[f"x{place}" for place in range(features.shape[1])])
        return from_arrays("made", frame, target)

    generated = {
        "additive": of(made.additive), "categories": of(made.categories), "with gaps": of(made.with_gaps),
        "crossed categories": of(made.crossed_categories), "crossed, with gaps": of(made.crossed_with_gaps),
        "heavy tails": of(made.heavy_tails), "linear": of(made.linear),
        "hastie": lambda: arrays(*make_hastie_10_2(1_000, random_state=0)),
        "madelon-like": lambda: arrays(*make_classification(1_000, 12, n_informative=6, flip_y=0.1, random_state=0)),
        "friedman (number)": lambda: arrays(*make_friedman1(600, noise=2.0, random_state=0)),
    }  # fmt: skip
    return {"breast-cancer": lambda: load("breast-cancer"), "loans": lambda: load("loans")} | generated


def _texts(features):
    return [name for name in features if features[name].dtype == object]


def _ebm(features, seed):
    kinds = ["nominal" if name in _texts(features) else "continuous" for name in features]
    return Pipeline([("model", ExplainableBoostingClassifier(feature_types=kinds, n_jobs=1, random_state=seed))])


def _ebm_of_numbers(features, seed):
    kinds = ["nominal" if name in _texts(features) else "continuous" for name in features]
    return Pipeline([("model", ExplainableBoostingRegressor(feature_types=kinds, n_jobs=1, random_state=seed))])


def _catboost(build):
    return lambda features, seed: build(features, seed).set_params(model__iterations=1_000, model__border_count=254)


def peers(is_number):
    """Give the libraries as they come; ours of LightGBM and XGBoost differ from these by the search alone."""
    ours = regressors if is_number else classifiers
    found = [Family("peer-ebm", "EBM, library defaults", _ebm_of_numbers if is_number else _ebm)]
    for family in (ours.CATBOOST, ours.LIGHTGBM, ours.XGBOOST):
        if importlib.util.find_spec(family.name):
            build = _catboost(family.build) if family.name == "catboost" else family.build
            found.append(Family(f"peer-{family.name}", f"{family.label}, library defaults", build))
    return Group("peers", "library", tuple(found), is_side=False)


def measured(dataset, settings, others=(), seed=0):
    """Score both sides and the peers on the same folds: the context, the comparison, and what our sides cost and lost."""
    dataset = sample_rows(dataset, settings.max_rows, seed)
    context = context_of(dataset, settings, seed=seed)
    group = peers(dataset.task == "number")
    folds = {"folds": settings.folds, "repeats": settings.repeats, "seed": seed, "metric": context.metric}
    start = time.process_time()
    ours = run_plan_here(scores.plan(context), dataset)
    spent = f"{time.process_time() - start:.0f} CPU s; {len(ours.failures)} failed"
    rows = {**ours.rows, **run_plan_here(trials([group], **folds, candidates=0), dataset).rows}
    for other in others:
        found, theirs = peer_folds.folds(dataset, settings, context.metric, seed=seed, peer=other)
        rows, spent = rows | found, f"{spent}; {other.name} {theirs:.0f} CPU s"
        group = dataclasses.replace(group, families=(*group.families, other.family))
    return context, group, context.compared(rows, group), spent


def report(side):
    """Print one line for each table and peer: how much better the peer is than the best of a side."""
    parser = argparse.ArgumentParser(description=f"how strong is our {SIDES[side]}?")
    parser.add_argument("--only", default="", help="tables whose name has this in it")
    parser.add_argument("--file", action="append", default=[], metavar="PATH:TARGET", help="a table of your own")
    parser.add_argument("--effort", default="quick")
    parser.add_argument(
        "--both", action="store_true", help="the other side beside the peers as well, from the same fits"
    )
    parser.add_argument("--autogluon", type=int, default=0, metavar="SECONDS", help="AutoGluon too, for so long a fold")
    parser.add_argument("--repeats", type=int, help="repetitions of the folds, if not those of the effort")
    parser.add_argument("--rules", action="store_true", help="rule learners too, where there are two classes")
    parser.add_argument("--peers", type=Path, default=Path(".peers"), help="folder of the peers' environments")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    asked = {name: build for name, build in tables().items() if options.only in name}
    if options.file:
        asked = {
            Path(path).stem: lambda path=path, target=target: load(path, target=target)
            for path, _, target in (each.rpartition(":") for each in options.file)
        }
    asked_repeats = {"repeats": options.repeats} if options.repeats else {}
    settings = make(Settings, {"effort": options.effort, "depth": "verdict", **asked_repeats})
    print(f"{'table':20}{'which one':42}{'better by':>10}{'low':>8}{'high':>8}  unit")
    sides = SIDES if options.both else (side,)
    for name, build in asked.items():
        dataset = build()
        context, group, found, spent = measured(dataset, settings, asked_for(options, len(dataset.classes)))
        print(f"{name:20}{spent}", flush=True)
        for one in sides:
            beside_the_peers(name, one, context, group, found)


def asked_for(options, n_classes):
    """Give the peers that run in environments of their own."""
    others = []
    if options.autogluon:
        others.append(peer_folds.autogluon(options.autogluon, options.peers / "autogluon/bin/python"))
    if options.rules and n_classes == 2:
        others += peer_folds.rule_learners(options.peers / "rules/bin/python")
    return others


def beside_the_peers(table, side, context, group, found):
    """Print how much better than the best of a side each of the others is on one table."""
    best = found.best[side]
    most = max(set(best.chosen), key=best.chosen.count)
    for family in group.families:
        if family.name in found.families:
            line(table, family.label, found.difference(found.families[family.name], best))
    if side == "black":
        line(table, "ours with one family a fold", found.difference(found.single[side], best))
        line(table, "our best readable model", found.difference(found.best["glass"], best))
    else:
        line(table, "our best black box", found.difference(found.best["black"], best))
    score = found.mean(best)
    print(f"{table:20}than our {SIDES[side]}: {score.value:.2f} {context.metric.label} ({most})", flush=True)


def line(table, label, estimate):
    """Print a difference."""
    ends = f"{estimate.value:>+10.2f}{estimate.low:>+8.2f}{estimate.high:>+8.2f}"
    print(f"{table:20}{label:42}{ends}  {estimate.unit}", flush=True)
