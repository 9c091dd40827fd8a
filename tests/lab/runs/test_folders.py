"""A run finds its own folder whatever else lies beside it, and leaves nothing of dead processes there."""

import errno
import os
import subprocess
import sys

import pytest

from lab.host.locks import held
from lab.runs.elapsed import Sessions, Start
from lab.runs.folders import SESSIONS, finished_folder, is_under_way, owner_of_sessions, run_folder, using
from lab.work.sealed import write_sealed

ONE, OTHER = "1" * 64, "2" * 64


def opened(out, identity=ONE, notes=None):
    with run_folder(out, lab="tiny", data="t.csv", identity=identity, notify=(notes or []).append) as folder:
        return folder


def damage(folder, how):
    mark = folder / "fingerprint.txt"
    mark.unlink(missing_ok=True)
    if how == "not UTF-8":
        mark.write_bytes(b"\xff\xfe\x00" * 30)
    elif how == "a folder":
        mark.mkdir()
    elif how == "a link to itself":
        mark.symlink_to(mark)
    elif how == "a pipe":
        os.mkfifo(mark)
    elif how == "a link elsewhere":
        mark.symlink_to("/dev/zero")
    elif how == "no right to read":
        mark.write_text("unreadable")
        mark.chmod(0)
    else:
        mark.write_bytes(b"1" * 5_000_000 if how == "long" else b"")


KINDS = ["not UTF-8", "a folder", "a link to itself", "a pipe", "a link elsewhere", "no right to read", "long", "empty"]


@pytest.mark.parametrize("how", KINDS)
def test_a_damaged_mark_of_another_run_stops_nobody(tmp_path, how):
    damage(opened(tmp_path, OTHER), how)
    mine = opened(tmp_path)
    assert opened(tmp_path) == mine


@pytest.mark.parametrize("how", [kind for kind in KINDS if kind != "a folder"])
def test_a_run_whose_mark_is_damaged_is_known_by_its_sessions(tmp_path, how):
    folder = opened(tmp_path)
    Sessions(folder / SESSIONS, owner_of_sessions(ONE), Start())
    damage(folder, how)
    assert opened(tmp_path, OTHER) != folder
    assert opened(tmp_path) == folder
    assert opened(tmp_path, OTHER) != folder


def test_any_flipped_bit_of_the_mark_is_made_good_by_the_sessions(tmp_path):
    folder = opened(tmp_path)
    Sessions(folder / SESSIONS, owner_of_sessions(ONE), Start())
    for bit in range(0, 64 * 8, 37):
        content = bytearray(f"{ONE}\n".encode())
        content[bit // 8] ^= 1 << bit % 8
        (folder / "fingerprint.txt").write_bytes(content)
        assert opened(tmp_path) == folder
        assert (folder / "fingerprint.txt").read_text() == f"{ONE}\n"


def test_a_run_whose_mark_is_a_folder_is_left_alone_and_named(tmp_path):
    folder, notes = opened(tmp_path), []
    Sessions(folder / SESSIONS, owner_of_sessions(ONE), Start())
    damage(folder, "a folder")
    with run_folder(tmp_path, lab="tiny", data="t", identity=ONE, notify=notes.append) as other:
        assert other != folder
    assert "its fingerprint.txt is not a file" in notes[0]


@pytest.mark.parametrize("name", ["trials", "log.txt", "report.html", "record.json"])
@pytest.mark.parametrize("put", ["link", "wrong kind"])
def test_a_run_with_something_in_the_place_of_its_parts_is_left_alone_and_named(tmp_path, name, put):
    folder = opened(tmp_path)
    if put == "link":
        (folder / name).symlink_to(tmp_path / "elsewhere")
    elif name == "trials":
        (folder / name).write_text("")
    else:
        (folder / name).mkdir()
    notes = []
    with run_folder(tmp_path, lab="tiny", data="t.csv", identity=ONE, notify=notes.append) as other:
        assert other != folder
    assert len(notes) == 1
    assert f"its {name} is not a f" in notes[0]


def test_foreign_things_in_the_folder_of_runs_stay_and_stop_nobody(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty" / "trials").mkdir(parents=True)
    (tmp_path / "other" / "fingerprint.txt").mkdir(parents=True)
    before = sorted(path.name for path in tmp_path.iterdir())
    mine = opened(tmp_path)
    assert opened(tmp_path) == mine
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, mine.name])


def test_the_same_run_shares_a_folder_and_one_that_is_cleared_up_is_not_taken(tmp_path):
    with run_folder(tmp_path, lab="tiny", data="t", identity=ONE) as mine:
        (mine / ".drivers").mkdir()
        assert opened(tmp_path) == mine
        assert (mine / ".drivers").exists(), "the first one is still there"
        with pytest.raises(TimeoutError), using(mine):
            pass
        assert is_under_way(mine)
    assert not (mine / ".drivers").exists()
    assert not is_under_way(mine)
    with using(mine):
        assert opened(tmp_path) != mine
    assert opened(tmp_path) == mine
    assert not list(tmp_path.glob("**/.lock"))
    assert not (tmp_path / ".opening").exists()


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_killed_processes_agreed_on_is_forgotten(tmp_path, kind):
    mine = opened(tmp_path)
    place = mine / ".drivers"
    if kind == "folder":
        (place / "claims").mkdir(parents=True)
        (place / "claims" / "a.0").write_text("of a dead one")
    elif kind == "file":
        place.write_text("")
    else:
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    with run_folder(tmp_path, lab="tiny", data="t", identity=ONE) as folder:
        assert folder == mine
        assert not os.path.lexists(place)
    assert kind != "link" or (tmp_path / "elsewhere").exists()


def test_what_dead_processes_left_is_removed_and_what_a_living_one_uses_stays(tmp_path):
    dead = opened(tmp_path, OTHER)
    with run_folder(tmp_path, lab="tiny", data="t", identity="3" * 64) as living:
        for folder in (dead, living):
            (folder / "trials" / ".scratch").mkdir(parents=True)
            (folder / "trials" / ".scratch" / "rows.csv").touch()
            (folder / "trials" / ".1-aa.part").touch()
            (folder / ".1-aa.part").touch()
        (tmp_path / ".1-aa.part").touch()
        (dead / "kept.part").touch()
        opened(tmp_path)
        assert sorted(path.name for path in dead.rglob("*")) == ["fingerprint.txt", "kept.part", "trials"]
        assert (living / "trials" / ".scratch" / "rows.csv").exists()
        assert not (tmp_path / ".1-aa.part").exists()


def test_many_equal_runs_at_once_get_one_folder_and_so_do_those_that_come_later(tmp_path):
    code = "import sys, time\nfrom pathlib import Path\nfrom lab.runs.folders import run_folder\n" \
        f"with run_folder(Path(sys.argv[1]), lab='tiny', data='t', identity={ONE!r}) as f:\n" \
        "    print(f.name, flush=True); sys.stdin.read()"  # fmt: skip
    for _ in range(2):
        runs = [subprocess.Popen([sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                for _ in range(4)]  # fmt: skip
        assert len({run.stdout.readline() for run in runs}) == 1
        for run in runs:
            run.communicate()
    (folder,) = tmp_path.iterdir()
    assert [path.name for path in folder.iterdir()] == ["fingerprint.txt"]


def without_locks(descriptor, operation):
    raise OSError(errno.ENOLCK, "No locks available")


def test_a_run_begins_and_is_taken_up_where_there_are_no_locks(tmp_path, monkeypatch):
    monkeypatch.setattr("lab.host.locks.fcntl.flock", without_locks)
    mine = opened(tmp_path)
    assert opened(tmp_path) == mine


def test_a_new_folder_appears_with_its_mark_or_not_at_all(tmp_path):
    """Killed just before each of the changes that opening a folder makes, the next one finds no half of it."""
    for change in range(1, 12):
        out = tmp_path / str(change)
        out.mkdir()
        subprocess.run([sys.executable, "-c", OPEN_AND_DIE, str(out), str(change)], check=False)
        folder = opened(out)
        assert [path.name for path in out.iterdir()] == [folder.name], change
        assert [path.name for path in folder.iterdir()] == ["fingerprint.txt"], change


OPEN_AND_DIE = f"""
import os, signal, sys
from pathlib import Path
from lab.runs.folders import run_folder

left = int(sys.argv[2])


def die(event, arguments):
    global left
    if event in ("os.mkdir", "os.rename", "os.remove") or (event == "open" and str(arguments[0]).startswith(sys.argv[1])):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(die)
with run_folder(Path(sys.argv[1]), lab="tiny", data="t", identity={ONE!r}):
    pass
"""


def test_a_finished_run_is_found_by_name_and_identity_only(tmp_path):
    folder = opened(tmp_path)
    assert finished_folder(tmp_path, [folder.name], ONE) is None
    (folder / "record.json").write_text("{}")
    assert finished_folder(tmp_path, [folder.name], ONE) is None, "it was killed before its report"
    (folder / "report.html").write_text("<html>")
    assert finished_folder(tmp_path, [folder.name], ONE) == folder
    assert finished_folder(tmp_path, [folder.name], OTHER) is None
    assert finished_folder(tmp_path, ["another", f"../{tmp_path.name}/{folder.name}", ".."], ONE) is None


def test_the_first_session_names_the_start_and_all_sessions_make_the_time(tmp_path):
    path = tmp_path / SESSIONS
    first = {"started": "2026-01-01T00:00:00+00:00", "seconds": 100.0}
    write_sealed(path, [first, {"started": "2026-01-02T00:00:00+00:00", "seconds": 20.5}], owner="o")
    sessions = Sessions(path, "o", Start())
    assert sessions.started == "2026-01-01T00:00:00+00:00"
    assert 120.5 <= sessions.seconds < 180
    third = Sessions(path, "o", Start())
    assert third.started == sessions.started
    assert third.seconds >= 120.5


@pytest.mark.parametrize("value", [3, [3], [{}], [{"started": "x", "seconds": "y"}], {"started": 1}])
def test_damaged_times_stop_nobody(tmp_path, value):
    write_sealed(tmp_path / SESSIONS, value, owner="o")
    assert Sessions(tmp_path / SESSIONS, "o", Start()).seconds < 60
    (tmp_path / SESSIONS).write_bytes(b"\xff")
    assert Sessions(tmp_path / SESSIONS, "o", Start()).seconds < 60


def test_a_lock_leaves_no_file_and_is_exclusive(tmp_path):
    with held(tmp_path / "lock"), pytest.raises(TimeoutError), held(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []
