"""Rows per second are what a stand-in of known speed gives, at every size of a batch."""

import numpy as np
import pytest

from edge.throughput import batches
from edge.throughput import evidence as throughput_evidence
from edge.throughput.trials import ThroughputRow


class Clock:
    """Moves only when a stand-in works."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


def test_known_rates_are_returned_and_every_turn_asks_other_rows():
    clock, seen = Clock(), []

    def call(size, turn):
        seen.append((size, turn))
        clock.now += 10_000 + 500 * size  # nanoseconds: 10 us a call, half a microsecond a row

    found = batches.measure_throughput({"x": call}, batches=(1, 100), rounds=6, clock=clock)
    single, large = found["x"]
    assert single == pytest.approx([1 / 10.5e-6] * 6)
    assert large == pytest.approx([100 / 60e-6] * 6)
    timed = [turn for size, turn in seen if size == 100][4:]  # after the warm-up
    assert timed == list(range(6 * 50))  # 3 ms a round hold 50 calls of 60 us


def test_alternatives_take_turns():
    clock, seen = Clock(), []

    def of(name):
        def call(size, turn):
            seen.append(name)
            clock.now += 10_000_000

        return call

    batches.measure_throughput({"a": of("a"), "b": of("b")}, batches=(1,), rounds=3, clock=clock)
    assert "".join(seen[-6:]) == "ababab"


def row():
    rates = {
        "one thread": [[100.0] * 6, [900.0, 1000.0, 1100.0, 900.0, 1000.0, 1100.0]],
        "scikit-learn": [[1.0] * 6, [2.0] * 6],
    }
    return ThroughputRow(dict.fromkeys(rates, (1, 16)), 2, rates)


def test_the_table_has_a_row_for_every_size_and_its_interval_is_the_range_of_the_rounds():
    table = throughput_evidence.table({"mlp": row()}, {"mlp": "neural network"})
    assert [r[1:4] for r in table.rows] == [
        ("ONNX Runtime", 1, 1), ("ONNX Runtime", 1, 16), ("scikit-learn", 1, 1), ("scikit-learn", 1, 16)
    ]  # fmt: skip
    assert table.rows[1][5] == "900 to 1,100"
    assert table.rows[2][6] == pytest.approx(1e3)


def test_the_figure_names_the_best_batch():
    drawn = throughput_evidence.figure({"mlp": row()}, {"mlp": "neural network"})
    assert "neural network 1,000 at 16" in drawn.caption
    assert [(v["x"], v["y"]) for v in drawn.spec["data"]["values"]] == [(1.0, 100.0), (16.0, 1000.0)]
    assert np.median(row().rates["one thread"][1]) == throughput_evidence.best_batch(row(), "one thread")[1]
