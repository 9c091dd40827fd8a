"""Whatever is killed, and whenever: nothing finished is lost, nothing is left behind, the result is the same.

A small slice; `tests/benchmarks/kills.py` kills hundreds of times, the real labs too.
"""

import random
import signal
import sys

import pytest
from samples import killing, tiny_site
from samples.killing import Kill

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return tiny_site.make_site(tmp_path_factory.mktemp("kills") / "site")


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_been(site, tmp_path):
    subject = killing.tiny_subjects(0.05)["run"]
    known = killing.reference(killing.Place(tmp_path / "whole", site, subject))
    kills = [
        Kill(signal.SIGKILL, "group", write=known.writes // 2),
        Kill(signal.SIGINT, "parent", write=3 * known.writes // 4),
        Kill(signal.SIGHUP, "group", write=12),
        Kill(signal.SIGKILL, "worker", after_s=known.seconds / 2),
    ]
    found = killing.Found()
    killing.kill_and_repeat(killing.Place(tmp_path / "cut", site, subject), known, kills, found)
    assert found.faults == []
    assert found.pieces > 0
    assert sum(found.kills.values()) == 4


@pytest.mark.slow
def test_of_several_processes_that_share_a_run_some_are_killed_and_it_ends_as_if_nothing_had_been(site, tmp_path):
    subject = killing.tiny_subjects(0.1)["run"]
    known = killing.reference(killing.Place(tmp_path / "whole", site, subject))
    kills = [
        Kill(signal.SIGKILL, "group", after_s=0.6 * known.seconds),
        Kill(signal.SIGTERM, "parent", after_s=0.3 * known.seconds),
        Kill(signal.SIGKILL, "parent", after_s=0.5 * known.seconds),
    ]
    found = killing.Found()
    place = killing.Place(tmp_path / "shared", site, subject)
    killing.kill_among(place, known, 2, kills, found, random.Random(0))
    assert found.faults == []
    assert sum(found.kills.values()) == 3


@pytest.mark.slow
def test_an_interrupted_demo_keeps_the_labs_that_were_finished_and_the_next_demo_computes_anew(site, tmp_path):
    subject = killing.tiny_subjects(0.0)["demo"]
    place = killing.Place(tmp_path / "demo", site, subject)
    process = place.start()
    assert killing.processes.wait_until(lambda: list(place.out.glob("*small*/report.html")))
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "ended by SIGTERM: finished work is kept" in said
    process = place.start()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "small on wine had finished before the interruption; its result is in" in said
    assert len(list(place.out.glob("*/record.json"))) == 2
    assert len(list(place.out.iterdir())) == 3
