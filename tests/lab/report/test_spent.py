"""The table of times adds up to what the trials took, and a record that says nothing of them has no such table."""

import dataclasses

import pytest
from samples.pages import Page
from samples.records import HOSTILE, hostile_record

from lab import record, report
from lab.protocol import Trial
from lab.report.spent import spent
from lab.work.forecast import Forecast


def timed(*kinds, total, failed=()):
    plain = hostile_record("x")
    said = [{"kind": kind, "trials": n, "seconds": seconds} for kind, n, seconds in kinds]
    return dataclasses.replace(
        plain,
        environment=plain.environment | {"spent": said},
        trials={"total": total, "failed": dict.fromkeys(failed, "x")},
    )


def test_seconds_and_trials_are_added_up_by_kind_and_the_dearest_stands_first():
    plan = [Trial(f"{kind}{i}", len, kind=kind) for kind in "abc" for i in range(3)]
    forecast = Forecast(plan, 2)
    for key, seconds in [("a0", 1.0), ("b0", 7.5), ("a1", 2.25), ("b1", 0.5), ("a2", 0.004)]:
        forecast.add(next(each for each in plan if each.key == key), seconds)
    forecast.leave_out(plan[-1])
    assert forecast.spent() == [
        {"kind": "b", "trials": 2, "seconds": 8.0},
        {"kind": "a", "trials": 3, "seconds": 3.25},
    ]


def test_the_table_says_each_kind_its_trials_their_time_and_its_share():
    table = spent(timed(("forest", 4, 30.0), ("mlp", 2, 9.0), ("read", 1, 1.0), total=8, failed=["y"]))
    assert table.columns == ("kind of trial", "trials", "together (s)", "share (%)")
    assert table.rows == (("forest", 4, 30.0, 75.0), ("mlp", 2, 9.0, 22.5), ("read", 1, 1.0, 2.5))
    assert table.caption.endswith("several ran beside one another.")


def test_short_times_stand_in_milliseconds():
    table = spent(timed(("a", 1, 0.04), ("b", 1, 0.01), total=2))
    assert table.columns[2] == "together (ms)"
    assert [row[2] for row in table.rows] == pytest.approx([40.0, 10.0])


def test_trials_of_an_earlier_session_are_not_counted_and_that_is_said():
    table = spent(timed(("a", 2, 4.0), total=6, failed=["y"]))
    assert table.caption.endswith("beside one another; 3 trials that ended before, or elsewhere, not counted.")


@pytest.mark.parametrize("kinds", [(), (("a", 1, 0.0),)])
def test_without_a_time_there_is_no_table(kinds):
    assert spent(timed(*kinds, total=1)) is None
    assert spent(hostile_record("x")) is None
    assert "Where the time went" not in report.html(hostile_record("x"))


def test_the_page_shows_it_in_the_appendix_and_a_kind_stays_a_text(tmp_path):
    timed_record = timed((HOSTILE, 3, 12.5), ("mlp", 1, 2.5), total=4)
    record.write(timed_record, tmp_path / "record.json")
    page = report.html(record.read(tmp_path))
    assert HOSTILE not in page
    read = " ".join(" ".join(Page(page).text).split())
    assert "Where the time went" in read[read.index("Appendix") :]
    assert f"{HOSTILE} 3 12.5 83.3" in read
