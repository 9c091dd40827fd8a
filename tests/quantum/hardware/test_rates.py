"""Executions, device time and money agree with a count by hand."""

import pytest

from quantum.hardware.rates import Price, executions_to_train, executions_to_train_spsa


def test_prices_agree_with_a_count_by_hand():
    # 16 angles: two circuits each and one for the loss; 64 rows, 100 steps, 1,024 shots
    assert executions_to_train(16, rows=64, steps=100, shots=1024) == 33 * 64 * 100 * 1024
    price = Price.of(33 * 64 * 100 * 1024, jobs=100, overhead_s=2, execution_s=0.00035, rate=1.6)
    assert price.seconds == pytest.approx(200 + 216_268_800 * 0.00035)
    assert price.dollars == pytest.approx(1.6 * price.seconds)


def test_two_evaluations_a_step_agree_with_a_count_by_hand():
    assert executions_to_train_spsa(rows=64, steps=100, shots=1024) == 2 * 64 * 100 * 1024


def test_no_work_costs_nothing():
    assert Price.of(0, jobs=0, overhead_s=2, execution_s=1, rate=1) == Price(0.0, 0.0)
