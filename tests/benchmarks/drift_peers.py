"""What other libraries see of the streams of `watch_stream.py`: runs in an environment of their own, and imports nothing of ours.

    python drift_peers.py STREAMS ROWS

Made once: `python -m venv .peers/drift` and `.peers/drift/bin/pip install river mapie evidently "pandas<3"`. Each at the settings with
which its own documentation begins:

- river: ADWIN, KSWIN and Page-Hinkley as they come, one for each column as numbers and one for the errors.
- MAPIE: `OnlineMartingaleTest` of a fitted classifier, fed with the reference, then with rows and labels: one test of everything.
- Evidently: `DataDriftPreset` of each window of 1,000 rows, with the label and whether the model was wrong among the columns, against
  the reference.

Prints FOUND and, as JSON, by library and kind of drift, for each stream the delay in rows (None: not found) and whether an alarm
came before the change.
"""

import json
import os
import sys
import warnings

import numpy as np
from watch_stream import CHANGED, REFERENCE, as_numbers, stream

WINDOW = 1_000
UPDATE = 500
LABEL, WRONG = "label", "errors"


def streams(n_streams, n_rows):
    for drift in CHANGED:
        for seed in range(n_streams):
            yield drift, seed, stream(seed, n_rows, drift, n_rows // 2)


def river(n_streams, n_rows):
    from river.drift import ADWIN, KSWIN, PageHinkley

    at, found = n_rows // 2, {}
    makers = {"ADWIN": lambda: ADWIN(), "KSWIN": lambda: KSWIN(seed=1), "Page-Hinkley": lambda: PageHinkley()}
    for drift, _, made in streams(n_streams, n_rows):
        for who, make in makers.items():
            delay, early = None, False
            for name, values in as_numbers(*made).items():
                if name == "clock":
                    continue
                detector = make()
                for row, value in enumerate(values.tolist()):
                    detector.update(value)
                    if detector.drift_detected:
                        early |= row < at
                        if row >= at:
                            if name in CHANGED[drift]:
                                delay = row - at + 1 if delay is None else min(delay, row - at + 1)
                            break
            found.setdefault(who, {}).setdefault(drift, []).append((delay, early))
    return found


def table(columns, labels):
    numbers = {name: values for name, values in as_numbers(columns, labels).items() if name not in ("clock", WRONG)}
    return np.stack(list(numbers.values()), axis=1), labels.astype(int)


def mapie(n_streams, n_rows):
    from mapie.classification import SplitConformalClassifier
    from mapie.exchangeability_testing import OnlineMartingaleTest
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    at, found = n_rows // 2, {}
    for drift, seed, made in streams(n_streams, n_rows):
        rows, labels = table(*stream(2_000_000 + seed, REFERENCE))
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
        test = OnlineMartingaleTest(
            SplitConformalClassifier(model, prefit=True), task="classification", random_state=seed
        )
        test.update(*table(*stream(1_000_000 + seed, REFERENCE)))
        rows, labels = table(*made)
        alarm = None
        for first in range(0, n_rows, UPDATE):
            part = slice(first, first + UPDATE)
            if test.update(rows[part], labels[part]).is_exchangeable is False:
                alarm = min(first + UPDATE, n_rows)
                break
        early = alarm is not None and alarm <= at
        delay = None if alarm is None or early else alarm - at
        found.setdefault("MAPIE martingale", {}).setdefault(drift, []).append((delay, early))
    return found


def evidently(n_streams, n_rows):
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    def frame(columns, labels):
        kept = {name: values for name, values in columns.items() if name != "clock"}
        wrong = (columns["one"] + columns["two"] > 0) != labels
        return pd.DataFrame(kept | {LABEL: labels.astype(int), WRONG: wrong.astype(int)})

    at, found = n_rows // 2, {}
    for drift, seed, made in streams(n_streams, n_rows):
        reference, now = frame(*stream(1_000_000 + seed, REFERENCE)), frame(*made)
        delay, early = None, False
        for first in range(0, n_rows, WINDOW):
            seen = Report([DataDriftPreset()]).run(now.iloc[first : first + WINDOW], reference).dict()["metrics"]
            drifted = {
                each["config"]["column"]
                for each in seen
                if "column" in each["config"]
                and each["value"] >= each["config"]["threshold"]  # all of them distances here
            }
            early |= bool(drifted) and first < at
            if first >= at and drifted & CHANGED[drift]:
                delay = first + WINDOW - at
                break
        found.setdefault("Evidently", {}).setdefault(drift, []).append((delay, early))
    return found


def main():
    n_streams, n_rows = map(int, sys.argv[1:])
    os.environ["DO_NOT_TRACK"] = "1"
    warnings.simplefilter("ignore")
    found, missing = {}, {}
    for each in (river, mapie, evidently):
        try:
            found |= each(n_streams, n_rows)
        except ImportError as error:
            missing[each.__name__] = str(error)
    print("FOUND " + json.dumps({"found": found, "missing": missing}))


if __name__ == "__main__":
    main()
