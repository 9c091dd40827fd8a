"""Stands for the simulator's compiler where what is tested is how it is called, what it reads and where its code is kept.

It goes the way of `quantum.simulator.compiler` to the end, with all imports and through numba and LLVM, but compiles a function
of one line, which takes no time; what it prints is the code of the simulator that was compiled before (`lay_out`). That the
compiler itself gives this code is tested in `tests/quantum/simulator/test_cache.py`.
"""

import os
import sys
from pathlib import Path

_FOLDER = "COMPILED_BEFORE"


def lay_out(folder: Path) -> dict[str, str]:
    """Leave the code of both precisions in a new folder; gives the variable with which the stand-in finds it."""
    from quantum.simulator import native

    folder.mkdir()
    for precision in native.PRECISIONS:
        native.warm_up(precision=precision)
        code = native._stored(precision)
        assert code is not None, "the cache folder of this machine keeps no code"
        (folder / precision).write_bytes(code)
    return {_FOLDER: str(folder)}


def _walk_of_one_line(precision: str, lanes: int):
    from numba import njit, types

    from quantum.simulator.memory import OPTIONS

    assert precision
    assert lanes

    @njit(types.int64(*[types.int64] * 5), **OPTIONS)
    def walk(table, what, begin, end, work):
        return table + what + begin + end + work

    return walk


if __name__ == "__main__":
    from quantum.simulator import compiler, kernels

    asked = sys.argv[1]
    kernels.compile_walk = _walk_of_one_line
    with Path(os.devnull).open("w") as nowhere:
        output = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        compiler.emit(asked)
        os.dup2(output, 1)
    sys.stdout.write((Path(os.environ[_FOLDER]) / asked).read_bytes().hex())
