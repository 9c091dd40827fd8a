"""Does the lab find a difference that is there, and none where there is none? Verdicts over many drawn tables.

"the same model": the truth is linear, the readable side is a logistic regression and so is the "black box" (on the same features
with another penalty): the easy case, in which two sides agree row by row. "halves": each side is a logistic regression that
sees one half of features that matter alike, so that the two disagree about nearly every row and are equally good by
construction: the hard case. In both an answer "it costs accuracy" is wrong, and an interval that excludes zero is a winner
declared where there is none (the stricter reading). "twice the margin": the readable side lacks an interaction that costs it
about twice the margin of 1 point at 5,000 rows; the true loss is measured on 200,000 rows and printed. The searched families
are left out on purpose: the verdict's procedure is what is tried, thousands of times.

python tests/benchmarks/interpretability_power.py [RUNS]      200 take about 7 minutes on one core
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from interpretability.lab import LAB
from interpretability.settings import Settings
from lab.data.frames import from_arrays
from lab.learning.comparison import Group, compare
from lab.learning.families import Family
from lab.learning.planning import trials
from lab.learning.scoring import primary_metric
from lab.protocol import Evidence
from lab.stats import rate
from lab.work.resume import run_plan_here

SETTINGS = Settings()
PAIR = 0.568  # weight of the interaction that the readable side cannot see


def plain(features, seed):
    return LogisticRegression()


def other(features, seed):
    return LogisticRegression(C=0.3)


def with_pairs(features, seed):
    return make_pipeline(PolynomialFeatures(2, include_bias=False), LogisticRegression())


def one_half(features, seed):
    return make_pipeline(ColumnTransformer([("half", "passthrough", list("abc"))]), LogisticRegression())


def other_half(features, seed):
    return make_pipeline(ColumnTransformer([("half", "passthrough", list("def"))]), LogisticRegression())


def draw(rng, n_rows, pair):
    features = rng.normal(size=(n_rows, 5))
    odds = features @ [1.2, 0.8, 0.5, 0.0, 0.0] + pair * features[:, 3] * features[:, 4]
    return pd.DataFrame(features, columns=list("abcde")), rng.random(n_rows) < 1 / (1 + np.exp(-odds))


def linear(rng, n_rows):
    return draw(rng, n_rows, 0.0)


def interacting(rng, n_rows):
    return draw(rng, n_rows, PAIR)


def halves(rng, n_rows):
    features = rng.normal(size=(n_rows, 6))
    odds = features @ [1.0, 0.6, 0.3, 1.0, 0.6, 0.3]
    return pd.DataFrame(features, columns=list("abcdef")), rng.random(n_rows) < 1 / (1 + np.exp(-odds))


CASES = {  # rows, table, readable side, black box
    "no difference, the same model": (1_000, linear, plain, other),
    "no difference, halves": (1_000, halves, one_half, other_half),
    "twice the margin": (5_000, interacting, plain, with_pairs),
}


def answer(n_rows, table, glass, black, seed):
    data = from_arrays("drawn", *table(np.random.default_rng(seed), n_rows))
    groups = (
        Group("glass", "readable model", (Family("glass", "glass", glass),)),
        Group("black", "black box", (Family("black", "black", black),)),
    )
    metric = primary_metric("auto", data)
    shared = {"folds": SETTINGS.folds, "repeats": SETTINGS.repeats, "metric": metric}
    plan = trials(groups, seed=seed, candidates=0, **shared)  # one family a side: nothing is chosen in inner folds
    found = compare(data, groups, run_plan_here(plan, data).rows, **shared)
    loss = found.difference(found.best["black"], found.best["glass"])
    facts = {
        "metric": metric.label,
        "margin": 1.0,
        "rows_to_settle": None,
        "n_rows": len(data.target),
        "rows_in_table": len(data.target),
        "detectable": 1.0,
        "readable": "readable model",
        "black_box": "black box",
        **dict.fromkeys(
            ("probability_costs", "probability_equal", "probability_gains"), 1 / 3
        ),  # only the answer counts
    }
    verdict = LAB.judge(Evidence({"loss": loss}, facts, (), ()), SETTINGS)
    return verdict.answer, loss


def true_loss(n_rows, table, glass, black):
    train, test = (table(np.random.default_rng(seed), n) for seed, n in ((1, n_rows * 4 // 5), (2, 200_000)))
    scores = [roc_auc_score(test[1], make(None, 0).fit(*train).predict_proba(test[0])[:, 1]) for make in (black, glass)]
    return 100 * (scores[0] - scores[1])


def main():
    warnings.simplefilter("ignore")
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name, case in CASES.items():
        truth = "none by construction" if "halves" in name else f"{true_loss(*case):.2f} points"
        print(f"{name}: {case[0]:,} rows, true loss {truth}, margin 1 point")
        answers, losses = zip(*(answer(*case, seed) for seed in range(runs)), strict=True)
        for said in ("yes", "no", "undecided"):
            share = rate(answers.count(said), runs)
            print(f"    {said:10}{share.value:.3f}  (95 % interval {share.low:.3f} to {share.high:.3f})")
        wins = rate(sum(loss.low > 0 or loss.high < 0 for loss in losses), runs)
        print(f"    interval excludes zero {wins.value:.3f}  ({wins.low:.3f} to {wins.high:.3f})", flush=True)


if __name__ == "__main__":
    main()
