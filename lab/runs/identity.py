"""What does a run stand for? Everything that its rows depend on, in one digest: another one, another folder.

The table, the settings, the seed and the plan; the files that the lab reads; Python, and the versions of all packages
that the trials can import; the sources of the lab and of the ground that it stands on. The trials have not run when the
identity is needed, so their imports are read from the sources, wherever they stand in them.
"""

import ast
import functools
import hashlib
import importlib.util
import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from lab.errors import SettingsError
from lab.protocol import Trial
from lab.version import __version__

__all__ = ["code_of", "digest_of", "digests_of", "facts_of_plan"]

_HERE = "lab"
_GROUP = "lab.labs"
_IGNORED = ("__pycache__",)
_LOOKING_UP = (b"import_module", b"find_spec", b"__import__")
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def digest_of(facts: Any) -> str:
    """Digest plain facts, SHA-256."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def digests_of(files: Iterable[Path]) -> dict[str, str]:
    """Digest files, by their resolved paths.

    Raises
    ------
    SettingsError
        If one cannot be read.
    """
    found = {}
    for file in files:
        try:
            if file.exists() and not file.is_file():  # a device has no end, and a pipe is waited for
                raise SettingsError(f"{file} is not a file; the run depends on it, so give one")
            with file.open("rb") as stream:
                found[str(file.resolve())] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise SettingsError(f"cannot read {file}: {error.strerror}; the run depends on it") from error
    return found


def facts_of_plan(plan: Sequence[Trial]) -> list[Any]:
    """List what a plan says of its trials; their arguments follow from table, settings, seed, files and code."""
    return [
        (trial.key, trial.function.__module__, trial.function.__qualname__, trial.seed, trial.exclusive, trial.needs)
        for trial in plan
    ]


def code_of(modules: Iterable[str]) -> dict[str, Any]:
    """Name the code that trials run whose functions stand in these modules.

    Returns
    -------
    dict
        `lab` (version of this program), `python`, `packages` (versions of what the sources import, wherever in them, and of
        what these packages require), and `sources` (digest by name): of the modules with the packages in which they
        stand, of the shared ground, and of all that they import and that is no installed package, or is installed for
        editing.
    """
    return _code_of(frozenset(modules))


@functools.cache
def _code_of(modules: frozenset[str]) -> dict[str, Any]:
    owners = metadata.packages_distributions()
    edited = functools.cache(_is_edited)
    sources: dict[str, str] = {}
    tops = {_top(module) for module in modules}
    used = {name for top in tops for name in owners.get(top, [])}
    for entry in metadata.entry_points(group=_GROUP):  # one that is installed for editing owns no module
        if _top(entry.module) in tops and entry.dist is not None:
            used.add(entry.dist.name)
    waiting = {_HERE: _files_of_package(_HERE)} | {_top(module): _files(module) for module in modules}
    while waiting:
        name, files = waiting.popitem()
        sources[name] = _digest_of_files(files)
        for imported in set(_imports(files)) - sys.stdlib_module_names - sources.keys():
            names = owners.get(imported, [])
            used.update(names)
            if not names or any(map(edited, names)):
                waiting.setdefault(imported, _files_of_package(imported))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {"lab": __version__, "python": python, "packages": _versions(used), "sources": sources}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _files(module: str) -> dict[str, Path]:
    """Find the files of the package of a module that is imported; of it alone, where it belongs to none."""
    found = _files_of_package(_top(module))
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None or Path(file) in found.values():
        return found
    return {module: Path(file)}


def _files_of_package(name: str) -> dict[str, Path]:
    """Find the files of a package, or of a module that is one file; none where it is not installed."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # `__main__` has none
        return {}
    if spec is None:
        return {}
    if not spec.submodule_search_locations:
        return {name: Path(spec.origin)} if spec.origin and Path(spec.origin).is_file() else {}
    return {
        str(path.relative_to(folder)): path
        for folder in map(Path, spec.submodule_search_locations)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(path.parts) & set(_IGNORED)
    }


def _digest_of_files(files: Mapping[str, Path]) -> str:
    return digest_of({name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()})


def _imports(files: Mapping[str, Path]) -> Iterator[str]:
    """Name the top-level modules that sources import, anywhere in them."""
    for path in files.values():
        if path.suffix == ".py":
            now = path.stat()
            yield from _imports_of(path, now.st_mtime_ns, now.st_size)


@functools.cache
def _imports_of(path: Path, written_ns: int, size: int) -> frozenset[str]:
    """Name what one source imports, as it was written then: labs share most of what their trials call."""
    del written_ns, size  # only part of the key
    found: set[str] = set()
    content = path.read_bytes()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # a template, a file for another Python: its digest counts
        return frozenset()
    for node in ast.walk(tree) if any(name in content for name in _LOOKING_UP) else _statements(tree):
        if isinstance(node, ast.Import):
            found |= {_top(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(_top(node.module))
        elif isinstance(node, ast.Call) and node.args and _looks_up(node.func):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(_top(first.value))
    return frozenset(found)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Give all statements below a node, at a fifth of the time of `ast.walk`: most of a tree are expressions, which import nothing."""
    for name in _BLOCKS:
        for inner in getattr(node, name, ()):
            yield inner
            yield from _statements(inner)


def _looks_up(function: ast.expr) -> bool:
    """Whether a call imports, or looks for, a module that is named by a text."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.encode() in _LOOKING_UP


def _is_edited(name: str) -> bool:
    """Whether a distribution is installed for editing: its sources change and its version does not."""
    said = metadata.distribution(name).read_text("direct_url.json")
    try:
        return bool(json.loads(said or "{}").get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return True


def _versions(direct: Iterable[str]) -> dict[str, str]:
    """Versions of distributions and of all that they require, extras aside; what is not installed is left out."""
    found: dict[str, str] = {}
    waiting = sorted(direct)
    while waiting:
        name = waiting.pop()
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        known = _normal(distribution.name)
        if known in found:
            continue
        found[known] = distribution.version
        waiting += [required for line in distribution.requires or () if (required := _required(line))]
    return dict(sorted(found.items()))


def _required(line: str) -> str | None:
    """Name what a line of requirements asks for, unless an extra does.

    >>> _required("scipy (>=1.8) ; python_version < '4'"), _required("pytest>=7 ; extra == 'test'")
    ('scipy', None)
    """
    name = _NAME.match(line)
    return None if name is None or "extra" in line.partition(";")[2] else name.group()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
