"""Hand-made rows of the interpretability lab's trials, and what the oracle says of their folds."""

import numpy as np
from oracles import intervals
from scipy.stats import norm

from interpretability.follow_up.editing import Edited
from interpretability.follow_up.explaining import Explained
from interpretability.follow_up.privacy import Private
from interpretability.follow_up.speed import Speed, Speeds
from interpretability.follow_up.stress import Stressed
from interpretability.lab import LAB
from interpretability.reading.read import ModelFile, Reading
from interpretability.settings import Settings
from interpretability.sides.finalists import FINALISTS, Finalists
from lab import sections
from samples.golden import (
    FOLDS,
    N_ROWS,
    REPEATS,
    auc_of,
    best_of,
    fold_rows,
    said,
    table,
)

Z = norm.ppf(0.975)
SETTINGS = Settings(folds=FOLDS, repeats=REPEATS, margin=0.03, groups="region", privacy=(4.0, 0.5))
DATA = table()
INNER = {
    "logistic": [0.6, 0.6, 0.9, 0.6, 0.6, 0.6],
    "ebm": [0.7, 0.7, 0.7, 0.8, 0.8, 0.8],
    "forest": [0.8, 0.5, 0.5, 0.8, 0.8, 0.8],
    "boosting": [0.7, 0.7, 0.7, 0.6, 0.6, 0.6],
}
STRENGTH = {
    "logistic": 0.0,
    "ebm": 0.1,
    "forest": 3.0,
    "boosting": 2.6,
    "tree-2": 0.05,
    "tree-4": 1.7,
    "constant": -0.2,
}
PARTS = {"logistic": 3, "ebm": 90, "tree-2": 2, "tree-4": 4}
LABELS = {"logistic": "logistic regression", "ebm": "explainable boosting machine", "tree-2": "tree of 2 leaves",
          "tree-4": "tree of 4 leaves"}  # fmt: skip
FOLDED = {name: said(name, strength) for name, strength in STRENGTH.items()}
BLACK, TAKEN_OF_BLACK = best_of({name: FOLDED[name] for name in ("forest", "boosting")}, INNER)
GLASS, TAKEN = best_of({name: FOLDED[name] for name in ("logistic", "ebm")}, INNER)
CONSTANT = FOLDED["constant"]
REACH = 300 / N_ROWS
SCENARIOS = {
    "as it is": [0.9, 0.8, 0.85],
    "10% of the cells missing": [0.8, 0.75, 0.84],
    "its strongest column lost": [0.5, 0.6, 0.7],
}


def made_rows():
    """Give the rows of all trials by their keys."""
    found = {}
    for name, folds in FOLDED.items():
        more = {"complexity": PARTS[name]} if name in PARTS else {}
        found |= fold_rows(name, folds, INNER.get(name, [None] * 6), **more)
    for place, side in enumerate(("glass", "black")):
        scores = {name: tuple(score - 0.1 * place for score in values) for name, values in SCENARIOS.items()}
        attack = (0.5 + 0.2 * place, 0.6 + 0.2 * place, 0.55 + 0.2 * place)
        found[f"stress-{side}"] = Stressed(side, scores, attack, ("age",), "age")
    found["private-00"], found["private-01"] = Private((0.8, 0.7, 0.75)), Private((0.6, 0.55, 0.5))
    found["edit"] = Edited({"as it is": (0.9, 0.8, 0.85), "'age' made flat": (0.6, 0.7, 0.5)})
    times = {"one_ms": (0.9, 0.1, 0.4, 0.3, 0.2), "batch_us": (19.0, 7.0, 8.0, 5.0, 6.0), "bytes": 12_300}
    found["speed"] = Speeds({side: Speed(side, **times) for side in ("glass", "black")})
    export = ModelFile(np.zeros(12_345, np.uint8), rows=250, difference=1.3e-7)
    found["read"] = Reading("ebm", "explainable boosting machine", export=export)
    found["explain"] = Explained((), (), ("a note of the explanation",))
    return found


def summarised(settings, rows, data=DATA):
    return sections.summarise(LAB, LAB.context(data, settings, seed=11), rows)


def against(one, other):
    return intervals.repeated(one, other, DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds)


def mean(folds):
    return intervals.of_a_mean(
        folds, DATA.target, FOLDS, score=auc_of, kinds=intervals.auc_kinds, reach=REACH, lowest=0, highest=100
    )


def loss_of(folds):
    return intervals.interval(*against(BLACK, folds), reach=REACH)


def titled(found, title):
    return next(each for each in (*found.tables, *found.figures) if each.title == title)


def out_of_fold(folds):
    """Chances of the first repetition in the order of the table."""
    chances = np.empty(N_ROWS)
    for each, places in folds[:FOLDS]:
        chances[places] = each[:, 1]
    return chances


def finalist(**names):
    """What the trial of the finalists says of these, by side, with a family's own settings in each of three folds."""
    found = {name: ({},) * 3 for name in names.values()}
    taken = {"glass": "none", "black": "none"} | names
    return {FINALISTS.name: Finalists(**taken, simplest=None, parameters=found)}
