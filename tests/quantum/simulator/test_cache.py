"""Machine code is read only from a file that we alone can have written, whatever others do meanwhile."""

import hashlib
import os
import subprocess
import sys
import threading
import time

import pytest
from samples import processes

from quantum.simulator import cache, native

OURS, THEIRS = b"ours " * 1000, b"theirs " * 1000
NAME = "code.o"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "cache"
    cache.keep(made, NAME, OURS)
    return made


def test_what_was_kept_is_read_and_only_we_can_change_it(folder):
    assert cache.read(folder, NAME) == OURS
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [folder / NAME]


def test_nothing_there_is_no_fault(tmp_path):
    assert cache.read(tmp_path / "none", NAME) is None
    assert not (tmp_path / "none").exists()


def link(path):
    other = path.with_name("elsewhere")
    path.rename(other)
    path.symlink_to(other)


def second_name(path):
    os.link(path, path.with_name("second"))


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def subfolder(path):
    path.unlink()
    path.mkdir()


FOREIGN = {
    "a file that a group can write": lambda path: path.chmod(0o620),
    "a file that all can write": lambda path: path.chmod(0o602),
    "a link": link,
    "a file with two names": second_name,
    "a pipe": pipe,
    "a folder": subfolder,
    "a folder that a group can write": lambda path: path.parent.chmod(0o770),
    "a folder that all can write": lambda path: path.parent.chmod(0o707),
    "a folder for all that keeps their files apart": lambda path: path.parent.chmod(0o1777),
    "a folder above that all can write": lambda path: path.parent.parent.chmod(0o777),
}
if os.getuid() == 0:  # only root can give files away
    FOREIGN |= {
        "a file of another user": lambda path: os.chown(path, 12_345, 12_345),
        "a folder of another user": lambda path: os.chown(path.parent, 12_345, 12_345),
        "a folder above of another user": lambda path: os.chown(path.parent.parent, 12_345, 12_345),
    }


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_others_could_have_written_is_refused(change, folder):
    change(folder / NAME)
    with pytest.raises(OSError, match=r"not a plain file|belongs to|can be changed|symbolic links"):
        cache.read(folder, NAME)


@pytest.mark.parametrize("place", [name for name in FOREIGN if "folder" in name and name != "a folder"])
def test_nothing_is_kept_where_others_could_change_it(place, folder):
    FOREIGN[place](folder / NAME)
    with pytest.raises(cache.NotOursError):
        cache.keep(folder, "more.o", OURS)
    assert not (folder / "more.o").exists()


def test_a_folder_in_a_shared_one_that_keeps_files_apart_is_ours(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    cache.keep(shared / "mine", NAME, OURS)
    assert cache.read(shared / "mine", NAME) == OURS


def test_a_folder_reached_by_a_link_of_ours_is_used(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert cache.read(tmp_path / "link", NAME) == OURS


def test_a_file_swapped_during_the_look_is_never_taken_for_ours(folder, tmp_path):
    path, hostile, stop = folder / NAME, tmp_path / "hostile", threading.Event()
    hostile.write_bytes(THEIRS)
    hostile.chmod(0o666)  # stands for a file of somebody else

    def swap():
        beside = folder / "beside"
        while not stop.is_set():
            for make in (lambda: beside.symlink_to(hostile), lambda: os.link(hostile, beside)):
                make()
                beside.replace(path)
            cache.keep(folder, NAME, OURS)

    attacker = threading.Thread(target=swap)
    attacker.start()
    found, attempts, deadline = set(), 0, time.monotonic() + 60
    try:
        while (len(found) < 2 or attempts < 3_000) and time.monotonic() < deadline:
            attempts += 1
            try:
                found.add(cache.read(folder, NAME))
            except OSError:
                found.add("refused")
    finally:
        stop.set()
        attacker.join()
    assert found <= {OURS, "refused"}
    assert found == {OURS, "refused"}, "the race never went both ways, so it showed nothing"


def test_what_a_killed_process_left_is_removed_later(folder):
    left = folder / ".code.o.1.part"
    left.write_bytes(b"half")
    cache.keep(folder, NAME, OURS)
    assert left.exists()  # another process may be at it
    os.utime(left, (0, 0))
    cache.keep(folder, NAME, OURS)
    assert not left.exists()


def test_code_in_a_folder_of_others_is_not_run_and_the_reason_is_said(tmp_path, monkeypatch):
    shared, temporary = tmp_path / "shared", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("QUANTUM_CACHE_DIR", str(shared))
    monkeypatch.setattr(native.cache, "private_folder", lambda name: temporary / name)
    code = b"planted"
    cache.keep(shared, native._file_name("float32"), hashlib.sha256(code).digest() + code)
    assert native._stored("float32") == code
    shared.chmod(0o777)
    assert native._stored("float32") is None
    assert native._why_not_kept("float32") == (
        f"the compiled simulator is not kept in the cache folder ({shared} can be changed by other users); make it yours "
        "alone, or name another with QUANTUM_CACHE_DIR"
    )
    native._keep("float32", code)
    assert native._stored("float32") == code, "the folder in the temporary one takes its place"


def test_a_compiler_that_fails_is_quoted_with_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "full_disk.py").write_text("import sys; sys.exit('the disk is full')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(native, "_COMPILER", "full_disk")
    with pytest.raises(RuntimeError, match=r"the compiler said: the disk is full; try again with .* reinstall numba"):
        native._compile("float32")


@pytest.mark.slow
def test_the_same_machine_compiles_the_same_code_whatever_the_seed_of_hashes(monkeypatch):
    """By hashes of seed 4, numba puts blocks in another order than by those of seed 0."""
    native.warm_up()
    known, compiled = native._stored("float32"), []
    monkeypatch.setenv("PYTHONHASHSEED", "4")
    monkeypatch.setattr(native, "_keep", lambda precision, code: compiled.append(code))
    native._compile("float32")
    assert compiled == [known]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_compiler_ends_with_the_process_that_waits_for_it(tmp_path):
    code = "import sys; from quantum.simulator import native; native._COMPILER = 'forever'; native.walk('float32')"
    (tmp_path / "forever.py").write_text("import sys, time; print('began', file=sys.stderr); time.sleep(600)")
    mark = f"COMPILER_MARK={tmp_path}"
    variables = dict([mark.split("=")]) | {"PYTHONPATH": str(tmp_path), "QUANTUM_CACHE_DIR": str(tmp_path / "cache")}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | variables | {"TMPDIR": str(tmp_path)}
    ) as parent:
        assert processes.wait_until(lambda: len(processes.marked(mark)) == 2)
        parent.terminate()
    assert processes.wait_until(lambda: not processes.marked(mark))
