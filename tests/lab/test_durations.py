"""How long would the other efforts take, and what was measured where? Said from the plan, and from the rows that there are."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from samples.golden import table
from samples.small_lab import SmallLab

from lab.durations import other_efforts, with_durations
from lab.errors import SettingsError
from lab.job import job_of
from lab.protocol import Evidence, Trial
from lab.runs.alike import measured as counted
from lab.settings import ComparisonSettings, make, option
from lab.work.forecast import Forecast


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
    return other_efforts(job, forecast)


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
    assert other_efforts(job, Forecast([], 1)) == ""


def test_workers_share_what_need_not_run_alone():
    # two folds of 24 rows at once; five and ten of 48 rows on two processes
    assert said(make(Settings, {}), workers=2) == (
        " (--effort quick takes about 30 s; --effort thorough takes about 5 min)"
    )


@dataclasses.dataclass(frozen=True)
class Curved(Settings):
    curve_rows: int = option(40, "rows of the learning curves", minimum=0, maximum=1_000)


class CurvedLab(FoldsLab):
    """Beside the folds a learning curve, whose cost is its rows, whatever the sample."""

    settings_type = Curved

    def sections(self):
        return [Folds(), self]

    def plan(self, context):
        rows = context[1].curve_rows
        return [Trial("curve", work, kind="curve", cost=float(rows), rows_in_cost=True)]


def measured(settings, *kinds):
    """A job, and its forecast after a pilot of 60 s for a fold and 200 s for the curve."""
    job = job_of(CurvedLab(), table(), settings, 3, files=[])
    forecast = Forecast(job.plan, 1)
    for trial, seconds in ((job.plan[0], 60.0), (job.plan[-1], 200.0)):
        if trial.kind in kinds:
            forecast.add(trial, seconds)
    return job, forecast


def test_what_counts_its_rows_already_is_not_scaled_by_those_of_the_sample():
    # by hand: 60 s for quick's two folds of 24 rows, 600 s for thorough's ten of 48, and 200 s for the curve of each
    found = other_efforts(*measured(make(Curved, {}), "fold", "curve"))
    assert found == " (--effort quick takes about 5 min; --effort thorough takes about 14 min)"


def test_what_waits_for_other_trials_does_not_keep_the_time_of_other_efforts_from_being_said():
    class Averaged(CurvedLab):
        """Beside the curve something that needs it, for which a minute and a half is expected."""

        def plan(self, context):
            (curve,) = super().plan(context)
            return [curve, Trial("mean", work, kind="mean", cost=90.0, needs=(curve.key,), rows_in_cost=True)]

    job = job_of(Averaged(), table(), make(Curved, {}), 3, files=[])
    forecast = Forecast(job.plan, 1)
    for trial, seconds in ((job.plan[0], 60.0), (job.plan[-2], 200.0)):
        forecast.add(trial, seconds)
    # by hand: as above, and the minute and a half
    assert other_efforts(job, forecast) == " (--effort quick takes about 6 min; --effort thorough takes about 15 min)"


def test_a_run_that_would_decide_is_said_with_its_time():
    job, forecast = measured(make(Curved, {}), "fold", "curve")
    evidence = Evidence(facts={"curve_settles": 90})
    # by hand: five folds of a minute, and five seconds for each row of the curve
    assert with_durations(evidence, job, forecast).facts["curve_seconds"] == {"90": 5 * 60.0 + 90 * 5.0}
    several = Evidence(facts={"curve_settles": {"a": 90, "b": None, "c": 30}})
    assert with_durations(several, job, forecast).facts["curve_seconds"] == {"30": 450.0, "90": 750.0}


def test_a_run_on_more_rows_that_would_decide_is_said_with_its_time():
    job, forecast = measured(make(Curved, {"max_rows": 24}), "fold", "curve")
    assert (
        with_durations(Evidence(facts={"rows_to_settle": 48}), job, forecast).facts["settle_seconds"]
        == 5 * 120.0 + 200.0
    )
    for rows in (None, 24, 49):
        evidence = Evidence(facts={"rows_to_settle": rows})
        assert with_durations(evidence, job, forecast) == evidence, "there are none, or the table has only 48"
    at_size = Evidence(facts={"rows_to_settle": 48, "size": 90})
    assert with_durations(at_size, job, forecast) == at_size


def test_no_time_is_said_of_what_was_not_measured_or_would_not_decide():
    job, forecast = measured(make(Curved, {}), "fold")
    assert other_efforts(job, forecast) == ""  # each has a curve, and no pilot trial says what that takes
    for evidence in (Evidence(facts={"curve_settles": 90}), Evidence(facts={"curve_settles": None}), Evidence()):
        assert with_durations(evidence, job, forecast) == evidence
    assert with_durations(Evidence(facts={"curve_settles": 90}), job, None).facts == {"curve_settles": 90}


def test_rows_are_counted_by_machine_beside_trials_that_failed():
    one, other = {"cpu": "one"}, {"cpu": "other"}
    plan = [Trial(key, work, exclusive=key != "b") for key in "abcde"]
    found = counted(plan, {"b": one, "c": other, "d": one, "e": one})
    assert found == [{"machine": one, "trials": 3, "alone": 2}, {"machine": other, "trials": 1, "alone": 1}]
