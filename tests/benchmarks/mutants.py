"""How many small faults, made by a machine, would no test see? Mutation testing by mutmut of what a verdict rests on.

    pip install mutmut                                                       # in no extra of ours: it is needed for this alone
    .venv/bin/python tests/benchmarks/mutants.py                             # all mutants of all groups, hours
    .venv/bin/python tests/benchmarks/mutants.py --sample 8                  # 8 of each module, drawn with a seed
    .venv/bin/python tests/benchmarks/mutants.py --modules lab/stats.py,lab/decisions.py --jobs 2

Cosmic Ray was considered: it starts an interpreter for every mutant, and ours takes seconds to load its libraries; mutmut forks.
mutmut leaves out functions with a decorator, and the level of modules and classes. A mutant that changes a sentence alone (a
caption, a message) is counted and not run; names and keys are texts that count. Survivors that change nothing that matters
stand in `mutants.toml`, with reasons.

It ends with 1 where fewer than 95 % of the mutants are killed, those of the list aside.
"""

import argparse
import ast
import difflib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faults import PACKAGES, ROOT, copy_tree

GROUPS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("lab/stats.py", "lab/decisions.py"): ("tests/lab/test_stats.py", "tests/lab/test_likeness.py"),
    ("lab/learning/comparison.py", "lab/learning/planning.py", "lab/learning/at_random.py", "lab/learning/outer.py",
     "lab/learning/tuning.py", "lab/learning/splits.py", "lab/learning/influence.py"): (
        "tests/lab/learning/test_comparison.py", "tests/lab/learning/test_comparison_said.py", "tests/lab/learning/test_at_random.py",
        "tests/lab/learning/test_influence.py", "tests/lab/learning/test_splits.py", "tests/lab/learning/test_halving.py",
        "tests/lab/learning/test_fitting.py", "tests/lab/learning/test_spoiling_together.py", "tests/lab/test_spoiling.py",
        "tests/quantum/test_evidence.py", "tests/quantum/comparison",
    ),
    ("lab/learning/undeclared.py", "lab/learning/neighbourhoods.py", "lab/learning/shortage.py", "lab/learning/recognition.py",
     "lab/doubts.py"): (
        "tests/lab/learning/test_dependence.py", "tests/lab/learning/test_recognition.py", "tests/lab/test_doubts.py",
    ),
    ("lab/flow.py", "lab/sections.py"): (
        "tests/lab/test_wiring.py", "tests/lab/test_sections_and_keys.py", "tests/lab/test_sections.py", "tests/lab/test_effort.py",
        "tests/lab/test_durations.py",
    ),
    ("lab/work/storage.py", "lab/work/sealed.py"): ("tests/lab/work/test_storage.py",),
    ("quantum/verdict.py", "quantum/comparison/*.py", "quantum/sizes/*.py", "quantum/price/*.py", "quantum/device_noise/evidence.py",
     "quantum/device_noise/score_drop.py", "quantum/scale/evidence.py"): (
        "tests/quantum/test_evidence.py", "tests/quantum/test_sections.py", "tests/quantum/test_lab.py",
        "tests/quantum/device_noise/test_score_drop.py", "tests/quantum/comparison", "tests/quantum/sizes", "tests/quantum/price",
    ),
    ("interpretability/lab.py", "interpretability/sides/*.py", "interpretability/groups/*.py",
     "interpretability/follow_up/stress.py", "interpretability/follow_up/privacy.py"): (
        "tests/interpretability/test_evidence.py", "tests/interpretability/sides", "tests/interpretability/groups",
        "tests/interpretability/follow_up/test_follow_up_evidence.py", "tests/interpretability/follow_up/test_spoiling.py",
        "tests/interpretability/test_lab.py", "tests/interpretability/test_at_size.py",
    ),
    ("edge/verdict.py", "edge/budget/*.py", "edge/accuracy/section.py", "edge/accuracy/at_random.py",
     "edge/building/evidence.py", "edge/timing/quantiles.py"): (
        "tests/edge/test_evidence.py", "tests/edge/budget", "tests/edge/test_lab.py", "tests/edge/test_verdict.py",
        "tests/edge/accuracy", "tests/edge/timing/test_quantiles.py",
    ),
    ("edge/exporting/lowering/*.py",): ("tests/edge/exporting/test_lowering.py", "tests/edge/exporting/test_lowering_forms.py"),
    ("lab/onnx_graphs/trees.py", "lab/onnx_graphs/thresholds.py"): ("tests/lab/onnx_graphs",),
    ("lab/onnx_graphs/columns.py", "lab/onnx_graphs/forests.py", "lab/onnx_graphs/graph.py", "lab/onnx_graphs/preparation.py"): (
        "tests/lab/onnx_graphs", "tests/edge/exporting/test_lowering.py",
    ),
    tuple(f"edge/stream/{name}.py" for name in ("watched", "answers", "changes", "accuracy")): (
        "tests/edge/stream/test_watched.py", "tests/edge/stream/test_changes.py", "tests/edge/stream/test_accuracy.py",
        "tests/edge/stream/test_stream.py",
    ),
}  # fmt: skip
"""Which tests must see the mutants of which modules."""
LEFT_OUT = "not keeps_to_the_protocol and not a_run_on_a_sample"
"""Tests that run a whole lab see nearly everything, in minutes for each mutant; the golden tests must see it without them."""
ACCEPTED = Path(__file__).with_suffix(".toml")
WANTED = 0.95
KILLED, SURVIVED, UNTESTED = "killed", "SURVIVED", "NO TEST"


@dataclass(frozen=True)
class Mutant:
    """What mutmut calls it, its module, the lines that it takes away and puts there, and whether only a sentence changes."""

    name: str
    module: str
    old: str
    new: str
    is_text: bool


@dataclass(frozen=True)
class Accepted:
    """A survivor that changes nothing that matters: in one module, or in all ("*"); `old` is a part of the line."""

    module: str
    old: str
    new: str
    reason: str

    def is_(self, mutant: Mutant) -> bool:
        """Whether a mutant is this change at one place of its line."""
        starts = [found.start() for found in re.finditer(re.escape(self.old), mutant.old)]
        made = {mutant.old[:start] + self.new + mutant.old[start + len(self.old) :] for start in starts}
        return self.module in ("*", mutant.module) and mutant.new in made


def mutants_of(module: str, tree: Path) -> list[Mutant]:
    """List the mutants that mutmut has made of a module, from the file that holds them all."""
    nodes = {
        node.name: node
        for node in ast.walk(ast.parse((tree / "mutants" / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    listed = json.loads((tree / "mutants" / f"{module}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
    found = []
    for name in listed:
        short = name.rpartition(".")[2]
        one, other = nodes[re.sub(r"__mutmut_\d+$", "__mutmut_orig", short)], nodes[short]
        old, new = _changed(one, other)
        found.append(Mutant(name, module, old, new, _differs_in_sentences(one, other)))
    return found


def _changed(one: ast.AST, other: ast.AST) -> tuple[str, str]:
    lines = list(difflib.ndiff(*(ast.unparse(node).partition("(")[2].splitlines() for node in (one, other))))
    return tuple("\n".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+")  # type: ignore[return-value]


def _differs_in_sentences(one: ast.FunctionDef | ast.AsyncFunctionDef, other: ast.AST) -> bool:
    """Whether all that differs is a sentence (a text with a space, or between two values), or None in its place."""
    alike = _without(one, whole=False) == _without(other, whole=False)
    lost = sum(isinstance(each, ast.JoinedStr) for each in ast.walk(other)) < sum(
        isinstance(each, ast.JoinedStr) for each in ast.walk(one)
    )
    return alike or (lost and _without(one, whole=True) == _without(other, whole=True))


def _without(node: ast.AST, *, whole: bool) -> str:
    twin = ast.parse(ast.unparse(node)).body[0]
    pieces = {id(part) for each in ast.walk(twin) if isinstance(each, ast.JoinedStr) for part in each.values}
    for each in ast.walk(twin):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and (" " in each.value or id(each) in pieces):
            each.value = None

    class Blank(ast.NodeTransformer):
        def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
            return ast.Constant(None)

    return ast.dump(Blank().visit(twin) if whole else twin).partition("args=")[2]


def accepted() -> list[Accepted]:
    """Read the survivors that are accepted."""
    return [Accepted(**each) for each in tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["accepted"]]


def run_mutmut(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Call mutmut in a tree; its own packages come first there."""
    return subprocess.run(
        [sys.executable, "-m", "mutmut", "run", *words], cwd=tree, text=True, capture_output=True, check=False,
        env=os.environ | {"COLUMNS": "200"},
    )  # fmt: skip


def reached_by_file(tree: Path) -> None:
    """Have every test of a file count where one of them reaches a function: a module's fixture is made in its first test alone."""
    path = tree / "mutants" / "mutmut-stats.json"
    stats = json.loads(path.read_text(encoding="utf-8"))
    for function, tests in stats["tests_by_mangled_function_name"].items():
        files = {test.partition("::")[0] for test in tests}
        every = [test for test in stats["duration_by_test"] if test.partition("::")[0] in files]
        stats["tests_by_mangled_function_name"][function] = every
    path.write_text(json.dumps(stats), encoding="utf-8")


def configure(tree: Path, modules: Sequence[str], tests: Sequence[str]) -> None:
    """Tell mutmut what to change and which tests to run."""
    first = sorted({module.partition("/")[0] for module in modules})
    settings = {
        "source_paths": first,
        "only_mutate": list(modules),
        "also_copy": [package for package in PACKAGES if package not in first],
        "pytest_add_cli_args_test_selection": list(tests),
        "pytest_add_cli_args": ["-m", "", "-p", "no:xdist", "-p", "no:cacheprovider", "-k", LEFT_OUT],
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    path = tree / "pyproject.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[tool.mutmut]\n{lines}\n", encoding="utf-8")


def expanded(patterns: Sequence[str]) -> list[str]:
    """List the modules of a group that hold code."""
    files = [path for pattern in patterns for path in sorted(ROOT.glob(pattern)) if path.name != "__init__.py"]
    return [str(path.relative_to(ROOT)) for path in files]


def tried(
    modules: Sequence[str], tests: Sequence[str], *, sample: int | None, jobs: int, seed: int
) -> Iterator[tuple[Mutant, str]]:
    """Make mutants of modules, and say of each whether a test sees it; those of a text alone are "text".

    Raises
    ------
    RuntimeError
        If mutmut cannot make or run them; what it said is the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder))
        configure(tree, modules, tests)
        first = run_mutmut(tree, "a mutant that is not there")  # makes all, and finds out which test reaches what
        if "nothing matches" not in first.stdout + first.stderr:
            raise RuntimeError(f"mutmut did not come to its mutants:\n{(first.stdout + first.stderr)[-3_000:]}")
        reached_by_file(tree)
        chosen: list[Mutant] = []
        for module in modules:
            if not (tree / "mutants" / f"{module}.meta").exists():
                continue  # nothing in it that mutmut changes
            found = mutants_of(module, tree)
            yield from ((mutant, "text") for mutant in found if mutant.is_text)
            rest = [mutant for mutant in found if not mutant.is_text]
            drawn = random.Random(f"{seed} {module}").sample(rest, min(len(rest), sample or len(rest)))
            chosen += drawn
        if not chosen:
            return
        done = run_mutmut(tree, "--max-children", str(jobs), *(mutant.name for mutant in chosen))
        codes = {}
        for module in dict.fromkeys(mutant.module for mutant in chosen):
            codes |= json.loads((tree / "mutants" / f"{module}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
        if all(codes[mutant.name] is None for mutant in chosen):
            raise RuntimeError(f"mutmut ran none of its mutants:\n{(done.stdout + done.stderr)[-3_000:]}")
        for mutant in chosen:
            code = codes[mutant.name]
            if code is None:
                yield mutant, "NOT RUN"
            else:
                yield mutant, {0: SURVIVED, 33: UNTESTED, 5: UNTESTED}.get(code, KILLED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", default="", help="only these files, with commas between them")
    parser.add_argument("--sample", type=int, help="so many mutants of each module; all unless given")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="mutants that are tried side by side")
    options = parser.parse_args()
    only = [name for name in options.modules.split(",") if name]
    known, results = accepted(), Counter[tuple[str, str]]()
    failed = False
    for patterns, tests in GROUPS.items():
        modules = [module for module in expanded(patterns) if not only or module in only]
        if not modules:
            continue
        try:
            outcomes = list(tried(modules, tests, sample=options.sample, jobs=options.jobs, seed=options.seed))
        except RuntimeError as error:
            print(f"{', '.join(modules)}: {error}", flush=True)
            failed = True
            continue
        for mutant, result in outcomes:
            is_known = result in (SURVIVED, UNTESTED) and any(each.is_(mutant) for each in known)
            shown = "accepted" if is_known else result
            results[mutant.module, shown] += 1
            if shown not in (KILLED, "text", "accepted"):
                print(f"{shown}  {mutant.name}\n  - {mutant.old}\n  + {mutant.new}")
        for module in modules:
            print(_line(module, {kind: n for (name, kind), n in results.items() if name == module}), flush=True)
    total: Counter[str] = Counter()
    for (_, kind), n in results.items():
        total[kind] += n
    print(f"\n{_line('all', total)}")
    return int(failed or _share(total) < WANTED)


def _share(counts: dict[str, int]) -> float:
    of = sum(n for kind, n in counts.items() if kind not in ("text", "accepted"))
    return counts.get(KILLED, 0) / of if of else 1.0


def _line(name: str, counts: dict[str, int]) -> str:
    kinds = (KILLED, SURVIVED, UNTESTED, "NOT RUN", "accepted", "text")
    said = ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts.get(kind))
    return f"{name:48} {100 * _share(counts):5.1f} %  {said or 'no mutants'}"


if __name__ == "__main__":
    sys.exit(main())
