"""What do the lab's settings of the explainable boosting machine save, and what do they cost, against the library's?

Seconds of processor time for a fit and out-of-fold ROC AUC over five folds, on two built-in tables.

python tests/benchmarks/ebm_settings.py
"""

import time
import warnings

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from interpretability.models.classifiers import EBM
from lab.data.load import load


def default(features, seed):
    kinds = ["nominal" if features[column].dtype == object else "continuous" for column in features]
    return ExplainableBoostingClassifier(feature_types=kinds, n_jobs=1, random_state=seed)


def no_pairs(features, seed):
    return default(features, seed).set_params(interactions=0)


def main():
    warnings.simplefilter("ignore")
    print(f"{'table':16}{'settings':28}{'s a fit':>9}{'ROC AUC':>9}")
    for name in ("loans", "breast-cancer"):
        data = load(name)
        makers = {"the lab's": EBM.build, "library, no interactions": no_pairs, "library": default}
        for label, build in makers.items():
            seconds, scores = [], []
            for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(data.features, data.target):
                start = time.process_time()
                model = build(data.features, 0).fit(data.features.iloc[train], data.target[train])
                seconds.append(time.process_time() - start)
                p = model.predict_proba(data.features.iloc[test])[:, 1]
                scores.append(roc_auc_score(data.target[test], p))
            print(f"{name:16}{label:28}{np.mean(seconds):9.2f}{np.mean(scores):9.4f}", flush=True)


if __name__ == "__main__":
    main()
