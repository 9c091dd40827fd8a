"""What do spoilt files of boosting libraries become? A graph, which one in fifty is asked under limits too, or one sentence."""

import json
import warnings
from pathlib import Path

from benchmarks.fuzzing import mutate, sampled
from benchmarks.given.boosters import cases

from edge.given.family import family_of
from edge.given.tree_files.lowered import graph_of
from lab.data.load import load
from lab.errors import LabError

__all__ = ["WHOLE", "spoil_object", "tried", "written"]

WHOLE = 50
WINE = load("wine")


def written(folder, suffix, words):
    """Write the benchmark's files of a suffix whose kind holds one of the words, and give those of different kinds."""
    kept = sorted(Path(folder).glob(f"*{suffix}"))
    if not kept:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = {
                (case.kind, case.table): case.content
                for case in cases()
                if case.suffix == suffix and len(case.content) < 60_000 and any(word in case.kind for word in words)
            }
        for place, content in enumerate(found.values()):
            (Path(folder) / f"{place:03}{suffix}").write_bytes(content)
        kept = sorted(Path(folder).glob(f"*{suffix}"))
    return [path.read_bytes() for path in kept]


def spoil_object(original, rng):
    """Spoil a JSON file by its structure, or its bytes where it is none any more."""
    try:
        json.loads(original)
    except ValueError:
        return mutate.spoil([original], rng)
    return mutate.spoil_json(original, rng)


def tried(path, suffix):
    """Lower a file; one in fifty is taken in as a given model, too."""
    file, content = path.with_name(f"one{suffix}"), path.read_bytes()
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    whole = " whole" * sampled(content, WHOLE)
    try:
        if whole:
            family_of(str(file), WINE)
        else:
            graph_of(content, file.name)
    except LabError as error:
        str(error).encode(errors="surrogateescape")
        return type(error).__name__ + whole
    return "read" + whole
