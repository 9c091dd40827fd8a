"""The price agrees with the figures of a count by hand."""

import pytest

from quantum.hardware.transpiled import OnDevice
from quantum.price.evidence import devices_table, estimates, price_table
from quantum.settings import Settings

RATE = 1.6
TRAINING_S = 100 * 2 + 33 * 64 * 100 * 1024 * 0.00035
"""16 trained numbers: two circuits each and one for the loss; 64 rows, 100 steps of one job each, 1,024 shots."""


def test_prices_agree_with_the_figures_of_a_count_by_hand():
    lines = {line[0]: line for line in price_table(Settings(steps=100), n_trained=16, n_rows=64).rows}
    seconds = TRAINING_S
    assert lines["training once, parameter-shift"][2:] == pytest.approx((seconds, seconds / 3600, seconds * RATE))
    seconds = 100 * 2 + 2 * 64 * 100 * 1024 * 0.00035
    assert lines["training once, SPSA"][2:] == pytest.approx((seconds, seconds / 3600, seconds * RATE))
    assert lines["1 prediction"][2:] == pytest.approx((2.3584, 2.3584 / 3600, 2.3584 * RATE))


def test_the_estimates_of_the_verdict_are_the_prices_of_the_table():
    found = estimates(Settings(steps=100), n_trained=16, n_rows=64)
    expected = {
        "training_hours": (TRAINING_S / 3600, "hours"),
        "training_dollars": (TRAINING_S * RATE, "dollars"),
        "training_dollars_spsa": ((100 * 2 + 2 * 64 * 100 * 1024 * 0.00035) * RATE, "dollars"),
        "predictions_dollars": ((2 + 1_000 * 1024 * 0.00035) * RATE, "dollars"),
        "kernel_dollars": ((2 + 64 * 63 / 2 * 1024 * 0.00035) * RATE, "dollars"),
        "kernel_predictions_dollars": ((2 + 1_000 * 64 * 1024 * 0.00035) * RATE, "dollars"),
    }
    assert {name: (each.value, each.unit) for name, each in found.items()} == {
        name: (pytest.approx(value), unit) for name, (value, unit) in expected.items()
    }
    assert all(each.low == each.value == each.high for each in found.values())


def test_the_columns_say_what_their_numbers_are():
    (row,) = devices_table([OnDevice("torino", 133, 31, 88, 9, 0.8125)]).rows
    columns = devices_table([]).columns
    assert dict(zip(columns, row, strict=True)) == {
        "device": "torino", "device qubits": 133, "depth": 31, "gates": 88, "two-qubit gates": 9, "success": 0.8125,
    }  # fmt: skip
    table = price_table(Settings(steps=100), n_trained=16, n_rows=64)
    assert table.columns == ("work", "executions", "device seconds", "device hours", "dollars")
    lines = {line[0]: line[1] for line in table.rows}
    assert lines == {
        "training once, parameter-shift": 33 * 64 * 100 * 1024,
        "training once, SPSA": 2 * 64 * 100 * 1024,
        "1 prediction": 1024,
        "1,000 predictions": 1_024_000,
        "training a quantum kernel once": 64 * 63 // 2 * 1024,
        "1,000 predictions of the kernel, at most": 1_000 * 64 * 1024,
    }
