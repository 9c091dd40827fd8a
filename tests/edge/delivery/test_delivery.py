"""The model that a run leaves: its metadata alone say how to use it, it answers as its original, and it names no single person."""

import csv
import dataclasses
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from samples.here import in_this_process
from samples.less_work import (
    few_trees,
    with_few_trees,
    with_short_timings,
    with_suspicions_once,
)
from samples.planted import PLANTED, leaks_in, table_of

from edge.accuracy import section as accuracy
from edge.delivery import section
from edge.delivery.trials import deliver
from edge.distilling.family import DISTILLED
from edge.lab import LAB
from edge.settings import Settings
from lab import flow
from lab.commands.running import result_of
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.families import BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, MLP
from lab.protocol import Dataset

FAMILIES = (LOGISTIC, few_trees(FOREST), few_trees(EXTRA_TREES), BOOSTING, MLP, DISTILLED)
pytestmark = pytest.mark.filterwarnings("ignore")
README = Path(__file__).parents[3] / "README.md"


def raw_table(n_rows, *, texts=("red", "green", "")):
    """Rows as somebody has them, before the lab reads them: dates and truth values as texts, gaps."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "when": pd.to_datetime("2020-02-01") + pd.to_timedelta(rng.integers(0, 900, n_rows), unit="D"),
            "colour": rng.choice(texts, n_rows),
            "weight": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(1e5, 2e4, n_rows)),
            "open": rng.choice(["true", "false"], n_rows),
            "age": rng.integers(18, 90, n_rows),
        }
    )
    seen = (frame["age"] > 50) ^ (frame["colour"] == "red") ^ (rng.random(n_rows) < 0.1)
    return frame.assign(when=frame["when"].dt.strftime("%Y-%m-%d"), bought=np.where(seen, "yes", "no"))


def card_of(content):
    loaded = onnxruntime.InferenceSession(content)
    return loaded, {name: json.loads(text) for name, text in loaded.get_modelmeta().custom_metadata_map.items()}


MISSING = "NaN where missing, which a model may not answer in a column that is listed as complete"
AS_SAID = {
    f"as it is; {MISSING}": lambda cell: cell,
    f"0 or 1; {MISSING}": lambda cell: {"true": 1.0, "false": 0.0}[cell],
    f"days since 1970-01-01; {MISSING}": lambda cell: (
        (np.datetime64(cell) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
    ),
    "text; empty where missing; one that is not listed counts as unknown": lambda cell: cell,
}
"""What somebody does who reads only the metadata."""


def answers(content, frame):
    loaded, card = card_of(content)
    given = {}
    for name, matrix in card["inputs"].items():
        how = [AS_SAID[card["encoding"][card["kinds"][column]]] for column in matrix["columns"]]
        cells = [
            [read(cell) for read, cell in zip(how, row, strict=True)] for row in frame[matrix["columns"]].to_numpy()
        ]
        given[name] = np.array(cells, dtype=matrix["type"])
    return loaded.run(["probabilities"], given)[0]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    path = tmp_path_factory.mktemp("mixed") / "shop.csv"
    frame = raw_table(160)
    frame.to_csv(path, index=False)
    return frame, load(str(path), "bought")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_rows_fed_by_the_metadata_alone_get_the_answers_of_the_original(family, mixed):
    frame, dataset = mixed
    assert dict(dataset.kinds) == {
        "when": "date", "colour": "category", "weight": "number", "open": "boolean", "age": "number",
    }  # fmt: skip
    row = deliver(dataset, seed=3, family=family, scorer="accuracy", candidates=1)
    original = family.build(dataset.features, 3).fit(dataset.features, dataset.target)
    expected = original.predict_proba(dataset.features)
    np.testing.assert_allclose(answers(row.onnx.tobytes(), frame), expected, atol=1e-5)  # networks compute in float32
    assert row.n_rows == 160
    assert max(each.largest for each in row.parity.values()) < 1e-5


def test_a_setting_that_the_search_finds_is_the_one_that_learns(mixed):
    _, dataset = mixed
    found = deliver(dataset, seed=3, family=LOGISTIC, scorer="accuracy", candidates=4)
    assert found.parameters.keys() == {"C"}
    original = LOGISTIC.build(dataset.features, 3).set_params(model__C=found.parameters["C"])
    expected = original.fit(dataset.features, dataset.target).predict_proba(dataset.features)
    np.testing.assert_allclose(answers(found.onnx.tobytes(), mixed[0]), expected, atol=1e-5)
    assert card_of(found.onnx.tobytes())[1]["parameters"] == found.parameters


def test_the_metadata_say_what_the_model_is_and_its_digest_is_that_of_the_graph(mixed):
    _, dataset = mixed
    content = deliver(dataset, seed=3, family=BOOSTING, scorer="accuracy", candidates=1).onnx.tobytes()
    card = card_of(content)[1]
    assert card["task"] == "classes"
    assert (card["target"], card["classes"], card["rows"]) == ("bought", ["no", "yes"], 160)
    assert card["model"] == "gradient boosting"
    assert card["categories"] == {"colour": ["", "green", "red"]}
    assert sorted(card["complete"]) == ["age", "open", "when"], (
        "of weight some values are missing, and colour is no number"
    )
    assert sorted(card["columns"]) == ["age", "colour", "open", "weight", "when"]
    assert card["data_sha256"] == dataset.digest
    assert card["versions"].keys() == {"future-tech-lab", "scikit-learn", "onnx", "numpy"}
    graph = onnx.load_from_string(content)
    onnx.checker.check_model(graph, full_check=True)
    del graph.metadata_props[:]
    assert hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest() == card["graph_sha256"]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_category_of_four_rows_is_unknown_to_the_model_and_one_of_five_is_known(family, tmp_path):
    frame = raw_table(120)
    frame.loc[:3, "colour"], frame.loc[10:14, "colour"] = "of a single family", "of five"
    frame.to_csv(tmp_path / "t.csv", index=False)
    row = deliver(load(str(tmp_path / "t.csv"), "bought"), seed=0, family=family, scorer="accuracy", candidates=1)
    content = row.onnx.tobytes()
    assert b"of a single family" not in content
    assert b"of five" in content
    assert "of five" in card_of(content)[1]["categories"]["colour"]
    rare, never = frame.assign(colour="of a single family"), frame.assign(colour="never seen")
    np.testing.assert_array_equal(answers(content, rare), answers(content, never))


@pytest.mark.parametrize("n_rows", [40, 200])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_planted_value_of_one_person_is_in_the_file(family, n_rows, tmp_path):
    columns = table_of(n_rows, target="classes")
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    row = deliver(load(str(tmp_path / "t.csv"), "outcome"), seed=0, family=family, scorer="accuracy", candidates=1)
    assert leaks_in(row.onnx.tobytes(), PLANTED) == []
    assert leaks_in(json.dumps(card_of(row.onnx.tobytes())[1], ensure_ascii=False), PLANTED) == []


FAST = Settings(
    folds=2, repeats=1, candidates=2, rounds=20, models=("logistic", "mlp"), serving=False, load=False, batches=False,
    variants=False, p99_ms=50.0, max_drop=0.5,
)  # fmt: skip


def small() -> Dataset:
    """150 rows that are a whole table."""
    return dataclasses.replace(sample_rows(load("loans"), 150, 0), whole=None, taken=None)


@pytest.fixture(scope="module")
def run():
    """A whole run of the lab, by its folder of runs; the same one again where that is unfinished."""
    dataset = small()
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch)
        for less in (with_few_trees, with_short_timings, with_suspicions_once):
            less(patch)
        yield lambda out: flow.run(LAB, dataset, FAST, out=out, seed=2, workers=1)


@pytest.fixture(scope="module")
def finished(run, tmp_path_factory):
    return run(tmp_path_factory.mktemp("runs"))


def test_a_run_leaves_the_model_of_its_verdict_with_its_digest_in_record_report_and_json(finished):
    content = (finished.folder / "edge-model.onnx").read_bytes()
    left = finished.record.evidence.facts["model_file"]
    assert left["sha256"] == hashlib.sha256(content).hexdigest()
    assert (left["bytes"], left["rows"]) == (len(content), 150)
    label = card_of(content)[1]["model"]
    assert label == finished.record.evidence.facts["labels"][left["model"]]
    assert f"The {label.partition(' (')[0]} model " in finished.record.verdict.sentence
    page = (finished.folder / "report.html").read_text(encoding="utf-8")
    assert left["sha256"] in page
    assert "edge-model.onnx" in page
    assert result_of(finished)["model_file"] == left


def test_a_run_that_is_repeated_or_taken_up_again_leaves_the_same_bytes(finished, run, tmp_path):
    content = (finished.folder / "edge-model.onnx").read_bytes()
    (finished.folder / "report.html").unlink()
    (finished.folder / "edge-model.onnx").write_bytes(content[:100])  # as if a copy had been damaged meanwhile
    again = run(finished.folder.parent)
    assert again.folder == finished.folder
    assert (again.folder / "edge-model.onnx").read_bytes() == content
    assert [path for path in again.folder.iterdir() if path.name.endswith(".part")] == []
    names = {FAST.models[0]: "logistic regression", FAST.models[1]: "neural network (MLP)"}
    by_hand = next(name for name, label in names.items() if label == card_of(content)[1]["model"])
    (trial,) = [each for each in delivering() if each.key == f"deliver-{by_hand}"]
    scored = [each for each in accuracy.plan(LAB.context(small(), FAST, seed=2)) if each.key in trial.needs]
    inputs = {each.key: each.function(small(), seed=each.seed, **each.arguments) for each in scored}
    made = trial.function(small(), seed=trial.seed, inputs=inputs, **trial.arguments)
    assert made.onnx.tobytes() == content


def delivering():
    return section.plan(LAB.context(small(), FAST, seed=2))


def test_the_readmes_lines_use_the_file(finished, monkeypatch):
    codes = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [each for each in codes if "edge-model.onnx" in each]
    (line,) = re.findall(r"^row = \{.*?^\}\n", code, re.MULTILINE | re.DOTALL)
    dataset = small()
    assert set(re.findall(r'"([^"]+)":', line)) == set(dataset.kinds), "the README's row has the table's columns"
    monkeypatch.chdir(finished.folder)
    known = {}
    exec(code, known)
    assert known["label"] in dataset.classes
    known = {"row": dataset.features.iloc[7].to_dict()}
    exec(code.replace(line, ""), known)
    (left,) = [
        each for each in delivering() if each.key == f"deliver-{finished.record.evidence.facts['model_file']['model']}"
    ]
    found = known["card"]["parameters"].items()
    settings = {f"model__{name}": tuple(value) if isinstance(value, list) else value for name, value in found}
    original = left.arguments["family"].build(dataset.features, left.seed).set_params(**settings)
    expected = original.fit(dataset.features, dataset.target).predict_proba(dataset.features.iloc[[7]])
    np.testing.assert_allclose(known["probabilities"], expected, atol=1e-5)
    assert known["label"] == dataset.classes[int(expected.argmax())]


def test_a_given_model_is_not_left_once_more(mixed):
    context = LAB.context(mixed[1], FAST, seed=0)
    assert [trial.key for trial in section.plan(context)] == ["deliver-logistic", "deliver-mlp"]
    given = dataclasses.replace(context.families[0], name="given")
    assert section.plan(dataclasses.replace(context, families=(given,))) == []
