"""The rate of the made tables most like the one at hand, against a slow bound and cases worked out by hand."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from samples.records import hostile_record

from lab import rates, report
from lab.data.frames import from_arrays
from lab.likeness import Traits, differences, traits_of, with_likeness
from lab.schema import controls_fault
from lab.stats import largest_rate

PLAIN = Traits(rows=400, classes=2, balance=1.0, dependence=(), categories=0.0, missing=0.0)


def slow_bound(events, trials, chance=0.025):
    """The share at which so few events, or fewer, have a chance of 2.5 %: by halving, from the binomial sum itself."""
    if events == trials:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        found = sum(math.comb(trials, k) * middle**k * (1 - middle) ** (trials - k) for k in range(events + 1))
        low, high = (middle, high) if found > chance else (low, middle)
    return high


@pytest.mark.parametrize(("events", "trials"), [(0, 1), (0, 20), (0, 240), (1, 20), (3, 7), (7, 7), (12, 300)])
def test_the_bound_is_the_exact_one(events, trials):
    assert largest_rate(events, trials) == pytest.approx(slow_bound(events, trials, 0.05), abs=1e-9)


@pytest.mark.parametrize(("events", "trials"), [(0, 0), (2, 1), (-1, 5)])
def test_a_bound_of_nothing_is_a_programmers_mistake(events, trials):
    with pytest.raises(ValueError, match="is not possible"):
        largest_rate(events, trials)


def test_the_properties_of_a_table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200), "c": ["x", "y"] * 100})
    frame.loc[:29, "a"] = np.nan  # 30 of 600 cells
    frame["who"] = [f"p{row // 4}" for row in range(200)]
    target = np.array(["rare"] * 20 + ["usual"] * 180)
    found = traits_of(from_arrays("table", frame, target, by="who"), set())
    assert found == Traits(200, 2, 20 / 180, ("groups",), 0.33, 0.05)
    number = from_arrays("table", frame.drop(columns="who"), rng.normal(size=200))
    assert traits_of(number, {"order"}) == Traits(200, 0, 1.0, ("suspected order",), 0.33, 0.05)


def test_few_copies_are_no_table_of_copies():
    rng = np.random.default_rng(1)
    frame, target = pd.DataFrame(rng.normal(size=(200, 4))).add_prefix("x"), rng.integers(0, 2, 200)
    for copied, wanted in ((9, ()), (10, ("copies",))):
        frame.iloc[100 : 100 + copied] = frame.iloc[:copied].to_numpy()
        assert traits_of(from_arrays("table", frame, target), set()).dependence == wanted


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, ()),
        ({"rows": 2_000}, ()),
        ({"rows": 2_001}, ("rows",)),
        ({"rows": 80}, ()),
        ({"rows": 79}, ("rows",)),
        ({"balance": 0.25}, ()),
        ({"balance": 0.24}, ("balance",)),
        ({"categories": 0.49}, ()),
        ({"categories": 0.5}, ("categories",)),
        ({"missing": 0.04}, ()),
        ({"missing": 0.05}, ("missing",)),
        ({"missing": 0.05, "categories": 0.5}, None),
        ({"classes": 3}, None),
        ({"classes": 0}, None),
        ({"dependence": ("groups",)}, None),
    ],
)
def test_in_what_tables_differ(changes, wanted):
    other = dataclasses.replace(PLAIN, **changes)
    assert differences(PLAIN, other) == wanted
    assert differences(other, PLAIN) == wanted


def test_many_classes_are_alike_however_many():
    some = dataclasses.replace(PLAIN, classes=3)
    assert differences(some, dataclasses.replace(some, classes=20)) == ()
    assert differences(some, PLAIN) is None


def kind(name, events, of, table=None, **changes):
    row = {
        "name": name,
        "truth": "t",
        "yes": events,
        "no": of - events,
        "undecided": 0,
        "wrong": rates.interval(events, of),
    }
    plain = dataclasses.asdict(table or dataclasses.replace(PLAIN, **changes))
    return row | {"table": plain | {"dependence": list(plain["dependence"])}}


def measured(*kinds, **changes):
    events, of = sum(row["wrong"]["events"] for row in kinds), sum(row["wrong"]["of"] for row in kinds)
    facts = {"lab": "quantum", "version": "1", "date": "2030-01-01", "seeds": 20, "controls": list(kinds)}
    return facts | {"wrong": rates.interval(events, of)} | changes


KINDS = (
    kind("even", 0, 20),
    kind("noise", 1, 20, rows=300),
    kind("rare", 0, 20, rows=600, balance=1 / 29),
    kind("gaps", 2, 20, missing=0.2),
    kind("clouds", 0, 20, classes=6),
    kind("number", 0, 20, classes=0, rows=1_000),
    kind("customers", 0, 20, dependence=("suspected groups",), rows=480),
    {name: value for name, value in kind("clock", 0, 20).items() if name != "table"} | {"table": None},
)
OVER_ALL = "over all kinds 3 of 160, at most 5.4 %."  # slow_bound(3, 160) = 0.0538...


@pytest.mark.parametrize(
    ("table", "kinds", "differ", "sentence"),
    [
        (PLAIN, ["even", "noise"], [],
         "On made tables most like this one (two classes, 300 to 400 rows): 1 of 40 wrong, at most 14 %; "),  # 0.1315...
        (dataclasses.replace(PLAIN, rows=500, balance=0.02), ["rare"], [],
         "On made tables most like this one (two classes, a rare one, 600 rows): 0 of 20 wrong, at most 17 %; "),  # 0.1684...
        (dataclasses.replace(PLAIN, rows=9_000), ["even", "noise"], ["rows"],
         "On made tables most like this one (two classes, 300 to 400 rows; other than this one in their number of rows): "
         "1 of 40 wrong, at most 14 %; "),
        (dataclasses.replace(PLAIN, balance=0.02, missing=0.3), ["rare", "gaps"], ["balance", "missing"],
         "On made tables most like this one (two classes, 400 to 600 rows; other than this one in the balance of their classes or "
         "their share of missing cells): 2 of 40 wrong, at most 17 %; "),  # 0.1691...
        (dataclasses.replace(PLAIN, dependence=("suspected groups",)), ["customers"], [],
         "On made tables most like this one (two classes, groups of rows that nobody named, 480 rows): 0 of 20 wrong, at most 17 %; "),
        (dataclasses.replace(PLAIN, classes=0), ["number"], [],
         "On made tables most like this one (a number to predict, 1,000 rows): 0 of 20 wrong, at most 17 %; "),
        (dataclasses.replace(PLAIN, dependence=("order",), rows=9_000), [], [],
         "None of the made tables is like this one (two classes, an order of rows that the user named, 9,000 rows); "),
    ],
)  # fmt: skip
def test_the_nearest_kinds_are_counted_together(table, kinds, differ, sentence):
    given = measured(*KINDS)
    found = with_likeness(given, table)
    like = found.pop("like")
    assert found == given
    assert (like["kinds"], like["differ"]) == (kinds, differ)
    rest = OVER_ALL if kinds else OVER_ALL.replace("160,", "160 wrong,")
    assert like["sentence"] == sentence + rest
    counted = [row["wrong"]["events"] for row in given["controls"] if row["name"] in kinds]
    assert (like["events"], like["of"]) == (sum(counted), 20 * len(counted))
    wanted = pytest.approx(slow_bound(sum(counted), 20 * len(counted)), abs=1e-9) if kinds else None
    assert like["at_most"] == wanted
    assert like["at_most_over_all"] == pytest.approx(slow_bound(3, 160), abs=1e-9)
    assert controls_fault(json.loads(json.dumps(found | {"like": like}))) is None


def test_rates_of_an_earlier_version_say_that_likeness_is_not_known():
    old = [{name: value for name, value in row.items() if name != "table"} for row in KINDS]
    like = with_likeness(measured(*old), PLAIN)["like"]
    assert (like["kinds"], like["at_most"]) == ([], None)
    assert like["sentence"].startswith("Which of the made tables are like this one is not known")
    assert like["sentence"].endswith("over all kinds 3 of 160 wrong, at most 5.4 %.")
    assert with_likeness(None, PLAIN) is None


def test_the_report_prints_the_sentence_and_the_schema_refuses_another_shape():
    given = with_likeness(measured(*KINDS), PLAIN)
    page = " ".join(report.html(dataclasses.replace(hostile_record(), controls=given)).split())
    assert "On made tables most like this one (two classes, 300 to 400 rows): 1 of 40 wrong, at most 14 %;" in page
    for change in (
        lambda like: like.pop("sentence"),
        lambda like: like.update(at_most=2.0),
        lambda like: like.update(kinds=[5]),
        lambda like: like["table"].update(dependence=["friends"]),
    ):
        damaged = json.loads(json.dumps(given))
        change(damaged["like"])
        assert controls_fault(damaged)
