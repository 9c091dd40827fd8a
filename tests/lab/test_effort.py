"""An effort is a name for other settings, and its time is said as soon as the pilot is over."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from samples.here import in_this_process
from samples.less_work import with_few_families, without_doubts, without_pictures

from lab.errors import SettingsError
from lab.protocol import Trial
from lab.registry import find, names
from lab.settings import ComparisonSettings, at_effort, make
from lab.work.forecast import Forecast


@dataclasses.dataclass(frozen=True)
class Settings(ComparisonSettings):
    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quick": {"folds": 2}, "thorough": {"repeats": 9}}


def test_what_the_user_names_wins_over_the_effort():
    assert make(Settings, {"effort": "quick"}).folds == 2
    assert make(Settings, {"effort": "quick", "folds": 7}).folds == 7
    assert make(Settings, {}) == make(Settings, {"effort": "standard"})


def test_another_effort_changes_what_the_first_one_set_and_nothing_that_the_user_set():
    quick = make(Settings, {"effort": "quick", "repeats": 4})
    assert at_effort(quick, "thorough") == make(Settings, {"effort": "thorough", "repeats": 4})


def test_an_unknown_effort_is_an_error_that_names_the_nearest():
    with pytest.raises(SettingsError, match="quick"):
        make(Settings, {"effort": "quik"})


@pytest.mark.parametrize("name", names())
def test_every_lab_gives_each_effort_values_that_are_in_range(name):
    settings_type = find(name).settings_type
    for effort in ("quick", "standard", "thorough"):
        chosen = make(settings_type, {"effort": effort})
        assert at_effort(chosen, effort) == chosen


def test_the_forecast_counts_shared_work_over_the_workers_and_lone_work_in_full():
    plan = [Trial(f"a{i}", len, kind="a", cost=2.0) for i in range(5)]
    plan += [Trial("b", len, kind="b"), Trial("alone", len, kind="c", cost=7.0, exclusive=True)]
    forecast = Forecast(plan, workers=2)
    forecast.add(plan[0], 3.0)
    assert not forecast.is_ready
    forecast.add(plan[5], 1.0)
    assert forecast.is_ready
    assert forecast.seconds_left() == pytest.approx(4 * 3.0 / 2 + 7.0)


def test_stored_trials_are_no_pilots():
    plan = [Trial("a", len, kind="a"), Trial("b", len, kind="b")]
    forecast = Forecast(plan, workers=1, stored=("a",))
    forecast.add(plan[1], 2.0)
    assert forecast.is_ready
    assert forecast.seconds_left() == 0.0


def test_a_run_says_how_long_it_takes_and_what_the_other_efforts_would(lab, table, monkeypatch):
    for less in (in_this_process, without_doubts, without_pictures, with_few_families):
        less(monkeypatch)
    budget = ("--folds", 2, "--repeats", 1, "--candidates", 1, "--depth", "verdict")
    got = lab("run", "interpretability", table(), "--target", "churn", "--workers", 1, *budget)
    assert got.code == 0
    (sentence,) = (line for line in got.err.splitlines() if "pilot" in line)
    assert "--effort quick takes about" in sentence
    assert "--effort thorough takes about" in sentence
