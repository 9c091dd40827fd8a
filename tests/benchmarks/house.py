"""Is the house kept? Counts what can be counted: lines, long functions, reads of rows by strings, what docstrings say.

.venv/bin/python tests/benchmarks/house.py
"""

import ast
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("lab", "edge", "quantum", "interpretability")
LONG = 60
ARRAYS = re.compile(r"\bNDArray\b|\bndarray\b|\bArrayLike\b")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def trees(package: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def string_reads(tree: ast.AST) -> int:
    """Count `x["key"]` and `x.get("key")`, wherever they stand."""
    count = 0
    for node in ast.walk(tree):
        is_item = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if is_item and isinstance(node.slice.value, str) and isinstance(node.ctx, ast.Load):
            count += 1
        is_get = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        if is_get and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            count += 1
    return count


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """Go through the functions of the module, and the methods of its public classes, whose names are public."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            continue
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, Function) and not inner.name.startswith("_"):
                yield inner


def raises_itself(function: Function) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))


def main() -> None:
    header = ("package", "files", "lines", "median", "longest file", "functions", f"over {LONG}", "reads by string")
    print(("{:18}" + "{:>16}" * 7).format(*header))
    said: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    without: list[str] = []
    for package in PACKAGES:
        lengths, functions, long, reads = {}, 0, [], 0
        for path, tree in trees(package):
            lengths[path] = len(path.read_text(encoding="utf-8").splitlines())
            reads += string_reads(tree)
            for node in ast.walk(tree):
                if isinstance(node, Function):
                    functions += 1
                    size = (node.end_lineno or node.lineno) - node.lineno + 1
                    long += [f"{path.relative_to(ROOT)}:{node.name} ({size})"] if size > LONG else []
            for function in public_functions(tree):
                text = ast.get_docstring(function) or ""
                head = ast.unparse(function.args) + (ast.unparse(function.returns) if function.returns else "")
                wanted = {
                    "a docstring": True,
                    "shapes, where arrays come or go": bool(ARRAYS.search(head)),
                    "Raises, where it raises": raises_itself(function),
                }
                there = {
                    "a docstring": bool(text),
                    "shapes, where arrays come or go": "shape" in text,
                    "Raises, where it raises": bool(re.search(r"\b[Rr]aises?\b", text)),
                }
                for what, is_wanted in wanted.items():
                    asked[what] += is_wanted
                    said[what] += is_wanted and there[what]
                    if is_wanted and not there[what]:
                        without.append(f"{path.relative_to(ROOT)}:{function.name}: {what}")
        longest = max(lengths, key=lengths.__getitem__)
        row = (
            package,
            len(lengths),
            sum(lengths.values()),
            f"{statistics.median(lengths.values()):.0f}",
            lengths[longest],
            functions,
            len(long),
            reads,
        )
        print(("{:18}" + "{:>16}" * 7).format(*row))
        for name in long:
            print(f"    longer than {LONG} lines: {name}")
    print()
    for what in asked:
        print(f"{what}: {said[what]} of {asked[what]} public functions ({100 * said[what] / asked[what]:.0f} %)")
    for line in without:
        print(f"    missing: {line}")


if __name__ == "__main__":
    main()
