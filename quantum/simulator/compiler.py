"""How do the kernels become object code? By numba and LLVM, in a process of its own that ends when its parent does.

`python -m quantum.simulator.compiler PRECISION` prints the code in hexadecimal digits; `quantum.simulator.native` runs it.
"""

import os
import sys

import llvmlite.binding as llvm

from quantum.simulator.native import PRECISIONS, SYMBOL, start_llvm, target, vector_bytes


def emit(precision: str) -> None:
    """Compile the kernels for this processor and print the object code."""
    output = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed must not get into the code
    from quantum.simulator.kernels import compile_walk

    compiled = compile_walk(precision, vector_bytes() // PRECISIONS[precision])
    overload = compiled.overloads[compiled.signatures[0]]
    code = _object(compiled.inspect_llvm(compiled.signatures[0]), overload.fndesc.llvm_func_name)
    with os.fdopen(output, "w") as file:
        file.write(code.hex())


def _object(text: str, name: str) -> bytes:
    """Object code of one function and what it calls, free of Python and of numba's run time."""
    start_llvm()
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
    machine = target()
    manager.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3)))
    return machine.emit_object(module)


if __name__ == "__main__":
    emit(sys.argv[1])
