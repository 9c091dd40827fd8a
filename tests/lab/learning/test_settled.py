"""A run that ends once its answer is firm: how sure each look is, what waits for it, and what is said of what was used."""

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from oracles import intervals
from samples import interpretability_rows, quantum_rows
from samples.golden import FOLDS, N_ROWS, three
from samples.golden import table as golden_table
from samples.here import in_this_process
from scipy import stats

from interpretability.lab import LAB as INTERPRETABILITY
from interpretability.models import classifiers
from lab import sections
from lab.cli import main
from lab.data.load import load
from lab.errors import SettingsError
from lab.learning.comparison import Group
from lab.learning.families import LOGISTIC, SVM
from lab.learning.settled import Look, Looks, Rule, is_firm
from lab.protocol import Estimate
from lab.settings import make
from lab.wording import percent
from quantum.lab import LAB as QUANTUM

SURE = 0.975  # two looks at 5 % in all
REACH = 300 / N_ROWS * np.log(1 - SURE) / np.log(0.05)
"""3 rows at 95 %: so far an interval reaches at least where n rows without a hit have a chance of 1 - confidence."""


@pytest.mark.parametrize("repeats", range(2, 21))
def test_the_errors_of_all_looks_add_up_to_one_in_twenty(repeats):
    looks = Looks(repeats, is_asked=True)
    assert sum(1 - looks.confidence for _ in range(repeats)) == pytest.approx(float(Fraction(1, 20)))
    assert [key.name for key in looks.keys] == [f"look-{n:02d}" for n in range(1, repeats)]
    assert Looks(repeats, is_asked=False).confidence == 0.95
    assert Looks(repeats, is_asked=False).keys == ()


def test_the_first_look_that_is_settled_counts_and_all_repetitions_where_none_is():
    looks = Looks(4, is_asked=True)
    rows = {f"look-{n:02d}": Look(n, 0.9875, n >= 2) for n in (1, 2, 3)}
    assert looks.used(rows) == 2
    assert looks.facts(rows) == {"repeats_used": 2, "repeats_most": 4}
    assert looks.used({"look-01": rows["look-01"]}) == 4
    assert Looks(4, is_asked=False).used(rows) == 4
    assert Looks(4, is_asked=False).facts(rows) == {}


def planned(lab, table, **settings):
    found = make(lab.settings_type, {"folds": 3, "repeats": 3, **settings})
    return sections.plan(lab, lab.context(load(table), found, seed=1))


@pytest.mark.parametrize("lab", [QUANTUM, INTERPRETABILITY], ids=lambda lab: lab.name)
def test_each_repetition_waits_for_the_look_before_it_which_sees_all_folds_before(lab):
    plan, as_usual = planned(lab, "wine", until_settled=True), planned(lab, "wine")
    keys = [trial.key for trial in plan]
    assert {trial.key for trial in as_usual} == set(keys) - {"look-01", "look-02"}
    assert not any(trial.unless for trial in as_usual)
    for trial in plan:
        if "-fold" in trial.key:
            repeat = int(trial.key[-2:]) // 3
            assert trial.unless == ("" if repeat == 0 else f"look-{repeat:02d}"), trial.key
    sides = {trial.key[:-2] for trial in plan if "look-01" not in trial.needs and trial.key in plan_of_look(plan, 1)}
    for number in (1, 2):
        look = next(trial for trial in plan if trial.key == f"look-{number:02d}")
        assert look.unless == ("look-01" if number == 2 else "")
        assert set(look.needs) == {f"{start}{index:02d}" for start in sides for index in range(3 * number)}
        assert keys.index(look.key) > max(map(keys.index, look.needs))
        assert (look.arguments["repeats"], look.arguments["confidence"]) == (number, pytest.approx(1 - 0.05 / 3))
    assert any(start.startswith("constant") for start in sides)


def plan_of_look(plan, number):
    return next(trial for trial in plan if trial.key == f"look-{number:02d}").needs


def test_the_finalists_wait_for_the_looks_and_count_what_was_used():
    plan = planned(INTERPRETABILITY, "wine", until_settled=True)
    finalists = next(trial for trial in plan if trial.key == "finalists")
    assert {"look-01", "look-02"} <= set(finalists.needs)
    assert finalists.arguments["looks"] == Looks(3, is_asked=True)


def stopped(rows, settings, *, is_settled=True):
    return rows | {"look-01": Look(1, SURE, is_settled)}, dataclasses.replace(settings, until_settled=True)


def first(folds):
    return folds[:FOLDS]


def test_every_number_of_interpretability_comes_from_the_repetitions_that_were_used():
    pytest.importorskip("fairlearn")
    one = interpretability_rows
    rows, settings = stopped(one.made_rows(), one.SETTINGS)
    found = one.summarised(settings, rows)
    pairs = {
        "loss": (one.BLACK, one.GLASS),
        "over_constant": (one.GLASS, one.CONSTANT),
        "black_over_constant": (one.BLACK, one.CONSTANT),
    }
    for name, (a, b) in pairs.items():
        expected = intervals.interval(*one.against(first(a), first(b)), confidence=SURE, reach=REACH)
        assert three(found.estimates[name]) == pytest.approx(expected, rel=1e-9), name
        assert found.estimates[name].confidence == SURE
    value, error, degrees = one.against(first(one.BLACK), first(one.GLASS))
    smallest = float((stats.t.isf((1 - SURE) / 2, degrees) + stats.t.isf(0.2, degrees)) * error)
    assert found.facts["detectable"] == pytest.approx(max(smallest, REACH))
    assert found.facts["rows_to_settle"] == intervals.rows_to_settle(value, 3.0, N_ROWS, smallest, REACH)
    assert (found.facts["repeats_used"], found.facts["repeats_most"]) == (1, 2)
    assert found.figures[0].caption.count("97.5 % interval") == 1
    assert "1 x 3-fold cross-validation" in found.figures[0].caption
    verdict = INTERPRETABILITY.judge(found, settings)
    assert "97.5 % interval" in verdict.sentence
    assert "Stopped after 1 of 2 repetitions, since the answer was settled" in verdict.details


def test_every_number_of_quantum_comes_from_the_repetitions_that_were_used():
    one = quantum_rows
    rows, settings = stopped(one.made_rows(), one.SETTINGS)
    found = one.summarise(settings, rows)
    for name, (a, b) in {
        "advantage": (one.QUANTUM, one.CLASSICAL),
        "over_constant": (one.QUANTUM, one.FOLDED["constant"]),
    }.items():
        expected = intervals.interval(*one.against(first(a), first(b)), confidence=SURE, reach=REACH)
        assert three(found.estimates[name]) == pytest.approx(expected, rel=1e-9), name
        assert found.estimates[name].confidence == SURE
    assert (found.facts["repeats_used"], found.facts["repeats_most"], found.facts["scored_folds"]) == (1, 2, FOLDS)
    verdict = QUANTUM.judge(found, settings)
    assert "97.5 % interval" in verdict.sentence
    assert "Stopped after 1 of 2 repetitions" in verdict.details


def test_all_repetitions_are_used_where_no_look_settles_it_and_that_is_said():
    one = quantum_rows
    rows, settings = stopped(one.made_rows(), one.SETTINGS, is_settled=False)
    found = one.summarise(settings, rows)
    expected = intervals.interval(*one.against(one.QUANTUM, one.CLASSICAL), confidence=SURE, reach=REACH)
    assert three(found.estimates["advantage"]) == pytest.approx(expected, rel=1e-9)
    details = QUANTUM.judge(found, settings).details
    assert "All 2 repetitions were used" in details
    assert "not that of the rows" in details


def constant(rows, folds):
    """The rows, but for a constant that says what these folds say."""
    found = dict(rows)
    for index, (chances, places) in enumerate(folds):
        key, score = f"constant-fold{index:02d}", intervals.auc(chances[:, 1], places % 2 == 1)
        found[key] = dataclasses.replace(rows[key], predictions=chances, score=score)
    return found


def looked(lab, rows, settings):
    """What the first look says of rows, and what the lab's verdict does."""
    context = lab.context(golden_table(), settings, seed=11)
    look = next(trial for trial in sections.plan(lab, context) if trial.key == "look-01")
    said = look.function(
        context.dataset, seed=0, **look.arguments, inputs={key: rows[key] for key in look.needs if key in rows}
    )
    assert (said.repeats, said.confidence) == (1, SURE)
    return said.is_settled, lab.judge(sections.summarise(lab, context, rows), settings).answer


@pytest.mark.parametrize(
    ("lab", "one", "better"),
    [(INTERPRETABILITY, interpretability_rows, "BLACK"), (QUANTUM, quantum_rows, "QUANTUM")],
    ids=["interpretability", "quantum"],
)
def test_a_look_is_settled_where_the_verdict_is_firm_and_nowhere_else(lab, one, better):
    """Of a constant that knows as much as the better side neither has learned more, of one that errs as often both have."""
    pytest.importorskip("fairlearn")
    seen, best = set(), getattr(one, better)
    errs = [(chances[:, ::-1], places) for chances, places in best]
    for margin in (0.0, 0.3, 0.95):
        rows, settings = stopped(one.made_rows(), dataclasses.replace(one.SETTINGS, margin=margin))
        for given in (rows, constant(rows, best), constant(rows, errs)):
            is_settled, answer = looked(lab, given, settings)
            assert is_settled == (answer != "undecided"), (margin, answer)
            seen.add(answer)
    assert seen == {"yes", "no", "undecided"}


class Narrow:
    """A comparison whose interval excludes the margin at 95 %, and not at more."""

    best, families = {"one": 1, "other": 2}, {}

    def difference(self, first, second, *, confidence=0.95):
        return Estimate(2.0, 1.2 if confidence == 0.95 else 0.8, 3.0, "points", confidence)


@pytest.mark.parametrize("confidence", [0.95, 0.98])
def test_a_look_decides_at_the_confidence_of_looks(confidence):
    assert is_firm(Narrow(), Rule("one", "other", 1.0), confidence=confidence) == (confidence == 0.95)


@pytest.mark.parametrize("lab", [QUANTUM, INTERPRETABILITY], ids=lambda lab: lab.name)
def test_what_looks_cannot_settle_is_refused_with_the_way_out(lab):
    with pytest.raises(SettingsError, match="there is only one; use --repeats 2 or more"):
        planned(lab, "wine", until_settled=True, repeats=1)
    with pytest.raises(SettingsError, match="the verdict is about 5,000 rows, to which learning curves lead"):
        planned(lab, "wine", until_settled=True, rows_then=5_000)
    planned(lab, "wine", until_settled=True, rows_then=5_000, curve_rows=0)


def test_the_edge_lab_says_why_it_has_no_such_option(capsys):
    assert main(["run", "edge", "wine", "--until-settled"]) == 2
    said = capsys.readouterr().err
    assert "the edge lab" in said
    assert "--repeats 1" in said


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(160, 3))
    target = np.where(columns[:, 0] + 0.3 * rng.normal(size=160) > 0, "yes", "no")
    path = tmp_path / "easy.csv"
    pd.DataFrame(columns, columns=list("abc")).assign(y=target).to_csv(path, index=False)
    return path


def test_a_clear_table_ends_after_one_repetition_and_the_report_says_so(tmp_path, table, monkeypatch, capsys):
    readable = tuple(map(classifiers.counted, (LOGISTIC, classifiers.TREE)))
    monkeypatch.setattr(classifiers, "glass", lambda *sizes: Group("glass", "readable model", readable))
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (SVM,)))
    in_this_process(monkeypatch)
    words = [
        "run",
        "interpretability",
        str(table),
        "--target",
        "y",
        "--independent",
        "--candidates",
        "1",
        "--folds",
        "3",
        "--depth",
        "verdict",
    ]
    words += ["--margin", "0.15", "--workers", "1", "--out", str(tmp_path / "runs")]
    assert main([*words, "--until-settled"]) == 0
    said = capsys.readouterr()
    assert "Stopped after 1 of 3 repetitions" in said.out
    assert "at most" in said.err
    assert main(words) == 0
    usual, stopped_early = sorted(
        (json.loads(path.read_text()) for path in (tmp_path / "runs").glob("*/record.json")),
        key=lambda record: -record["trials"]["total"],
    )
    assert (usual["settings"]["until_settled"], stopped_early["settings"]["until_settled"]) == (False, True)
    assert usual["trials"]["total"] == 36
    assert stopped_early["trials"]["total"] == 12 + 1, "a third of them, and a look"
    assert stopped_early["evidence"]["estimates"]["loss"]["confidence"] == pytest.approx(1 - 0.05 / 3)
    assert usual["verdict"]["answer"] == stopped_early["verdict"]["answer"] == "yes"
    assert main([*words, "--until-settled"]) == 0
    assert "this run is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("repeats", "said"), [(1, "95 %"), (2, "97.5 %"), (3, "98.3 %"), (4, "98.7 %"), (20, "99.7 %")]
)
def test_a_confidence_is_never_said_to_be_more_than_it_is(repeats, said):
    assert percent(1 - 0.05 / repeats) == said
