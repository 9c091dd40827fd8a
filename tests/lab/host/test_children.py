"""A process that we start ends with us, and its files go, whatever ends us."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from samples import processes

from lab.host import scratch
from lab.host.children import run_child, started_child

TESTS = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
STARTS = """
import sys, time
from lab.host.children import started_child
with started_child("samples.slow_child", sys.argv[1], stdout=-1) as child:
    print(child.stdout.readline().strip(), child.pid, flush=True)
    time.sleep(60)
"""


def environment(**more):
    return os.environ | {"PYTHONPATH": str(TESTS)} | {name: str(value) for name, value in more.items()}


@LINUX
@pytest.mark.parametrize("how", ["free", "locked"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_child_ends_with_its_parent_whatever_ends_that(number, how):
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, how], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment(), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in the background
    ) as parent:  # fmt: skip
        said, child = parent.stdout.readline().split()
        assert said == "started"
        assert processes.alive(int(child))
        parent.send_signal(number)
    assert processes.gone([int(child)]), "the child outlives its parent"


def test_a_child_ends_by_its_pipe_where_the_kernel_cannot_be_asked():
    """As on macOS: the start of the child is played by hand, without the request to the kernel."""
    watched, ours = os.pipe()
    code = f"import sys, time; sys.platform = 'darwin'; from lab.host.children import end_with_parent\n" \
        f"end_with_parent(0, {watched}); print('there', flush=True); time.sleep(60)"  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code], pass_fds=(watched,), stdout=subprocess.PIPE) as child:
        os.close(watched)
        child.stdout.readline()
        assert child.poll() is None
        os.close(ours)
        assert child.wait(20) == 1


@LINUX
def test_a_block_that_raises_leaves_no_child(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    seen = []

    def interrupted():
        with started_child("samples.slow_child", "free", stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            seen.append(child.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not processes.alive(seen[0])


def test_a_child_that_takes_too_long_is_killed(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    with pytest.raises(subprocess.TimeoutExpired):
        run_child("samples.slow_child", "free", timeout=2)


def test_what_a_child_prints_and_how_it_ends_come_back():
    done = run_child("base64", "-t", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "b'QWxhZGRpbjpvcGVuIHNlc2FtZQ==" in done.stdout
    assert run_child("base64", "--no-such-option", timeout=60).returncode == 2


def test_no_module_of_the_current_folder_is_run(tmp_path, monkeypatch):
    (tmp_path / "base64.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    assert run_child("base64", "-t", timeout=60).returncode == 0


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_scratch_folder_is_private_and_goes(base):
    with scratch.scratch_folder() as folder:
        (folder / "rows.npz").write_bytes(b"rows")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent == base
    assert list(base.iterdir()) == []


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(base):
    code = "import time\nfrom lab.host.scratch import scratch_folder\nwith scratch_folder() as f:\n" \
        " (f / 'rows').touch(); print(f, flush=True); time.sleep(60)"  # fmt: skip
    start = lambda: subprocess.Popen(  # noqa: E731
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment(TMPDIR=base)
    )
    with start() as dead, start() as living:
        left, used = (Path(process.stdout.readline().strip()) for process in (dead, living))
        dead.kill()
        dead.wait()
        assert (left / "rows").exists()
        with scratch.scratch_folder():
            assert not left.exists()
            assert (used / "rows").exists()
        living.kill()
    scratch.sweep(base)
    assert list(base.iterdir()) == []


def test_a_sweep_follows_no_link_and_touches_nothing_else(base, tmp_path_factory):
    precious = tmp_path_factory.mktemp("precious")
    (precious / "file").touch()
    (base / "future-tech-lab-1-a.lock").touch()
    (base / "future-tech-lab-1-a").symlink_to(precious)
    (base / "future-tech-lab-1-b.lock").symlink_to(precious / "file")
    (base / "other").mkdir()
    scratch.sweep(base)
    assert (precious / "file").exists()
    assert (base / "other").exists()


def test_many_processes_at_once_never_take_each_others_folder(base):
    code = "from lab.host.scratch import scratch_folder\nfor _ in range(40):\n with scratch_folder() as f:\n" \
        "  (f / 'x').write_text('1'); assert (f / 'x').read_text() == '1'"  # fmt: skip
    running = [subprocess.Popen([sys.executable, "-c", code], env=environment(TMPDIR=base)) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert list(base.iterdir()) == []
