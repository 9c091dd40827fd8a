"""A child that tries to leave its folder: it says, of each thing that it tried, whether that was done."""

import functools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def tries(inside, outside, port):
    """Try everything; gives what was done, by its name."""
    return {
        "write inside": done(lambda: (Path(inside) / "new").write_text("x")),
        "make a folder inside": done(lambda: (Path(inside) / "below").mkdir()),
        "read": done(lambda: Path(outside, "old").read_text()),
        "write": done(lambda: Path(outside, "new").write_text("x")),
        "change": done(lambda: Path(outside, "old").write_text("x")),
        "cut off": done(lambda: os.truncate(Path(outside, "old"), 1)),
        "remove": done(lambda: Path(outside, "old").unlink()),
        "have another write": done(
            lambda: subprocess.run(["touch", str(Path(outside, "new"))], check=True, capture_output=True)
        ),
        "connect": done(lambda: socket.create_connection(("127.0.0.1", port), timeout=5)),
        "send": done(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))),
    }


def done(what):
    try:
        what()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@functools.cache
def kept_here():
    """List what of a confinement this system keeps, as a process says of itself."""
    code = "import json; from lab.host.confinement import confine; print(json.dumps(confine('/')))"
    return json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def sent_along(monkeypatch, tmp_path, module):
    """Have a module that starts a child start this one first, in the same way: gives a call that says what it could not keep it from.

    A test that needs it is skipped where the system keeps no process from writing.
    """
    if "files" not in kept_here():
        pytest.skip("this system does not keep a process from writing")
    (tmp_path / "old").touch()
    run, said = module.run_child, []

    def look_around(name, folder, **options):
        said.append(run("samples.nosy", folder, str(tmp_path), "9", **options).stdout)
        return run(name, folder, **options)

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setattr(module, "run_child", look_around)

    def outside():
        found = json.loads(said[0])
        assert found["write inside"]
        return [name for name in ("write", "change", "remove", "have another write") if found[name]]

    return outside


if __name__ == "__main__":
    json.dump(tries(sys.argv[1], sys.argv[2], int(sys.argv[3])), sys.stdout)
