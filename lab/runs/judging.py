"""Which sources can change a verdict? Their digest ties measured rates of wrong verdicts to the code that was measured.

All of a lab's own package counts, and all of the ground, but for what is listed here: it shows, stores, words or measures
a verdict that is made elsewhere, and none of its values comes back; or it reads files, and the tables of the controls come from
none. What is new counts until somebody lists it. Of sources in Python comments, docstrings and layout do not count; of all other
files every byte does. Documents and the rates themselves are left out. Versions of other packages are not in it: a record names
them.
"""

import ast
import contextlib
import functools
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.protocol import Lab
from lab.runs.identity import digest_of

__all__ = ["RATES_FILE", "digest_of_source", "judging_code"]

RATES_FILE = "controls.json"
_GROUND = "lab"
_SHOWS = (
    "report",
    "terminal",
    "commands",
    "cli.py",
    "__main__.py",
    "options.py",
    "notebook.py",
    "wording.py",
    "advice.py",
    "first_screen.py",
    "numbers.py",
    "version.py",
    "watching",
    "looked.py",
    "codes.py",
    "suspicions.toml",
)
_KEEPS = (
    "record.py",
    "record_schema.json",
    "schema.py",
    "runs",
    "rates.py",
    "likeness.py",
    "registry.py",
    "understood.py",
)
_READS = ("reading", "plain_table.py")
_CHECKS = ("controls.py", "testing.py", "spoiling.py")
_WITHOUT_WEIGHT = {*_SHOWS, *_KEEPS, *_READS, *_CHECKS}
_SILENT = {"kind", "type_comment", "type_ignores", "ctx"}  # fields of the syntax tree without a meaning of their own


def judging_code(lab: Lab) -> str:
    """Digest the sources on which the verdicts of a lab depend, SHA-256."""
    return _judging_code(type(lab).__module__.partition(".")[0])


@functools.cache
def _judging_code(package: str) -> str:
    own = {} if package == _GROUND else {name: digest_of_source(path) for name, path in _files(package)}
    return digest_of([_of_the_ground(), own])


@functools.cache
def _of_the_ground() -> dict[str, str]:
    counted = (file for file in _files(_GROUND) if file[0].split("/")[0] not in _WITHOUT_WEIGHT)
    return {name: digest_of_source(path) for name, path in counted}


def _files(package: str) -> Iterator[tuple[str, Path]]:
    """Find the files of a package, or of a module that is one file, by their places in it; none where it has no file."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):  # `__main__` has none
        return
    if spec is None:
        return
    if not spec.submodule_search_locations:
        if spec.origin and Path(spec.origin).is_file():
            yield package, Path(spec.origin)
        return
    for folder in map(Path, spec.submodule_search_locations):
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            if (
                path.is_file()
                and "__pycache__" not in place.parts
                and path.suffix != ".md"
                and str(place) != RATES_FILE
            ):
                yield place.as_posix(), path


def digest_of_source(path: Path) -> str:
    """Digest a file: of one in Python what it does, so that a better comment is no other code."""
    content = path.read_bytes()
    if path.suffix == ".py":
        with contextlib.suppress(SyntaxError, ValueError):  # a template, a file for another Python: every byte counts
            content = repr(_meaning(ast.parse(content))).encode()
    return hashlib.sha256(content).hexdigest()


def _meaning(node: Any) -> Any:
    """Write a syntax tree as plain tuples: without docstrings, places, and fields that only some versions of Python have."""
    if isinstance(node, list):
        return [_meaning(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: value for name, value in ast.iter_fields(node) if name not in _SILENT}
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        fields["body"] = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return (
        type(node).__name__,
        *((name, _meaning(value)) for name, value in fields.items() if value not in (None, [])),
    )
