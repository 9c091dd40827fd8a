"""Where does the machine code come from? Compiled once for a processor, then read back in milliseconds.

The first use on a machine compiles `quantum.simulator.kernels` with numba and keeps the object code in a cache folder;
later processes hand that object to LLVM's linker and never import numba. ``QUANTUM_CACHE_DIR`` chooses the
folder; otherwise it is ``quantum-simulator`` in the user's cache directory. Where no folder can be written,
each process compiles again and nothing else changes; a damaged or outdated file is ignored and replaced.
"""

import contextlib
import ctypes
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import RLock

import llvmlite
import llvmlite.binding as llvm

PRECISIONS = {"float32": 4, "float64": 8}
"""Names of the precisions and the bytes of one real number in each."""
SOURCES = ("kernels", "angles", "losses", "descent", "passes", "memory", "vectors", "layout", "tables")
SYMBOL = "quantum_walk"

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
    return precision in _walks or _cache_file(precision).is_file()


def warm_up(notify: Callable[[str], None] | None = None, *, precision: str = "float32") -> None:
    """Have the machine code ready; before a compilation say so once through `notify`.

    Parameters
    ----------
    notify : callable taking one sentence, optional
        Called only if a compilation is needed, before it begins.
    precision : {"float32", "float64"}
        Each is compiled on its own.

    Raises
    ------
    ValueError
        If the precision has another name.
    """
    if precision in PRECISIONS and notify is not None and not is_compiled(precision):
        notify(f"compiling the {precision} simulator for this machine: once, about ten seconds")
    walk(precision)


def walk(precision: str) -> Walk:
    """Give the compiled function of `quantum.simulator.kernels`, from memory, from the cache, or compiled now."""
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
        return Path(chosen)
    bases = {"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}
    base = bases.get(sys.platform) or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with contextlib.suppress(RuntimeError):  # no home directory
        return Path(base).expanduser() / "quantum-simulator"
    return Path(tempfile.gettempdir()) / "quantum-simulator"


def _cache_file(precision: str) -> Path:
    """File whose name changes with the sources, the compiler and the processor."""
    stamp = hashlib.sha256()
    for name in SOURCES:
        stamp.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    features = llvm.get_host_cpu_features().flatten()
    for part in (llvmlite.__version__, llvm.get_host_cpu_name(), features, sys.platform):
        stamp.update(part.encode() + b"\0")
    return cache_folder() / f"{precision}-{stamp.hexdigest()[:20]}.o"


def _read(precision: str) -> Walk | None:
    """Link the cached object, if there is a sound one."""
    path = _cache_file(precision)
    try:
        # Code is run only if we or the system's owner wrote it: a shared folder may hold anyone's files.
        if hasattr(os, "getuid") and path.stat().st_uid not in {0, os.getuid()}:
            return None
        stored = path.read_bytes()
    except OSError:
        return None
    digest, code = stored[:32], stored[32:]
    return _link(code) if hashlib.sha256(code).digest() == digest else None


def _compile(precision: str) -> Walk:
    """Compile with numba, keep the object for next time, and use it."""
    from quantum.simulator.kernels import compile_walk

    compiled = compile_walk(precision, vector_bytes() // PRECISIONS[precision])
    overload = compiled.overloads[compiled.signatures[0]]
    code = _object(compiled.inspect_llvm(compiled.signatures[0]), overload.fndesc.llvm_func_name)
    with contextlib.suppress(OSError):  # no cache: the next process compiles again
        _write(_cache_file(precision), hashlib.sha256(code).digest() + code)
    return _link(code)


def _object(text: str, name: str) -> bytes:
    """Object code of one function and what it calls, free of Python and of numba's run time."""
    _start_llvm()
    module = llvm.parse_assembly(text)
    for function in module.functions:
        if function.name == name:
            function.linkage = "external"
            function.name = SYMBOL
        elif not function.is_declaration:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    manager = llvm.create_new_module_pass_manager()
    manager.add_global_dead_code_eliminate_pass()
    machine = _target()
    manager.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3)))
    return machine.emit_object(module)


def _link(code: bytes) -> Walk:
    _start_llvm()
    linker = llvm.create_lljit_compiler(_target())
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


def _target() -> llvm.TargetMachine:
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def _start_llvm() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _write(path: Path, content: bytes) -> None:
    """Write beside and rename, so that no process ever reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
