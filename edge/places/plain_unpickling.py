"""What may a process that speaks with other machines unpickle? Bytes and plain containers: nothing that could be called.

Reading a pickle runs whatever it names. A Dask client unpickles results, exceptions, tracebacks and warnings, and the sender
chooses, in the headers of its messages, what is a pickle: no option of the client turns that off. So the process that speaks
with the scheduler calls `refuse_objects` before Dask is imported: from then on `pickle` gives back an `UnreadableError` in
place of all that is more than plain data, and Dask fetches no object from its modules by a name that was sent.

Source: "Restricting Globals" in the documentation of `pickle`; distributed 2026.8, `protocol/core.py`, `client.py`, `core.py`.
"""

import _pickle
import importlib
import io
import pickle
from collections.abc import Iterable
from pickle import Unpickler, UnpicklingError
from types import SimpleNamespace
from typing import IO, Any

__all__ = ["UnreadableError", "refuse_objects"]

_Unpickler: Any = Unpickler  # as it was before it was replaced
_TYPES: dict[tuple[str, str], type] = {("builtins", "bytes"): bytes}
"""What a result in plain bytes is said to be of."""


class UnreadableError(Exception):
    """Stands in the place of something that was not plain data."""


class _Plain(_Unpickler):
    def find_class(self, module: str, name: str) -> type:
        """Give one of the known types; raises UnpicklingError for any other name."""
        try:
            return _TYPES[module, name]
        except KeyError:
            raise UnpicklingError(f"{module}.{name} is not plain data") from None


def _loads(data: Any, /, *, buffers: Iterable[Any] | None = None, **options: Any) -> Any:
    del options  # of the encoding of texts of Python 2
    return _load(io.BytesIO(data), buffers=buffers)


def _load(file: IO[bytes], /, *, buffers: Iterable[Any] | None = None, **options: Any) -> Any:
    del options
    try:
        return _Plain(file, buffers=buffers).load()
    except Exception:  # noqa: BLE001 - a pickle can raise anything; what it was is of no interest
        return UnreadableError("the device's answer was not plain data")


def _refused(*arguments: Any, **options: Any) -> Any:
    raise UnpicklingError("this process reads no objects")


def refuse_objects() -> None:
    """Have this process read no object from a pickle, by whatever way a library asks for it, from now on."""
    replaced = {
        "loads": _loads,
        "load": _load,
        "_loads": _loads,
        "_load": _load,
        "Unpickler": _refused,
        "_Unpickler": _refused,
    }
    for name, function in replaced.items():
        setattr(pickle, name, function)
        if hasattr(_pickle, name):
            setattr(_pickle, name, function)


def _unread(exception: Any, traceback: Any = None, **options: Any) -> tuple[type[BaseException], BaseException, None]:
    """Stand in for what Dask makes of an exception and a traceback that were sent, neither of which was read."""
    del exception, traceback, options
    return UnreadableError, UnreadableError("the device failed"), None


def refuse_names() -> None:
    """Have Dask, once it is imported, take no attribute of a module by a name that was sent, but the states of its servers."""
    from distributed.core import Status

    for name in ("distributed.core", "distributed.client"):
        module: Any = importlib.import_module(name)
        module.clean_exception = _unread
    # by its whole name, because the package has a function of that name
    serialize: Any = importlib.import_module("distributed.protocol.serialize")
    serialize.dask.config.set({"distributed.scheduler.allowed-imports": []})
    serialize._cached_allowed_modules.clear()
    serialize._cached_allowed_modules["distributed.core"] = SimpleNamespace(Status=Status)
