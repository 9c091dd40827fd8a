"""Where does the machine code come from? Compiled once for a processor, then read back in milliseconds.

The first use on a machine compiles `quantum.simulator.kernels` with numba, in a process of its own whose current folder holds no
settings of numba's, and keeps the object code in a cache folder; later processes hand it to LLVM's linker. No process that
uses the simulator imports numba. ``QUANTUM_CACHE_DIR`` chooses the folder; otherwise it is ``quantum-simulator`` in the
cache folder of the project (`lab.environment.cache_folder`). A file is used only if we alone can have written it (see
`quantum.simulator.cache`); where a folder is not ours alone, or cannot be written, one in the system's temporary folder takes its
place, and failing that each process compiles again. A damaged or outdated file is ignored and replaced.
"""

import contextlib
import ctypes
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from lab import environment
from lab.host.children import started_child
from quantum.simulator import cache

PRECISIONS = {"float32": 4, "float64": 8}
"""Names of the precisions and the bytes of one real number in each."""
SOURCES = ("kernels", "angles", "losses", "descent", "passes", "memory", "vectors", "layout", "tables", "compiler")
SYMBOL = "quantum_walk"
_FOLDER = "quantum-simulator"
_COMPILER = "quantum.simulator.compiler"  # run, and never imported: it brings numba

Walk = Callable[[int, int, int, int, int], None]

_walks: dict[str, Walk] = {}
_kept: list[object] = []  # code disappears with its owner
_lock = RLock()


def vector_bytes() -> int:
    """Give the bytes of a vector: the widest that leaves registers for eight rows of two states."""
    return 64 if llvm.get_host_cpu_features().get("avx512f", False) else 32


def is_compiled(precision: str = "float32") -> bool:
    """Whether the next call can start at once, without the compilation of some seconds.

    Examples
    --------
    >>> warm_up()
    >>> is_compiled()
    True
    """
    return precision in _walks or _stored(precision) is not None


def warm_up(notify: Callable[[str], None] | None = None, *, precision: str = "float32") -> None:
    """Have the machine code ready; before a compilation say so once through `notify`.

    Parameters
    ----------
    notify : callable taking one sentence, optional
        Called only if a compilation is needed, before it begins; and with the reason where its result cannot be kept in
        the cache folder.
    precision : {"float32", "float64"}
        Each is compiled on its own.

    Raises
    ------
    ValueError
        If the precision has another name.
    """
    if precision in PRECISIONS and notify is not None and not is_compiled(precision):
        notify(f"compiling the {precision} simulator for this machine (only once, about ten seconds)")
        if reason := _why_not_kept(precision):
            notify(reason)
    walk(precision)


def walk(precision: str) -> Walk:
    """Give the compiled function of `quantum.simulator.kernels`, from memory, from the cache, or compiled now.

    Raises
    ------
    ValueError
        If there is no such precision.
    RuntimeError
        If it has to be compiled, and that fails.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; choose one of {', '.join(map(repr, PRECISIONS))}")
    with _lock:
        if precision not in _walks:
            _walks[precision] = _read(precision) or _compile(precision)
        return _walks[precision]


def cache_folder() -> Path:
    """Folder of the object files; it need not exist."""
    chosen = os.environ.get("QUANTUM_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    try:
        return environment.cache_folder() / _FOLDER
    except RuntimeError:  # no home directory
        return cache.private_folder(_FOLDER)


def _file_name(precision: str) -> str:
    """Name that changes with the sources, the compiler and the processor."""
    stamp = hashlib.sha256()
    for name in SOURCES:
        stamp.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    features = llvm.get_host_cpu_features().flatten()
    for part in (llvmlite.__version__, llvm.get_host_cpu_name(), features, sys.platform):
        stamp.update(part.encode() + b"\0")
    return f"{precision}-{stamp.hexdigest()[:20]}.o"


def _places() -> list[Path]:
    """Folders in which the code may lie, the one that is preferred first."""
    return list(dict.fromkeys([cache_folder(), cache.private_folder(_FOLDER)]))


def _stored(precision: str) -> bytes | None:
    """Read the object code from the first folder that is ours alone and holds it undamaged."""
    name = _file_name(precision)
    for folder in _places():
        with contextlib.suppress(OSError):
            found = cache.read(folder, name) or b""
            digest, code = found[:32], found[32:]
            if code and hashlib.sha256(code).digest() == digest:
                return code
    return None


def _keep(precision: str, code: bytes) -> None:
    """Keep the code in the first folder that takes it; where none does, the next process compiles again."""
    for folder in _places():
        with contextlib.suppress(OSError):
            cache.keep(folder, _file_name(precision), hashlib.sha256(code).digest() + code)
            return


def _why_not_kept(precision: str) -> str:
    """Say why the cache folder cannot be used, if so."""
    folder = cache_folder()
    try:
        cache.require(folder)
        cache.read(folder, _file_name(precision))
    except OSError as error:
        reason = str(error) if isinstance(error, cache.NotOursError) else f"{folder}: {error.strerror}"
        return (
            f"the compiled simulator is not kept in the cache folder ({reason}); make it yours alone, or name "
            "another with QUANTUM_CACHE_DIR"
        )
    return ""


def _read(precision: str) -> Walk | None:
    """Link the stored object, if there is a sound one."""
    code = _stored(precision)
    return None if code is None else _link(code)


def _compile(precision: str) -> Walk:
    """Have a process compile, keep the object for next time, and use it.

    Raises
    ------
    RuntimeError
        If that process fails; with the last line that it said.
    """
    path = [entry for entry in sys.path if Path(entry).is_absolute()]
    surroundings = {
        **os.environ, **environment.for_processes(), "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": "0",  # numba goes through sets of names, and the order of the code with them
    }  # fmt: skip
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started_child(_COMPILER, precision, cwd=Path(__file__).parent, env=surroundings, **streams) as process:
        printed, complaints = process.communicate()
    if process.returncode or not printed:
        said = (complaints.strip() or "nothing").splitlines()[-1]
        raise RuntimeError(
            f"compiling the simulator failed (exit code {process.returncode}); the compiler said: {said}; "
            "try again with more free memory, and if that does not help, reinstall numba and llvmlite"
        )
    code = bytes.fromhex(printed)
    _keep(precision, code)
    return _link(code)


def _link(code: bytes) -> Walk:
    start_llvm()
    linker = llvm.create_lljit_compiler(target())
    library = (
        llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(SYMBOL).link(linker, SYMBOL)
    )
    _kept.extend((linker, library))
    # numba's calling convention: status = f(&result, &exception, arguments...); this function cannot fail.
    kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 5)
    function = kind(library[SYMBOL])
    unused = ctypes.create_string_buffer(32)
    spare = ctypes.addressof(unused)
    _kept.append(unused)

    def call(table: int, what: int, begin: int, end: int, work: int) -> None:
        function(spare, spare + 16, table, what, begin, end, work)

    return call


def target() -> llvm.TargetMachine:
    """Describe this machine to LLVM."""
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def start_llvm() -> None:
    """Have LLVM know this kind of processor; more than once does no harm."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
