"""The demo asks all labs, and ends with the page of a session where that is asked for."""

import json

import pytest
from samples.here import in_this_process
from samples.small_lab import SmallLab

from lab import registry
from lab.data import builtin


@pytest.fixture
def demo(lab, monkeypatch):
    """Call `lab demo` where a small lab is the only one."""
    in_this_process(monkeypatch)
    monkeypatch.setattr(registry, "names", lambda: ("small",))
    monkeypatch.setattr(registry, "find", lambda name: SmallLab())
    return lambda *words: lab("demo", "--quiet", *words)


def test_a_demo_with_a_session_ends_with_its_page(demo, tmp_path):
    called = demo("--session")
    assert called.code == 0
    assert [line.split() for line in called.out.splitlines()[-2:]] == [
        ["start", "page", "runs/start.html"],
        ["session", "runs/session.html"],
    ]
    assert "Is the first class of wine common?" in (tmp_path / "runs" / "session.html").read_text(encoding="utf-8")


def test_a_file_in_the_place_of_the_page_is_said_before_anything_runs(demo, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "session.html").write_text("mine")
    called = demo("--session")
    assert called.code == 2
    assert "runs/session.html exists and is not the page or script of a session" in called.err
    assert (tmp_path / "runs" / "session.html").read_text() == "mine"
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_the_json_of_a_demo_is_nothing_but_json(demo, tmp_path):
    (only,) = json.loads(demo("--json").out)
    assert only["lab"] == "small"
    assert not (tmp_path / "runs" / "session.html").exists()


def test_each_lab_has_a_built_in_table_that_it_takes_whole():
    """A sample would be no answer about the table, and a learning curve often an undecided one."""
    for name in registry.names():
        lab = registry.find(name)
        settings = lab.settings_type
        assert lab.demo_data in builtin.TABLES
        rows = builtin.load(lab.demo_data)[0].num_rows
        quick = {**settings.efforts["quick"], **lab.demo_settings}
        assert quick["max_rows"] >= rows
