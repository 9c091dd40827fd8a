"""AutoGluon on the training part of one fold, from a JSON job on stdin: runs in the peers' environment.

The job names two Parquet files, the target's column (codes of the classes, or numbers), the metric, the seconds, and the file for the
predictions: probabilities of the test rows in the order of the codes, or numbers. Everything else is the library's preset for
the best quality, on one processor. Printed: the processor seconds of the fit, those of its child processes included.
"""

import json
import os
import sys
import tempfile

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor


def main():
    job = json.load(sys.stdin)
    train, test = pd.read_parquet(job["train"]), pd.read_parquet(job["test"])
    kinds = {0: "regression", 2: "binary"}
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            job["target"],
            problem_type=kinds.get(job["n_classes"], "multiclass"),
            eval_metric=job["metric"],
            path=folder,
            verbosity=0,
        )
        predictor.fit(train, presets="best_quality", time_limit=job["seconds"], num_cpus=1)
        spent = sum(os.times()[:4])
        said = predictor.predict_proba(test)[range(job["n_classes"])] if job["n_classes"] else predictor.predict(test)
    np.save(job["said"], np.asarray(said, dtype=np.float64))
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
