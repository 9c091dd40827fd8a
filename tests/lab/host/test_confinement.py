"""A process that handles other people's files writes into its folder only, and reaches no network, where the system keeps to it."""

import json
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from samples import nosy

from lab.host import confinement
from lab.host.children import run_child

TESTS = Path(__file__).parents[2]
CHANGES = ("write", "change", "remove", "have another write")
NETWORK = ("connect", "send")
ALWAYS = {"write inside": True, "make a folder inside": True, "read": True}


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """What a child could do, confined to a folder or not."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (TESTS.parent, TESTS))))

    def run(*, confined):
        inside, outside = tmp_path / f"inside-{confined}", tmp_path / f"outside-{confined}"
        inside.mkdir(), outside.mkdir()
        (outside / "old").write_text("old")
        with socket.create_server(("127.0.0.1", 0)) as server:
            words = (str(inside), str(outside), str(server.getsockname()[1]))
            child = run_child("samples.nosy", *words, timeout=60, confined_to=str(inside) if confined else "")
        assert child.returncode == 0, child.stderr
        assert not confined or sorted(path.name for path in inside.iterdir()) == ["below", "new"]
        return json.loads(child.stdout)

    return run


def test_without_confinement_a_child_can_do_it_all(tried):
    assert tried(confined=False) == ALWAYS | dict.fromkeys((*CHANGES, "cut off", *NETWORK), True)


def test_a_confined_child_changes_nothing_outside_its_folder_and_reaches_no_network(tried):
    kept = nosy.kept_here()
    if not kept:
        pytest.skip("this system keeps to neither")
    found = tried(confined=True)
    wanted = ALWAYS | dict.fromkeys(CHANGES, "files" not in kept)
    if "files" in kept and tuple(map(int, platform.release().split(".")[:2])) >= (6, 2):
        wanted["cut off"] = False
    if "network" in kept:
        wanted |= dict.fromkeys(NETWORK, False)
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("refused", ["syscall", "unshare"])
def test_what_the_system_refuses_is_left_out(refused, monkeypatch):
    """In a process of its own, since it lasts for ever."""
    code = f"""
import ctypes
from lab.host import confinement
class Refusing(ctypes.CDLL):
    def __getattr__(self, name):
        return (lambda *words: -1) if name == {refused!r} else super().__getattr__(name)
confinement.ctypes.CDLL = Refusing
print(confinement.confine("/"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lost = {"syscall": "files", "unshare": "network"}[refused]
    assert done.stdout.strip() == str([name for name in nosy.kept_here() if name != lost])


def test_elsewhere_than_on_linux_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert confinement.confine(os.devnull) == []


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="gives rights away")
def test_a_user_without_rights_is_confined_as_well_and_gains_none():
    code = """
import os
from lab.host.confinement import confine
os.setgroups([]), os.setgid(65534), os.setuid(65534)
print(confine("/"), os.getuid(), os.getgid(), *(line for line in open("/proc/self/status") if line.startswith("CapEff")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("] ")[1].split() == ["65534", "65534", "CapEff:", "0" * 16]
