"""Processes that run trials know nothing of the folder in which the data lie, and the path of modules leads elsewhere."""

import os
import sys
from pathlib import Path

import pytest
from samples.trial_functions import surroundings

import lab as package
from lab import environment
from lab.protocol import Trial
from lab.work.resume import run_plan


def test_a_trial_runs_in_another_folder_that_is_on_no_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", "relative", "/somewhere"]))
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    found = run_plan([Trial("where", surroundings)], None, tmp_path / "rows", workers=1).rows["where"]
    assert found["folder"] == str(Path(package.__file__).parent)
    assert not {"", str(tmp_path)} & set(found["path"])
    assert found["variables"]["PYTHONSAFEPATH"] == "1"
    assert found["variables"]["PYTHONPATH"] == "/somewhere"
    assert found["variables"]["ORT_DISABLE_TELEMETRY"] == "1"
    assert found["safe_path"]
    assert os.environ["PYTHONPATH"].startswith(os.pathsep), "the variables of this process stay as they were"


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (None, ["HERE", "/elsewhere"]),  # put there by a script of the user's own: theirs to trust
        ("", ["/elsewhere"]),
        (".", ["/elsewhere"]),
        ("/elsewhere:", ["/elsewhere"]),
        ("HERE", ["HERE", "/elsewhere"]),
        ("HERE:.", ["HERE", "/elsewhere"]),
    ],
)
def test_the_current_folder_leaves_the_path_unless_it_is_named_in_full(given, left, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "/elsewhere"])
    if given is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", given.replace("HERE", str(tmp_path)))
    environment.close_path()
    assert sys.path == [each.replace("HERE", str(tmp_path)) for each in left]


def test_the_folder_of_the_package_stays(monkeypatch):
    root = Path(package.__file__).parents[1]
    monkeypatch.chdir(root)
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.setattr(sys, "path", [str(root)])
    environment.close_path()
    assert sys.path == [str(root)]


def test_the_cache_lies_where_the_user_says_or_in_the_usual_place(tmp_path, monkeypatch):
    monkeypatch.delenv("LAB_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert environment.cache_folder() == tmp_path / ".cache" / "future-tech-lab"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert environment.cache_folder() == tmp_path / "xdg" / "future-tech-lab"
    monkeypatch.setenv("LAB_CACHE_DIR", str(tmp_path / "mine"))
    assert environment.cache_folder() == tmp_path / "mine"
    assert not list(tmp_path.iterdir()), "asking for it makes nothing"


def test_a_process_below_a_process_keeps_the_same_cache(monkeypatch):
    first = environment.for_processes()
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert environment.for_processes() == first


def test_the_cache_is_made_for_this_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE_DIR", str(tmp_path / "mine"))
    before = os.umask(0)
    try:
        environment.make_cache_folder()
    finally:
        os.umask(before)
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700
