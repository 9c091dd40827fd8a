"""How long would the other efforts take, and what was measured where? Said from the plan, and from the rows that there are."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from samples.golden import table
from samples.small_lab import SmallLab

from lab.errors import SettingsError
from lab.flow import _measured, _other_efforts
from lab.job import job_of
from lab.protocol import Trial
from lab.settings import ComparisonSettings, make, option
from lab.work.forecast import Forecast
from lab.work.trials import Results


@dataclasses.dataclass(frozen=True)
class Settings(ComparisonSettings):
    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"folds": 2, "max_rows": 24},
        "thorough": {"folds": 10},
    }
    max_rows: int = option(48, "rows", minimum=10, maximum=100)
    most_folds: int = option(20, "a table that is too small for more", minimum=1, maximum=20)


@dataclasses.dataclass(frozen=True)
class Effortless:
    max_rows: int = option(48, "rows", minimum=10, maximum=100)


def work(dataset, *, seed):
    """Never called: a plan is made, and its time is said."""
    raise NotImplementedError


class Folds:
    """A section with a trial for each fold, whose cost is the run's seed."""

    def plan(self, context):
        dataset, settings, seed = context
        if settings.folds > settings.most_folds:
            raise SettingsError("too many folds")
        assert dataset.n_rows == min(settings.max_rows, 48)
        return [Trial(f"fold{fold}", work, kind="fold", cost=float(seed)) for fold in range(settings.folds)]


class FoldsLab(SmallLab):
    settings_type = Settings

    def context(self, dataset, settings, *, seed):
        return dataset, settings, seed

    def sections(self):
        return [Folds()]


def said(settings, *, workers=1):
    """What is said after a pilot of 60 s for one fold."""
    job = job_of(FoldsLab(), table(), settings, 3, files=[])
    forecast = Forecast(job.plan, workers)
    forecast.add(job.plan[0], 60.0)
    return _other_efforts(job, forecast)


def test_every_other_effort_is_said_with_the_time_of_its_own_plan_on_its_own_rows():
    # by hand: 60 s for a fold of 48 rows; quick has 2 folds of 24 rows, standard 5 of 48, thorough 10 of 48
    quick = "--effort quick takes about 1 min"
    assert said(make(Settings, {})) == f" ({quick}; --effort thorough takes about 10 min)"
    assert said(make(Settings, {"effort": "thorough"})) == f" ({quick}; --effort standard takes about 5 min)"
    # now it is a fold of 24 rows that takes 60 s
    twice = "--effort standard takes about 10 min; --effort thorough takes about 20 min"
    assert said(make(Settings, {"effort": "quick"})) == f" ({twice})"


def test_an_effort_for_which_the_table_is_too_small_is_left_out():
    found = said(make(Settings, {"most_folds": 5}))
    assert "quick" in found
    assert "thorough" not in found


def test_where_no_other_effort_fits_nothing_is_said():
    class Narrow(Settings):
        efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quick": {"folds": 9}, "thorough": {"folds": 10}}

    assert said(make(Narrow, {"most_folds": 5})) == ""


def test_a_lab_without_efforts_says_nothing_of_them():
    class Plain(FoldsLab):
        settings_type = Effortless

        def sections(self):
            return []

    job = job_of(Plain(), table(), Effortless(), 3, files=[])
    assert _other_efforts(job, Forecast([], 1)) == ""


def test_workers_share_what_need_not_run_alone():
    # two folds of 24 rows at once; five and ten of 48 rows on two processes
    assert said(make(Settings, {}), workers=2) == (
        " (--effort quick takes about 30 s; --effort thorough takes about 5 min)"
    )


def test_rows_are_counted_by_machine_beside_trials_that_failed():
    one, other = {"cpu": "one"}, {"cpu": "other"}
    plan = [Trial(key, work, exclusive=key != "b") for key in "abcde"]
    found = _measured(plan, Results({}, {"a": "failed"}, {"b": one, "c": other, "d": one, "e": one}))
    assert found == [{"machine": one, "trials": 3, "alone": 2}, {"machine": other, "trials": 1, "alone": 1}]
