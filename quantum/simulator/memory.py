"""How does compiled code read and write single numbers at an address? Loads and stores, and nothing else."""

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from quantum.simulator.vectors import INT, INT32, Machine

OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": {"contract", "nsz"}}
"""How scalar code is compiled: no exceptions, no interpreter lock, sums in the order written."""


class Memory(NamedTuple):
    """Functions of (address, index) or (address, index, value); "real" is the machine's precision."""

    integer: Any
    integer32: Any
    double: Any
    real: Any
    put_integer: Any
    put_double: Any
    put_real: Any


def memory(on: Machine) -> Memory:
    """Make the loads and stores of a machine."""
    double = ir.DoubleType()
    return Memory(
        integer=_reader(INT, INT, types.int64),
        integer32=_reader(INT32, INT, types.int64),
        double=_reader(double, double, types.float64),
        real=_reader(on.real, double, types.float64),
        put_integer=_writer(INT),
        put_double=_writer(double),
        put_real=_writer(on.real),
    )


def _reader(kind: ir.Type, into: ir.Type, numba_type: types.Type) -> Any:
    @intrinsic
    def read(_typing, address, index):
        def codegen(_context, builder, _signature, arguments):
            place = builder.gep(builder.inttoptr(arguments[0], ir.PointerType(kind)), [arguments[1]], source_etype=kind)
            value = builder.load(place, typ=kind)
            if kind == into:
                return value
            return builder.fpext(value, into) if kind == ir.FloatType() else builder.sext(value, into)

        return numba_type(types.int64, types.int64), codegen

    return read


def _writer(kind: ir.Type) -> Any:
    @intrinsic
    def write(_typing, address, index, value):
        def codegen(_context, builder, _signature, arguments):
            value = arguments[2]
            if kind == ir.FloatType():
                value = builder.fptrunc(value, kind)
            place = builder.gep(builder.inttoptr(arguments[0], ir.PointerType(kind)), [arguments[1]], source_etype=kind)
            builder.store(value, place)
            return INT(0)

        given = types.int64 if kind == INT else types.float64
        return types.int64(types.int64, types.int64, given), codegen

    return write
