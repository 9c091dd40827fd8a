"""A checkpoint is tried before a run, takes part as a family, and is never another content than the one that was checked."""

import dataclasses
import json
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from samples import stand_in
from samples.safetensors_files import CONFIG, checkpoint, written
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

from lab.errors import SettingsError
from lab.learning.folds import Fold, split
from lab.learning.foundation import limits, section, trying
from lab.learning.foundation.checkpoint import read_checkpoint
from lab.learning.foundation.family import family_of
from lab.learning.outer import score_fold
from lab.protocol import Dataset, Evidence


@pytest.fixture
def given(tmp_path):
    return checkpoint(tmp_path / "c.safetensors", licence="mine")


def table(n_rows=60, numbers=False, gaps=True):
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=n_rows), "b": rng.normal(size=n_rows), "text": rng.choice(["x", "y", None], n_rows)}
    features = pd.DataFrame(columns).astype({"text": object})
    if gaps:
        features.loc[::7, "b"] = np.nan
    wanted = columns["a"] + rng.normal(size=n_rows)
    kinds = {"a": "number", "b": "number", "text": "category"}
    target, classes = (wanted, ()) if numbers else ((wanted > 0).astype(int), ("no", "yes"))
    return Dataset("made", features, target, "wanted", classes, kinds, digest="made")


def test_without_the_libraries_it_says_what_to_install(given, monkeypatch):
    monkeypatch.setattr(trying.importlib.util, "find_spec", lambda name: None if name != "torch" else name)
    with pytest.raises(SettingsError) as refused:
        trying.taken_in(str(given), n_classes=2)
    assert str(refused.value) == (
        "--checkpoint needs tabicl and safetensors, which are not installed: pip install 'future-tech-lab[tabicl]'"
    )


@pytest.mark.parametrize(
    ("version", "is_known"), [("1.9.0", False), ("2.1.3", False), ("2.10.0", True), ("3.0", False)]
)
def test_another_version_of_the_library_is_refused(monkeypatch, version, is_known):
    monkeypatch.setattr(trying.importlib.util, "find_spec", str)
    monkeypatch.setattr(trying.metadata, "version", lambda name: version)
    if is_known:
        trying._require_libraries()
    else:
        with pytest.raises(SettingsError, match=f"TabICL {version} is installed, and the lab knows versions from 2.2"):
            trying._require_libraries()


def test_a_whole_checkpoint_is_taken_and_others_are_refused_by_name(given, libraries, tmp_path):
    found = trying.taken_in(str(given), n_classes=2)
    assert found == read_checkpoint(str(given), n_classes=2)
    metadata = {"config": json.dumps(CONFIG)}
    for tensors, what in (
        ({"weight": np.ones((4, 2))}, "weight has the shape (4, 2) instead of (4, 3)"),
        ({"head": np.ones((4, 3))}, "weight is missing, and 1 more"),
        ({"weight": np.ones((4, 3)), "head": [1.0]}, "head is not of it"),
        ({"weight": np.full((4, 3), np.nan)}, "holds values that are no numbers"),
    ):
        (tmp_path / "other.safetensors").write_bytes(written(tensors, metadata))
        with pytest.raises(SettingsError, match=r"^other.safetensors holds") as refused:
            trying.taken_in(str(tmp_path / "other.safetensors"), n_classes=2)
        assert what in str(refused.value)
    unknown = checkpoint(tmp_path / "other.safetensors", norm_first=False)  # the stand-in has no such argument
    with pytest.raises(SettingsError, match=r"cannot be used: TypeError: .*norm_first.*; give another checkpoint"):
        trying.taken_in(str(unknown), n_classes=2)


def test_a_content_that_changed_after_it_was_checked_is_not_loaded(given, libraries):
    found = read_checkpoint(str(given), n_classes=2)
    checkpoint(given, value=2.0)
    from lab.learning.foundation.in_context import network_of

    with pytest.raises(SettingsError, match="has changed since the run began"):
        network_of(found)


@pytest.mark.parametrize("numbers", [False, True])
def test_a_fold_is_answered_from_its_training_rows_alone_and_each_of_them_by_the_others(tmp_path, libraries, numbers):
    data, path = table(numbers=numbers, gaps=False), tmp_path / "c.safetensors"
    checkpoint(path, max_classes=0 if numbers else 3)
    family = family_of(read_checkpoint(str(path), n_classes=len(data.classes)))
    fold = Fold(3, 1, 0, 0)
    row = score_fold(data, seed=1, family=family, fold=fold, scorer="r2" if numbers else "roc_auc", candidates=4)
    train, test = split(data, fold)
    seen = np.column_stack(
        [data.features["text"].map({"x": 0, "y": 1}).fillna(-1), data.features["a"], data.features["b"]]
    )
    oracle = (Ridge() if numbers else LogisticRegression()).fit(seen[train], data.target[train])
    expected = oracle.predict(seen[test]) if numbers else oracle.predict_proba(seen[test])
    np.testing.assert_allclose(row.predictions, expected, rtol=1e-9)
    assert row.parameters == {}, "nothing is tuned"
    assert sorted(row.inner.rows) == sorted(train), "each training row is answered by the others"


def test_a_model_is_cloned_and_copied_whole(given, libraries):
    data = table()
    model = family_of(read_checkpoint(str(given), n_classes=2)).build(data.features, 7)
    fitted = clone(model).fit(data.features, data.target)
    assert fitted[-1].get_params()["random_state"] == 7
    assert fitted[-1].strength == 1.0, "the network came from the file"
    assert len(pickle.dumps(fitted)) > 0


def test_of_too_many_rows_a_sample_with_the_classes_in_their_shares_is_read(given, libraries, monkeypatch):
    from lab.learning.foundation import in_context

    monkeypatch.setattr(in_context, "rows_in_context", lambda n_columns: 30)
    monkeypatch.setattr(in_context, "rows_in_piece", lambda n_columns, n_context: 7)
    data, rare = table(90), np.arange(90) % 5 == 0
    build = family_of(read_checkpoint(str(given), n_classes=2)).build
    models = [build(data.features, seed).fit(data.features, rare) for seed in (0, 0, 1)]
    kept = [model[-1].rows_ for model in models]
    assert [len(np.unique(rows)) for rows in kept] == [30, 30, 30]
    assert all(rare[rows].sum() == 6 for rows in kept)
    assert (kept[0] == kept[1]).all()
    assert (kept[0] != kept[2]).any()
    said = models[0].predict_proba(data.features)
    one_by_one = np.concatenate([models[0].predict_proba(data.features.iloc[[place]]) for place in range(90)])
    np.testing.assert_allclose(said, one_by_one, rtol=1e-9)


def test_the_report_names_file_digest_licence_and_rows(given, monkeypatch):
    found = read_checkpoint(str(given), n_classes=2)
    shared = SimpleNamespace(checkpoint=found, dataset=table(90), settings=SimpleNamespace(folds=3), seed=0)
    said = section.evidence(shared, {})
    rows = dict(said.tables[0].rows)
    assert (rows["SHA-256"], rows["file"], rows["licence of the file"]) == (found.digest, "c.safetensors", "mine")
    assert rows["rows that it reads before it answers"] == "60 of 60 training rows"
    assert said.caveats == ()
    monkeypatch.setattr(section, "rows_in_context", lambda n_columns: 50)
    shared.checkpoint = dataclasses.replace(found, licence="")
    fewer = section.evidence(shared, {})
    assert "read a sample of 50 of 60 training rows" in fewer.caveats[0]
    assert dict(fewer.tables[0].rows)["licence of the file"] == "the file does not say; it is yours to know"
    shared.checkpoint = None
    assert section.evidence(shared, {}) == Evidence()
    assert section.plan(shared) == []


def test_the_stand_ins_are_all_that_the_extra_names():
    assert set(stand_in.NAMES) == set(trying._LIBRARIES)
    assert limits.rows_in_context(1) == limits.MOST_ROWS
