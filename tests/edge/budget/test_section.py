"""Who is a candidate of the verdict? Everything of which there is a budget must have been measured (numbers: `test_evidence`)."""

import dataclasses

import numpy as np
import pytest

from edge.accuracy.at_size import Foretold
from edge.budget import section
from edge.building.trials import BUILD, BuiltRow
from edge.context import Context
from edge.exporting.parity import Parity
from edge.footprint.trials import SERVE, ServedRow
from edge.load.sweep import LoadRun
from edge.load.trials import LOAD, LoadRow
from edge.settings import Settings
from edge.timing.trials import TIME, TimedRow
from lab.learning.comparison import Group
from lab.learning.families import CONSTANT, FOREST, LOGISTIC
from lab.learning.outer import FoldRow, fold_key
from lab.learning.scoring import BESIDE, primary_metric
from lab.protocol import Dataset, Estimate, Table

N_ROWS, FOLDS = 60, 3
SETTINGS = Settings(folds=FOLDS, repeats=1, models=("logistic", "forest"), memory_mb=100.0, rate=50.0)
SCORES = {"logistic": (0.80, 0.90, 0.85), "forest": (0.95, 0.85, 0.90), "constant": (0.5, 0.5, 0.5)}
INNER = {
    "logistic": (0.9, 0.7, 0.7),
    "forest": (0.8, 0.8, 0.9),
    "constant": (0.5, 0.5, 0.5),
}
TIMES = {
    name: np.random.default_rng(place).integers(100_000, 900_000, size=(20, 200))
    for place, name in enumerate(("logistic onnx", "logistic sklearn", "forest onnx"))
}


@pytest.fixture(scope="module")
def context():
    target = np.arange(N_ROWS) % 2
    dataset = Dataset("made", None, target, "y", ("no", "yes"), {}, "")
    families = (LOGISTIC, FOREST)
    group = Group("all", "model", (*families, CONSTANT))
    return Context(dataset, SETTINGS, 0, primary_metric("accuracy", dataset), group, families)


def fold_row(name, fold):
    test = np.arange(fold, N_ROWS, FOLDS)
    beside = dict.fromkeys(BESIDE["classes"], 0.5)
    predicted = np.full((len(test), 2), 0.5)
    return FoldRow(SCORES[name][fold], predicted, beside, test_rows=test, parameters={}, inner_score=INNER[name][fold])


def built(size):
    parity = {"test rows": Parity(20, 1e-7, 0, 1), "beyond their range": Parity(20, 3e-6, 0, 2)}
    return BuiltRow(np.zeros(size, np.uint8), size, 4, "exact", "", False, {}, parity)


def under_load():
    late, other = (Estimate(share, share / 2, 2 * share, "share") for share in (0.02, 0.5))

    def run(view, misses):
        return LoadRun(view, "", 50.0, 0.1, 1_000, 1.0, misses, None, None, None, None, None, None, ((0.1, 0.5),))

    return LoadRow(0.1, (run("hot", other), run("sweep", other), run("rate", late), run("rate", other)))


def rows():
    served = ServedRow(cold_start_s=(0.3, 0.1, 0.2, 0.4, 0.6, 0.5), peak_mib=(50.0, 52.0, 51.0, 54.0, 53.0, 55.0))
    found = {
        fold_key(f, fold).name: fold_row(f.name, fold) for fold in range(FOLDS) for f in (LOGISTIC, FOREST, CONSTANT)
    }
    for family, size in ((LOGISTIC, 2_000), (FOREST, 3_000_000)):
        found[BUILD.of(family.name).name] = built(size)
        found[SERVE.of(family.name).name] = served
        found[LOAD.of(family.name).name] = under_load()
    return found | {TIME.name: TimedRow(TIMES, 1)}


@pytest.mark.parametrize("missing", [BUILD.of("forest"), SERVE.of("forest"), LOAD.of("forest"), fold_key(FOREST, 1)])
def test_a_candidate_of_which_a_limited_thing_is_missing_is_named_and_left_out(missing, context):
    some = {key: row for key, row in rows().items() if key not in (missing.name, fold_key(FOREST, 2).name)}
    found = section.evidence(context, some)
    assert (found.facts["candidates"], found.facts["unmeasured"]) == (["logistic"], ["forest"])
    assert found.caveats == ("the random forest model could not be exported and measured",)
    assert not any(name.startswith("forest") for name in found.estimates)
    assert {line[0] for line in found.tables[0].rows} == {"logistic regression"}


@pytest.mark.parametrize("part", ["memory_mb", "rate"])
def test_what_is_not_limited_may_be_missing(part, context):
    free = dataclasses.replace(context, settings=dataclasses.replace(SETTINGS, **{part: None}))
    unasked = SERVE if part == "memory_mb" else LOAD
    some = {key: row for key, row in rows().items() if not key.startswith(unasked.name)}
    assert section.evidence(free, some).facts["candidates"] == ["logistic", "forest"]


def test_a_candidate_that_was_not_timed_is_left_out(context):
    some = rows() | {TIME.name: TimedRow({"forest onnx": TIMES["forest onnx"]})}
    assert section.evidence(context, some).facts["candidates"] == ["forest"]
    none = {key: row for key, row in rows().items() if key != TIME.name}
    assert section.evidence(context, none).facts["unmeasured"] == ["logistic", "forest"]


def test_what_is_foretold_stands_beside_what_was_measured(context, monkeypatch):
    asked, given, loss = [], rows(), Estimate(2.0, 1.5, 2.5, "points")
    facts = {"size": 10_000, "curve_fault": {"logistic": None, "forest": None}}
    told = Foretold({"forest.drop_at_size": loss}, facts, tables=(Table("Curves", "", ("a",), ()),))
    monkeypatch.setattr(section, "foretold", lambda *those: asked.append(those) or told)
    found = section.evidence(context, given)
    assert [(one is context, other is given) for one, other in asked] == [(True, True)]
    assert found.estimates["forest.drop_at_size"] == loss
    assert found.facts["size"] == 10_000
    assert [table.title for table in found.tables] == ["Budgets, item by item", "Curves"]
    assert any(line[1:4] == ("accuracy loss with 10,000 rows", 2.0, 1.5) for line in found.tables[0].rows)
