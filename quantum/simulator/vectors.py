"""How does one pass over a block of samples look in machine vectors? LLVM building blocks for the kernels.

A *block* is as many samples as fit one vector. Its state has one row per amplitude; a row is two vectors,
real parts then imaginary parts. RY has real entries, so it acts on both vectors alike and never mixes them.

Every function here takes and returns plain integers: byte addresses and counts. That keeps loads, stores and
the order of arithmetic exactly as written, which a loop vectoriser cannot promise for rows that might
overlap.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

INT = ir.IntType(64)
INT32 = ir.IntType(32)
REASSOCIATE = ("reassoc", "nsz", "contract")

Emit = Callable[..., Any]


class Machine(NamedTuple):
    """Element type and vector length that the code is built for."""

    real: ir.Type
    vector: ir.VectorType
    lanes: int

    @property
    def element_bytes(self) -> int:
        """Bytes of one real number."""
        return 4 if self.real == ir.FloatType() else 8

    @property
    def row_bytes(self) -> int:
        """Bytes of one amplitude of a block."""
        return 2 * self.lanes * self.element_bytes


def machine(precision: str, lanes: int) -> Machine:
    """Describe vectors of `lanes` numbers of "float32" or "float64"."""
    real = ir.FloatType() if precision == "float32" else ir.DoubleType()
    return Machine(real, ir.VectorType(real, lanes), lanes)


class Code:
    """An LLVM builder that speaks of vectors, rows and element addresses."""

    def __init__(self, builder: ir.IRBuilder, on: Machine) -> None:
        self.b, self.on = builder, on
        bits = 32 if on.real == ir.FloatType() else 64
        kind = ir.FunctionType(on.vector, [on.vector] * 3)
        self._fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{on.lanes}f{bits}")
        kind = ir.FunctionType(on.real, [on.real, on.vector])
        self._sum = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{on.lanes}f{bits}")

    def pointer(self, address: ir.Value, kind: ir.Type, index: ir.Value | int = 0) -> ir.Value:
        """Point at element `index` of an array of `kind` that starts at `address`."""
        position = INT(index) if isinstance(index, int) else index
        base = self.b.inttoptr(address, ir.PointerType(kind))
        return self.b.gep(base, [position], source_etype=kind)

    def load(self, address: ir.Value, kind: ir.Type, index: ir.Value | int = 0) -> ir.Value:
        """Read one element."""
        align = 4 if kind in (INT32, ir.FloatType()) or kind == self.on.vector else 8
        return self.b.load(self.pointer(address, kind, index), typ=kind, align=align)

    def store(self, value: ir.Value, address: ir.Value, index: ir.Value | int = 0) -> None:
        """Write one element."""
        align = 4 if value.type in (INT32, ir.FloatType()) or value.type == self.on.vector else 8
        self.b.store(value, self.pointer(address, value.type, index), align=align)

    def row(self, address: ir.Value, row: ir.Value, part: int) -> ir.Value:
        """Read the real (0) or imaginary (1) vector of a row."""
        return self.load(address, self.on.vector, self.b.or_(self.b.shl(row, INT(1)), INT(part)))

    def put(self, value: ir.Value, address: ir.Value, row: ir.Value, part: int) -> None:
        """Write the real (0) or imaginary (1) vector of a row."""
        self.store(value, address, self.b.or_(self.b.shl(row, INT(1)), INT(part)))

    def splat(self, scalar: ir.Value) -> ir.Value:
        """Copy a number to every lane."""
        empty = ir.Constant(self.on.vector, ir.Undefined)
        first = self.b.insert_element(empty, scalar, INT32(0))
        return self.b.shuffle_vector(first, empty, ir.Constant(ir.VectorType(INT32, self.on.lanes), None))

    def constant(self, address: ir.Value, index: ir.Value | int = 0) -> ir.Value:
        """Read one number and copy it to every lane."""
        return self.splat(self.load(address, self.on.real, index))

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Compute a b + c, fused where the processor can."""
        return self.b.call(self._fma, [a, b, c])

    def mul(self, a: ir.Value, b: ir.Value) -> ir.Value:
        """Compute a b."""
        return self.b.fmul(a, b)

    def neg(self, a: ir.Value) -> ir.Value:
        """Compute -a."""
        return self.b.fneg(a)

    def times(self, x: Sequence[ir.Value], y: Sequence[ir.Value]) -> list[ir.Value]:
        """Complex product of (re, im) pairs."""
        re = self.fma(self.neg(x[1]), y[1], self.mul(x[0], y[0]))
        return [re, self.fma(x[0], y[1], self.mul(x[1], y[0]))]

    def times_conjugate(self, x: Sequence[ir.Value], y: Sequence[ir.Value]) -> list[ir.Value]:
        """Compute x conj(y) of (re, im) pairs."""
        re = self.fma(x[1], y[1], self.mul(x[0], y[0]))
        return [re, self.fma(self.neg(x[0]), y[1], self.mul(x[1], y[0]))]

    def total(self, vector: ir.Value) -> ir.Value:
        """Sum over the lanes."""
        return self.b.call(self._sum, [self.on.real(-0.0), vector], fastmath=REASSOCIATE)

    def cell(self) -> ir.Value:
        """Make a vector variable, zero at first; LLVM keeps it in a register."""
        place = cgutils.alloca_once(self.b, self.on.vector)
        self.b.store(self.on.vector(None), place)
        return place

    def read(self, cell: ir.Value) -> ir.Value:
        """Value of a vector variable."""
        return self.b.load(cell, typ=self.on.vector)

    def accumulate(self, cell: ir.Value, a: ir.Value, b: ir.Value) -> None:
        """Variable += a b."""
        self.b.store(self.fma(a, b, self.read(cell)), cell)


def build(on: Machine, emit: Emit) -> Any:
    """Make `emit(code, *addresses and counts)` callable from compiled code with one tuple of integers."""

    def codegen(_context: object, builder: ir.IRBuilder, _signature: object, arguments: tuple) -> ir.Value:
        packed = arguments[0]
        emit(Code(builder, on), *(builder.extract_value(packed, i) for i in range(len(packed.type))))
        return INT(0)

    @intrinsic
    def call(_typing, arguments):
        return types.int64(arguments), codegen

    return call
