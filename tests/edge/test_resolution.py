"""The settings are resolved once: what does not fit is refused before any work, and a given model is taken in one time."""

import dataclasses

import numpy as np
import pytest

from edge.exporting.device import fit_for_device, to_files
from edge.given import family as given_family
from edge.lab import LAB
from edge.settings import Settings
from lab import sections
from lab.data.load import load
from lab.errors import DataError, SettingsError
from lab.learning.families import LOGISTIC
from lab.learning.folds import all_folds

SETTINGS = Settings(folds=3, repeats=2, models=("mlp", "forest"), stream=True)


@pytest.fixture(scope="module")
def wine():
    return load("wine")


def test_what_all_sections_share_follows_from_table_and_settings():
    table = load("breast-cancer")
    found = LAB.context(table, SETTINGS, seed=7)
    assert [family.name for family in found.families] == ["mlp", "forest"], "in the user's order"
    assert [family.name for family in found.group.families] == [
        "logistic", "forest", "extra-trees", "boosting", "mlp", "constant",
    ]  # fmt: skip
    assert found.labels == {family.name: family.label for family in found.families}
    assert found.fold == all_folds(3, 2, 7)[0]
    assert (found.metric.scorer, found.metric.factor) == ("accuracy", 100.0)


@pytest.mark.parametrize(
    ("changes", "kind", "says"),
    [
        ({"models": ("mlp", "mlp")}, SettingsError, "names a candidate twice or names none"),
        ({"models": ()}, SettingsError, "names a candidate twice or names none"),
        ({"folds": 20, "stream": False}, None, ""),
        ({"cores": (10_000,)}, SettingsError, "must be named once and be one of those that this process may use"),
        ({"web_runtime": "somewhere"}, SettingsError, "web_runtime is given, but only browser uses it"),
        ({}, DataError, "has 178 rows; --stream needs at least 400"),
        ({"stream": False, "metric": "no such"}, SettingsError, "no such"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused_before_any_work(changes, kind, says, wine):
    settings = dataclasses.replace(SETTINGS, **changes)
    if kind is None:
        assert LAB.context(wine, settings, seed=0).settings is settings
        return
    with pytest.raises(kind, match=says):
        LAB.context(wine, settings, seed=0)


def test_a_given_model_is_the_only_candidate_and_taken_in_once(wine, tmp_path, monkeypatch):
    model = fit_for_device(LOGISTIC.build(wine.features, 0), wine, np.arange(wine.n_rows))
    (tmp_path / "m.onnx").write_bytes(to_files(model, wine)[0].content)
    taken, take_in = [], given_family.take_in

    def counted(path, **options):
        taken.append(path)
        return take_in(path, **options)

    monkeypatch.setattr(given_family, "take_in", counted)
    context = LAB.context(wine, Settings(model=str(tmp_path / "m.onnx")), seed=0)
    assert [family.label for family in context.families] == ["given model (m.onnx)"]
    assert [family.name for family in context.group.families][-2:] == ["given", "constant"]
    planned = sections.plan(LAB, context)
    assert {trial.key for trial in planned if trial.key.startswith("build")} == {"build-given"}
    assert len(taken) == 1
