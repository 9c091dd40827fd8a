"""A run is taken up only where all that its rows depend on is what it was: one thing changed, another folder."""

import dataclasses
import importlib
import json
import platform
import shutil
import subprocess
import sys

import numpy as np
import pytest
from samples import tiny_site
from samples.here import in_this_process
from samples.less_work import without_doubts, without_pictures

from lab import flow
from lab.data import load
from lab.errors import SettingsError
from lab.runs import identity
from lab.work import resume
from lab.work.sealed import write_sealed


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tiny_site.make_site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    for less in (in_this_process, without_doubts, without_pictures):
        less(monkeypatch)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    identity._code_of.cache_clear()
    yield folder
    for name in ("tiny_lab", "tiny_helper", "tiny_needs"):
        sys.modules.pop(name, None)
    identity._code_of.cache_clear()


@pytest.fixture
def given(tmp_path):
    model = tmp_path / "model.txt"
    model.write_text("model A")
    config = tmp_path / "config.toml"
    config.write_text("trials = 2\n")
    return {"model": model, "config": config, "seed": 0, "trials": 2, "table": load.load("wine", None)}


def unfinished(out, given):
    """Run the lab, and take the record away: what a kill just before the end leaves."""
    lab = importlib.import_module("tiny_lab").TINY
    settings = lab.settings_type(trials=given["trials"], model=str(given["model"]))
    done = flow.run(lab, given["table"], settings, out=out, seed=given["seed"], workers=1, files=[given["config"]])
    (done.folder / "record.json").unlink()
    return done


def again(site):
    """Import the lab anew, as another process does."""
    for name in ("tiny_lab", "tiny_helper", "tiny_needs"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    identity._code_of.cache_clear()


def change_cell(given):
    features = given["table"].features.copy()
    features.iloc[3, 2] += 1e-9
    given["table"] = dataclasses.replace(given["table"], features=features, digest="of another file")


CHANGES = {
    "the seed": lambda site, given, patch: given.update(seed=1),
    "a setting": lambda site, given, patch: given.update(trials=3),
    "a cell": lambda site, given, patch: change_cell(given),
    "the model's byte": lambda site, given, patch: given["model"].write_text("model B"),
    "the configuration's byte": lambda site, given, patch: given["config"].write_text("trials = 2 \n"),
    "a package": lambda site, given, patch: tiny_site.distribution(site, "tiny_needs", "1.1", ["tiny_needs"]),
    "the lab's version": lambda site, given, patch: tiny_site.distribution(site, "tiny_lab", "1.1", ["tiny_lab"]),
    "the lab's source": lambda site, given, patch: (site / "tiny_lab.py").write_text(tiny_site.LAB + "# changed\n"),
    "a helper's source": lambda site, given, patch: (site / "tiny_helper.py").write_text("FACTOR = 3\n"),
    "Python": lambda site, given, patch: patch.setattr(platform, "python_version", lambda: "3.99.0"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_identity_is_another_folder_and_the_same_is_the_same(change, site, given, tmp_path, monkeypatch):
    out = tmp_path / "runs"
    first = unfinished(out, given)
    again(site)
    assert unfinished(out, given).folder == first.folder
    again(site)
    CHANGES[change](site, given, monkeypatch)
    other = unfinished(out, given)
    assert other.folder != first.folder


def test_a_run_is_taken_up_from_another_place(site, given, tmp_path):
    first = unfinished(tmp_path / "runs", given)
    shutil.move(tmp_path / "runs", tmp_path / "moved")
    again(site)
    assert unfinished(tmp_path / "moved", given).folder.name == first.folder.name
    assert len(list((tmp_path / "moved").iterdir())) == 1


def test_a_model_that_is_replaced_between_two_sessions_is_in_no_verdict_beside_the_old_one(site, given, tmp_path):
    first = unfinished(tmp_path / "runs", given)
    (first.folder / "trials" / "draw-1.json").unlink()
    given["model"].write_text("model B")
    again(site)
    assert unfinished(tmp_path / "runs", given).record.evidence.facts["read"] == ["", "model B"]


def test_a_model_that_changes_during_the_run_is_refused_and_no_row_of_it_is_kept(site, given, tmp_path):
    lab = importlib.import_module("tiny_lab").TINY

    def change(progress):
        if progress.done == 1:
            given["model"].write_text("model B")

    settings = lab.settings_type(trials=3, model=str(given["model"]))
    with pytest.raises(SettingsError, match=r"model\.txt has changed since the run began"):
        flow.run(lab, given["table"], settings, out=tmp_path / "runs", workers=1, watch=change)
    assert [path.name for path in tmp_path.glob("runs/*/trials/*.json")] == ["draw-0.json"]


def test_a_model_that_is_written_again_with_the_same_content_is_the_same(site, given, tmp_path):
    lab = importlib.import_module("tiny_lab").TINY
    settings = lab.settings_type(trials=3, model=str(given["model"]))
    flow.run(lab, given["table"], settings, out=tmp_path / "runs", workers=1,
            watch=lambda progress: given["model"].write_text("model A"))  # fmt: skip


def test_the_record_says_what_was_measured_where_and_with_what(site, given, tmp_path, monkeypatch):
    here = {"processor": "one", "cores": 2, "memory_gib": 1.5, "system": "s"}
    there = here | {"processor": "two"}
    monkeypatch.setattr(resume, "fingerprint", lambda: here)
    first = unfinished(tmp_path / "runs", given)
    assert first.record.environment["measured"] == [{"machine": here, "trials": 3, "alone": 1}]
    assert first.record.environment["imported"]["tiny-needs"] == "1.0"
    assert "Measured on" not in (first.folder / "report.html").read_text()
    (first.folder / "trials" / "measure-0.json").unlink()
    which = (first.folder / "fingerprint.txt").read_text().strip()
    session = {"started": "2026-01-01T00:00:00+00:00", "seconds": 1000.0}
    write_sealed(first.folder / "sessions.json", [session], owner=f"sessions of run {which}")
    monkeypatch.setattr(resume, "fingerprint", lambda: there)
    again(site)
    second = unfinished(tmp_path / "runs", given)
    assert second.record.environment["measured"] == [
        {"machine": here, "trials": 2, "alone": 0}, {"machine": there, "trials": 1, "alone": 1},
    ]  # fmt: skip
    assert second.record.run["started"] == "2026-01-01T00:00:00+00:00"
    assert 1000 <= second.record.run["seconds"] < 1600
    page = (second.folder / "report.html").read_text()
    assert "one, 2 core(s), s: 2 trials, 0 of them timings; two, 2 core(s), s: 1 trials, 1 of them timings" in page


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"cannot read .*nowhere\.txt"):
        identity.digests_of([tmp_path / "nowhere.txt"])


# taken by other packages where they happen to be there, required by none: a hook of the interpreter's start, tools that
# measure memory and coverage, read configurations, and guess encodings
BY_CHANCE = {"setuptools", "psutil", "pyyaml", "charset-normalizer", "coverage"}
IMPORT_ALL = """
import importlib, json, pkgutil, sys
from importlib import metadata
OPTIONAL = ("safetensors", "tabicl", "torch")  # the extra of --checkpoint is not among the packages of the tests
for name in sys.argv[1:]:
    for found in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        if not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except ModuleNotFoundError as missing:
                if missing.name not in OPTIONAL:
                    raise
owners = metadata.packages_distributions()
used = {name for module in sys.modules for name in owners.get(module.partition(".")[0], [])}
print(json.dumps({name: metadata.version(name) for name in used}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("lab", ["quantum", "edge", "interpretability"])
def test_every_package_that_a_lab_loads_has_its_version_in_the_identity(lab):
    """Oracle: what an interpreter holds after it imported all sources."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT_ALL, lab, "lab"], capture_output=True, text=True, check=True
    )
    used = {
        name.lower().translate(str.maketrans("_.", "--")): version for name, version in json.loads(done.stdout).items()
    }
    found = identity.code_of([f"{lab}.lab"])["packages"]
    assert {"numpy", "scikit-learn"} <= used.keys()
    assert not used.keys() - found.keys() - BY_CHANCE
    assert {name: found[name] for name in used.keys() & found.keys()} == {n: v for n, v in used.items() if n in found}


@pytest.mark.parametrize(
    "name", ["catboost", "imodels", "lightgbm", "xgboost-cpu", "shap", "fairlearn", "scikit-learn", "numba", "joblib"]
)
def test_optional_and_indirect_packages_count(name):
    assert name in identity.code_of(["interpretability.lab"])["packages"]


def test_sources_of_the_lab_and_of_the_ground_count(tmp_path):
    assert {"quantum", "lab"} <= identity.code_of(["quantum.lab"])["sources"].keys()
    assert "edge" not in identity.code_of(["quantum.lab"])["sources"]
    assert np.all([len(digest) == 64 for digest in identity.code_of(["quantum.lab"])["sources"].values()])


@pytest.mark.parametrize("looked_up", ["", "\nimportlib.import_module('looked.up')\n"])
def test_an_import_counts_wherever_it_stands_in_a_source(tmp_path, looked_up):
    place = "import {0}.a, {0}b as x\n{1}from {0}c.d import e\n{1}from . import {0}near\n"
    blocks = {
        "if 1:": ["else:"], "for i in j:": ["else:"], "while 1:": ["else:"], "with a as b:": [], "def f(a=lambda: 1):": [],
        "class A(b):": [], "async def g():": [], "try:": ["except A:", "except B as c:", "else:", "finally:"],
    }  # fmt: skip
    source, expected = "import first\n", {"first", *(["looked"] if looked_up else [])}
    for number, (head, others) in enumerate(blocks.items()):
        for part, line in enumerate([head, *others]):
            name = f"m{number}{part}"
            source += f"{line}\n    if a:\n        {place.format(name, ' ' * 8)}"
            expected |= {name, f"{name}b", f"{name}c"}
    source += "match a:\n    case 1:\n        import matched\n    case _:\n        import other\n"
    (tmp_path / "s.py").write_text(source + looked_up)
    assert set(identity._imports({"s.py": tmp_path / "s.py"})) == expected | {"matched", "other"}


def test_a_source_that_was_written_again_is_read_again(tmp_path):
    path = tmp_path / "s.py"
    found = []
    for name in ("one", "other"):
        path.write_text(f"import {name}\n")
        found += identity._imports({"s.py": path})
    assert found == ["one", "other"]
