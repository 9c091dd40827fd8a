"""The edge lab's benchmarks still run: each on settings so small that nothing is learned but that it does."""

import importlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lab.learning import families

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("edge_*.py")))
def test_a_benchmark_is_imported(name, benchmark):
    assert benchmark(name).__doc__.strip()


def test_streams_without_an_end_are_watched_with_and_without_drift(benchmark, capsys):
    watch = benchmark("watch_stream")
    watch.null(range(1), 1_000, 1, (False, True))
    watch.drifts(1, 4_000, None)
    watch.speed(5_000)
    watch.fresh(1, 300)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["no season", "season named"]
    assert len(lines) == 2 + 2 + len(watch.CHANGED) + 2 + 1 + 3 * 3


def test_tables_are_replayed_beside_tests_of_windows_and_with_each_model(benchmark, monkeypatch, capsys):
    watch = benchmark("watch_stream")
    for name in ("FOREST", "EXTRA_TREES", "BOOSTING", "MLP"):
        monkeypatch.setattr(families, name, families.LOGISTIC)  # the others take minutes
    watch.replay(2)
    watch.models(2_400)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 4 + 1 + 4 + 1 + 5


def test_runtimes_are_compared_and_the_recommended_one_is_among_them(benchmark, tmp_path, capsys):
    runtimes = benchmark("edge_runtimes")
    given = SimpleNamespace(quick=True, peers=tmp_path, compile_seconds=0.0, rounds=2)
    found = runtimes.line("breast-cancer", "logistic", given)
    assert {runtimes.RECOMMENDED, "scikit-learn", "converter, bound"} <= found.times.keys()
    runtimes.show(found)
    runtimes.summary([found])
    assert "within 1.1 of the fastest of all" in capsys.readouterr().out


def test_percentiles_of_two_harnesses_that_agree_are_said_to_agree(benchmark, capsys):
    loadgen = benchmark("edge_loadgen")
    ours = np.random.default_rng(0).integers(100_000, 120_000, size=(6, 500))
    percentiles = np.quantile(ours, [0.5, 0.9, 0.99], axis=1).T + 2_000
    times = {"ours": ours, "disturbed": ours, "logged": ours + 2_000, "inside": ours, "summary": percentiles}
    assert loadgen.show("a stand-in", times, 1e-3) == ["agrees"] * 3
    assert "LoadGen's own cost 2.00 us" in capsys.readouterr().out
