"""Files of boosting libraries answer as these do, row by row, and what they hold beyond that is refused by name."""

import json
import re
import struct
import warnings

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from benchmarks.given import boosters
from samples import forked

from edge.given.family import family_of, said_of
from edge.given.tree_files import binary
from edge.given.tree_files.lowered import graph_of
from edge.given.tree_files.ubjson import from_ubjson
from lab.data.load import load
from lab.errors import SettingsError

pytestmark = [pytest.mark.usefixtures("guard_forked"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def cases():
    """The benchmark's files of a few kinds, by kind and table."""
    chosen = {name: dict(list(getattr(boosters, name).items())) for name in ("XGBOOST", "LIGHTGBM", "CATBOOST")}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(boosters, "XGBOOST", {name: chosen["XGBOOST"][name] for name in ("as by default", "DART")})
        patch.setattr(boosters, "LIGHTGBM", {name: chosen["LIGHTGBM"][name] for name in ("a forest", "sigmoid")})
        patch.setattr(
            boosters, "CATBOOST", {name: chosen["CATBOOST"][name] for name in ("leaf by leaf", "missing above")}
        )
        return {(case.kind, case.table): case for case in boosters.cases()}


def answers(case):
    """Run the graph of a file on its table, its features given by their names."""
    model = graph_of(case.content, f"m{case.suffix}")
    facts = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    columns = facts.get("columns", [name for name in case.frame if name != "y"])
    by_left = {name.replace(" ", "_"): name for name in case.frame}
    features = case.frame[[by_left[name.replace(" ", "_")] for name in columns]]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    fed = {}
    for given in session.get_inputs():
        part = features.select_dtypes("number") if given.name == "numbers" else features.select_dtypes(exclude="number")
        kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64}
        fed[given.name] = part.to_numpy(kinds[given.type]) if given.type in kinds else part.fillna("").to_numpy(object)
    return session.run(None, fed)[0], facts


EXACT = [
    *(
        (f"XGBoost, as by default ({suffix})", table)
        for suffix in (".json", ".ubj")
        for table in ("two", "gaps", "three")
    ),
    ("XGBoost, DART (.json)", "gaps"),
    ("XGBoost, stopped early", "two"),
    ("XGBoost, own order of columns", "two"),
    *(("LightGBM, a forest", table) for table in ("gaps", "three")),
    ("LightGBM, sigmoid", "two"),
    ("LightGBM, texts as categories", "mixed"),
    ("LightGBM, texts as categories", "mixed, gaps"),
    *(
        (f"CatBoost, {name} (.json)", table)
        for name in ("leaf by leaf", "missing above")
        for table in ("gaps", "three")
    ),
]


@pytest.mark.parametrize(("kind", "table"), EXACT)
def test_the_graph_of_a_file_answers_as_its_library(cases, kind, table):
    case = cases[kind, table]
    found, _ = answers(case)
    wanted = case.expected(case.frame).to_numpy()
    np.testing.assert_allclose(found, wanted, atol=2e-7)


def test_classes_stand_in_a_file_of_catboost_and_are_followed(cases):
    _, facts = answers(cases["CatBoost, leaf by leaf (.json)", "three"])
    assert facts["classes"] == ["high", "low", "mid"]


REFUSED = {
    ("XGBoost, reg:squarederror", "two"): "was trained for 'reg:squarederror'",
    ("XGBoost, binary:hinge", "two"): "was trained for 'binary:hinge'",
    ("XGBoost, gblinear", "three"): "holds no trees but a booster of the kind 'gblinear'",
    ("XGBoost, multi_output_tree", "three"): "several numbers",
    ("XGBoost, without a tree", "two"): "holds no tree",
    ("LightGBM, regression", "three"): "was trained for 'regression'",
    ("LightGBM, multiclassova, 3", "three"): "was trained for 'multiclassova'",
    ("LightGBM, numbers as categories", "whole"): "splits numbers as categories",
    ("CatBoost, RMSE", "two"): "was trained for 'RMSE'",
    ("CatBoost, texts as categories", "mixed"): "has categorical features",
}


@pytest.mark.parametrize("which", REFUSED)
def test_what_is_no_classifier_of_trees_is_refused_by_name(cases, which):
    case = cases[which]
    with pytest.raises(SettingsError, match=re.escape(REFUSED[which])) as raised:
        graph_of(case.content, f"m{case.suffix}")
    assert str(raised.value).startswith(f"m{case.suffix} ")
    assert "\n" not in str(raised.value)


def _changed(content, *places, to):
    said = json.loads(content)
    holder = said
    for place in places[:-1]:
        holder = holder[place]
    holder[places[-1]] = to
    return json.dumps(said).encode()


TREE = ("learner", "gradient_booster", "model", "trees", 0)


@pytest.mark.parametrize(
    ("places", "value"),
    [
        ((*TREE, "left_children", 0), 10**6),
        ((*TREE, "left_children", 0), 0),
        ((*TREE, "split_indices", 0), 99),
        ((*TREE, "split_indices", 0), -1),
        ((*TREE, "split_conditions", 0), "x"),
        ((*TREE, "default_left"), []),
        ((*TREE, "left_children"), []),
        ((*TREE,), 7),
        (("learner", "gradient_booster", "model", "tree_info", 0), 5),
        (("learner", "learner_model_param", "num_feature"), "9" * 30),
        (("learner", "learner_model_param", "base_score"), "NaN"),
        (("learner", "objective"), []),
        (("learner", "feature_names"), ["a"]),
    ],
)
def test_a_file_whose_parts_do_not_fit_is_refused_in_a_sentence(cases, places, value):
    content = _changed(cases["XGBoost, as by default (.json)", "two"].content, *places, to=value)
    with pytest.raises(SettingsError, match=r"^m\.json is damaged"):
        graph_of(content, "m.json")


def test_a_threshold_that_a_file_of_catboost_sets_for_its_labels_is_refused(cases):
    content = cases["CatBoost, leaf by leaf (.json)", "gaps"].content
    assert graph_of(_changed(content, "model_info", "binclass_probability_threshold", to="0.5"), "m.json")
    with pytest.raises(SettingsError, match=r"^m\.json labels rows by a threshold of its own"):
        graph_of(_changed(content, "model_info", "binclass_probability_threshold", to="0.9"), "m.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"[" * 100_000, b'{"a":' * 100_000, b"tree\n", b"tree\nend of trees", b"{L", b"{$", b"{#L\x7f" + b"\xff" * 7,
     b"\x89PNG", b'{"learner": ' + b"9" * 10_000 + b"}"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["m.json", "m.ubj", "m.txt"])
def test_what_is_no_model_is_refused_in_a_sentence(content, name):
    with pytest.raises(SettingsError, match=f"^{name} (is no model|is damaged)"):
        graph_of(content, name)


def test_binary_json_is_read_as_it_was_written():
    typed = b"[$l#U\x02" + struct.pack(">ii", 5, -6)
    content = (
        b"{U\x01aS U\x03xyz".replace(b" ", b"")
        + b"U\x01b"
        + typed
        + b"U\x01c[TFZ]U\x01dD"
        + struct.pack(">d", 0.5)
        + b"}"
    )
    said = from_ubjson(content)
    assert said["b"].tolist() == [5, -6]
    assert (said["a"], said["c"], said["d"]) == ("xyz", [True, False, None], 0.5)


@pytest.mark.parametrize(
    "content", [b"[$d#L" + struct.pack(">q", 2**40), b"S" + b"L" + struct.pack(">q", -1), b"[" * 1_000, b"H"]
)
def test_binary_json_makes_nothing_that_is_not_there(content):
    with pytest.raises(ValueError):  # noqa: PT011 - any of its messages
        from_ubjson(content)


def test_a_file_is_judged_through_the_same_door_as_a_graph(cases, tmp_path):
    case = cases["XGBoost, own order of columns", "two"]
    case.frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "m.json").write_bytes(case.content)
    dataset = load(str(tmp_path / "t.csv"), "y")
    family = family_of(str(tmp_path / "m.json"), dataset)
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    wanted = case.expected(pd.read_csv(tmp_path / "t.csv"))[list(dataset.classes)].to_numpy()
    np.testing.assert_allclose(model.predict_proba(dataset.features), wanted, atol=2e-7)
    assert said_of(family, dataset) == (), "its columns stand in the file"


def test_a_binary_file_of_catboost_answers_as_the_library_and_a_damaged_one_is_refused(cases, monkeypatch):
    monkeypatch.setattr(binary, "run_child", forked._run)
    case = cases["CatBoost, missing above (.cbm)", "gaps"]
    found, _ = answers(case)
    np.testing.assert_allclose(found, case.expected(case.frame).to_numpy(), atol=2e-7)
    with pytest.raises(SettingsError, match=r"^m\.cbm cannot be read by CatBoost"):
        graph_of(case.content[: len(case.content) // 2], "m.cbm")
