"""Several processes at one run do each trial once; what one that is gone had begun is done by another, whatever clocks say."""

import errno
import os
import signal
import subprocess
import sys

import pytest
from samples import processes, tiny_site
from samples.untimed import untimed

from lab.host.locks import are_known, held, held_with_others, is_held
from lab.work import drivers as module
from lab.work.drivers import Drivers


class Clock:
    """Stands for the time of whoever watches; what others write is not read from it."""

    def __init__(self):
        self.now = 1_000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_a_trial_belongs_to_one_and_its_news_reach_the_others(tmp_path):
    with Drivers(tmp_path) as one, Drivers(tmp_path) as other:
        assert (one.is_first, other.is_first) == (True, False)
        assert [one.claim("a"), other.claim("a"), other.claim("b"), one.claim("b"), one.claim("a")] == [
            True, False, True, False, True,
        ]  # fmt: skip
        one.tell("a")
        other.tell("b", "it broke\nover two lines")
        assert list(one.news()) == [("b", "it broke\nover two lines")]
        assert list(other.news()) == [("a", None)]
        assert list(other.news()) == []
        one.tell("c")
        assert list(other.news()) == [("c", None)]


def test_half_a_line_of_news_is_not_taken(tmp_path):
    with Drivers(tmp_path) as one, Drivers(tmp_path) as other:
        one.tell("a")
        (journal,) = [path for path in tmp_path.glob("*.done") if path.stat().st_size]
        with journal.open("ab") as stream:
            stream.write(b'["b", nu')
            stream.flush()
            assert list(other.news()) == [("a", None)]
            stream.write(b"ll]\n")
        assert list(other.news()) == [("b", None)]


def test_one_leads_and_the_next_one_when_it_has_left(tmp_path):
    with Drivers(tmp_path) as one, Drivers(tmp_path) as other:
        assert not one.is_led()
        assert one.leads()
        assert (other.leads(), other.is_led(), one.is_led()) == (False, True, False)
        third = Drivers(tmp_path)
        one.close()
        assert not other.is_led()
        assert other.leads()
        assert third.is_led(), "the claim of the one that has left is passed over"
        assert not third.leads()
        third.close()
        one._alive, one._journal = os.open(os.devnull, os.O_RDONLY), os.open(os.devnull, os.O_RDONLY)  # closed twice


def test_whoever_left_has_given_up_its_trials_and_only_one_gets_each(tmp_path):
    one, others = Drivers(tmp_path), [Drivers(tmp_path) for _ in range(3)]
    assert one.claim("a")
    assert not any(other.claim("a") for other in others)
    one.close()
    assert sum(other.claim("a") for other in others) == 1
    assert [other.is_taken_over("a") for other in others].count(True) >= 1
    for other in others:
        other.close()


CLAIMS = """
import sys, time
from pathlib import Path
from lab.work.drivers import Drivers
d = Drivers(Path(sys.argv[1]), machine=sys.argv[2])
d.claim("a")
print("claimed", flush=True)
sys.stdin.read()
"""


def claimed_elsewhere(folder, machine):
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMS, folder, machine], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "claimed\n"
    return process


def test_of_a_killed_process_of_this_machine_is_known_at_once(tmp_path, clock):
    with Drivers(tmp_path, machine="here") as mine, claimed_elsewhere(tmp_path, "here") as other:
        assert not mine.claim("a")
        clock.now += 10_000
        assert not mine.claim("a"), "it lives, however long it takes"
        other.kill()
        other.wait()
        assert mine.claim("a")
        assert mine.is_taken_over("a")


def test_of_another_machine_the_count_must_stand_still_by_our_own_clock(tmp_path, clock, monkeypatch):
    with Drivers(tmp_path, machine="here") as mine, claimed_elsewhere(tmp_path, "there") as other:
        assert not mine.claim("a")
        (sign,) = [path for path in tmp_path.glob("*.alive") if b"there" in path.read_bytes()]
        os.utime(sign, (0, 0))  # a clock that is decades behind says nothing
        for _ in range(5):
            before = sign.read_bytes()
            assert processes.wait_until(lambda before=before: sign.read_bytes() != before, 20)
            clock.now += 29
            assert not mine.claim("a"), "it counts"
        other.kill()
        other.wait()
        assert not mine.claim("a"), "its lock is free, which a file system may say of a living one"
        clock.now += 29
        assert not mine.claim("a")
        clock.now += 2
        assert mine.claim("a")


def test_a_claim_whose_maker_died_over_it_waits_as_long(tmp_path, clock):
    with Drivers(tmp_path) as mine:
        (tmp_path / "claims" / "a.0").touch()
        assert not mine.claim("a")
        clock.now += 31
        assert mine.claim("a")


def without_locks(descriptor, operation):
    raise OSError(errno.ENOLCK, "No locks available")


def locks_for_all(descriptor, operation):
    """A file system that grants every lock: its locks end at each process."""


@pytest.mark.parametrize("flock", [without_locks, locks_for_all], ids=lambda flock: flock.__name__)
def test_a_file_system_without_locks_is_noticed_and_processes_are_watched(tmp_path, clock, monkeypatch, flock):
    assert are_known(tmp_path)
    with claimed_elsewhere(tmp_path, "here") as other:
        monkeypatch.setattr("lab.host.locks.fcntl.flock", flock)
        with Drivers(tmp_path, machine="here") as mine:
            assert not mine.has_locks
            assert not mine.claim("a")
            other.kill()
            other.wait()
            assert not mine.claim("a")
            clock.now += 31
            assert mine.claim("a")
    assert list(tmp_path.glob(".probe*")) == []


def test_a_lock_is_held_by_several_or_by_one(tmp_path):
    lock, told = tmp_path / "lock", []
    with held_with_others(lock, alone=lambda: told.append("in")):
        assert told == ["in"]
        with held_with_others(lock, alone=lambda: told.append("never")):
            assert is_held(lock)
            with pytest.raises(TimeoutError), held(lock):
                pass
        with pytest.raises(TimeoutError), held(lock):
            pass
        assert lock.exists()
        told.clear()
    assert told == ["in"], "the last one is told again"
    assert not lock.exists()
    with held(lock), pytest.raises(TimeoutError), held_with_others(lock):
        pass
    assert not is_held(lock)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return tiny_site.make_site(tmp_path_factory.mktemp("drivers") / "site")


def begun(site, folder, *, drivers, trials=8, seconds=0.2):
    marks = folder / "marks"
    marks.mkdir(exist_ok=True)
    words = ["run", "tiny", "wine", "--independent", "--trials", trials, "--timings", 2, "--seconds", seconds,
             "--workers", 1, "--out", folder / "runs"]  # fmt: skip
    return [
        subprocess.Popen(
            tiny_site.command(site, *words), env=tiny_site.environment(site, TINY_MARKS=marks), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(drivers)
    ]  # fmt: skip


def calls(folder):
    return sorted(path.name.rsplit("-", 1)[0] for path in (folder / "marks").iterdir() if "span" not in path.name)


def test_two_equal_runs_at_once_share_their_trials_and_end_with_one_record(site, tmp_path):
    runs = begun(site, tmp_path, drivers=2)
    said = [process.communicate(timeout=120) for process in runs]
    assert [process.returncode for process in runs] == [0, 0], said
    assert calls(tmp_path) == sorted([*(f"draw-{i}" for i in range(8)), "measure-0", "measure-1"]), "each once"
    (folder,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    assert said[0][0] == said[1][0]
    assert sum("another process is at this run already" in err for _, err in said) >= 1
    names = {path.name for path in folder.iterdir()}
    assert names == {"fingerprint.txt", "log.txt", "plan.json", "record.json", "report.html", "sessions.json", "trials"}
    assert sorted(path.suffix for path in (folder / "trials").iterdir()) == [".json"] * 10 + [".npz"] * 10
    spans = sorted(tuple(map(float, path.read_text().split())) for path in (tmp_path / "marks").glob("span-*"))
    assert spans[0][1] <= spans[1][0], "what runs alone did"


@pytest.mark.slow
def test_a_driver_that_is_killed_leaves_what_came_and_the_other_ends_the_run(site, tmp_path):
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    whole.mkdir(), shared.mkdir()
    (alone,) = begun(site, whole, drivers=1)
    alone.communicate(timeout=120)
    one, other = begun(site, shared, drivers=2, seconds=0.4)
    assert processes.wait_until(lambda: len(list(shared.glob("runs/*/trials/*.json"))) >= 3)
    kept = {path: path.stat().st_mtime_ns for path in shared.glob("runs/*/trials/*.json")}
    one.send_signal(signal.SIGKILL)
    one.communicate()
    _, said = other.communicate(timeout=120)
    assert other.returncode == 0, said
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what was finished is not computed again"
    records = [untimed(next(folder.glob("runs/*/record.json")).parent) for folder in (whole, shared)]
    for plain in records:
        del plain["settings"]["seconds"]
    assert records[0] == records[1]
    assert len(set(calls(shared))) == 10
    assert len(calls(shared)) <= 11, "what the killed one was at, and nothing else, is computed twice"
    assert not list(shared.glob("runs/*/.drivers"))
