"""A rule learner on the training part of one fold, from a JSON job on stdin: runs in the peers' environment.

The job names two Parquet files, the target's column (0 or 1), the model, and the file for the probabilities of the test rows.
Texts become one column for each value, missing numbers the median; each library makes its own cuts, at its own settings. Printed:
the processor seconds of the fit.
"""

import json
import os
import sys

import numpy as np
import pandas as pd


def prepared(train, test):
    """One numeric table of each: texts by their values in the training rows, missing numbers by their median."""
    texts = [name for name in train if not pd.api.types.is_numeric_dtype(train[name])]
    parts = [pd.get_dummies(frame, columns=texts, dtype=float).astype(float) for frame in (train, test)]
    first, second = parts[0], parts[1].reindex(columns=parts[0].columns, fill_value=0.0)
    middle = first.median().fillna(0.0)
    found = [frame.fillna(middle) for frame in (first, second)]
    for frame in found:
        frame.columns = [f"x{place}" for place in range(frame.shape[1])]
    return found


def optimal_tree(train, target, test):
    """GOSDT on the thresholds that its authors guess from boosted stumps, of balanced classes, for at most a minute."""
    from gosdt import GOSDTClassifier, ThresholdGuessBinarizer

    cuts = ThresholdGuessBinarizer(n_estimators=40, max_depth=1, random_state=0).set_output(transform="pandas")
    seen = cuts.fit_transform(train, target)
    model = GOSDTClassifier(regularization=0.005, depth_budget=5, balance=True, time_limit=60).fit(seen, target)
    return model.predict_proba(cuts.transform(test))[:, 1]


def of_imodels(name):
    """One of imodels at its defaults."""

    def fitted(train, target, test):
        import imodels

        return getattr(imodels, name)().fit(train.to_numpy(), target).predict_proba(test.to_numpy())[:, 1]

    return fitted


MODELS = {
    "gosdt": optimal_tree, "rulefit": of_imodels("RuleFitClassifier"),
    "hs-tree": of_imodels("HSTreeClassifierCV"), "boosted-rules": of_imodels("BoostedRulesClassifier"),
    "tree-gam": of_imodels("TreeGAMClassifier"),
}  # fmt: skip


def main():
    job = json.load(sys.stdin)
    train, test = pd.read_parquet(job["train"]), pd.read_parquet(job["test"])
    target = train.pop(job["target"]).to_numpy()
    seen, unseen = prepared(train, test)
    likely = MODELS[job["model"]](seen, target, unseen)
    spent = sum(os.times()[:4])
    np.save(job["said"], np.column_stack([1 - likely, likely]).astype(np.float64))
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
