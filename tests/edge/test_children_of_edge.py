"""No process that measures, serves or tries a model outlives the one that started it, and no row of a table stays behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lab.host.scratch import sweep

START = "import sys, tempfile, numpy as np; tempfile.tempdir = sys.argv[1]; from edge.exporting.device import identity_model\n"
ROWS = "model, rows = identity_model(3), {'numbers': np.zeros((4, 3), np.float32)}\n"
KINDS = {
    "measures": "from edge.places.process import *; measure_in_process(Served(model, rows), Request(seconds=60.0))",
    "serves": "from edge.footprint import serving; serving.serve_in_fresh_processes(model, rows, processes=1_000)",
    "tries": """
        from onnx import TensorProto, helper, numpy_helper
        from edge.given.asked import Asked
        from edge.given.guard import ask_under_limits
        value = helper.make_tensor_value_info
        body = helper.make_graph([helper.make_node("Identity", ["go"], ["on"])], "b",
                                 [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, [])],
                                 [value("on", TensorProto.BOOL, [])])
        loop = helper.make_node("Loop", ["n", "yes"], [], body=body)
        end = helper.make_node("Identity", ["numbers"], ["p"])
        given = [numpy_helper.from_array(np.array(v), n) for v, n in ((2**62, "n"), (True, "yes"))]
        wide = lambda name: value(name, TensorProto.FLOAT, [None, 3])
        g = helper.make_graph([loop, end], "g", [wide("numbers")], [wide("p")], given)
        endless = helper.make_model(g, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        ask_under_limits(endless.SerializeToString(), Asked(rows), name="m.onnx")
    """,
}


def children(folder):
    """Processes whose command names the folder, but for the one that was started with it."""
    found = set()
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(os.fsencode(folder) + b"/") for word in words):
            found.add(int(process.name))
    return found


def wait_for(condition, seconds=60.0):
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last, "it did not come to that"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes as Linux shows them")
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_process_takes_its_child_with_it_and_its_rows_are_swept(kind, tmp_path):
    code = START + ROWS + textwrap.dedent(KINDS[kind])
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.PIPE) as process:
        try:
            wait_for(lambda: children(tmp_path) or process.poll() is not None)
            assert process.poll() is None, process.stderr.read()
            (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
            assert folder.stat().st_mode & 0o077 == 0
        finally:
            process.send_signal(signal.SIGKILL)
    wait_for(lambda: not children(tmp_path))
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
