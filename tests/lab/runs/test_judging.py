"""Error rates name the code that they were measured with, and a report says where another code gave the verdict."""

import dataclasses
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
from samples.records import hostile_record

from lab import rates, registry, report
from lab.runs import judging
from lab.runs.judging import digest_of_source, judging_code

RENEW = "python tests/benchmarks/renew_rates.py"


@pytest.mark.parametrize("name", registry.names())
def test_the_shipped_rates_were_measured_with_this_code(name):
    lab = registry.find(name)
    stored = rates.known_rates(lab, Path("nowhere"))
    assert stored is not None, f"no rates are shipped; measure them:  {RENEW} {name}"
    assert stored.get("code") == judging_code(lab), (
        f"the sources of the {name} lab, or of its ground, have changed since its rates were measured; renew:  {RENEW} {name}"
    )


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A ground and a lab of a few files, digested in the place of the real ones."""
    for name, text in {
        "lab/stats.py": '"""Statistics."""\nMARGIN = 1\n',
        "lab/learning/folds.py": "N = 5\n",
        "lab/work/resume.py": "WORKERS = 2\n",
        "lab/report/page.py": "WIDTH = 1\n",
        "lab/terminal/screen.py": "WIDTH = 1\n",
        "lab/commands/run.py": "WIDTH = 1\n",
        "lab/cli.py": "HELP = 1\n",
        "lab/runs/folders.py": "DEEP = 1\n",
        "lab/wording.py": "DIGITS = 1\n",
        "lab/numbers.py": "DIGITS = 3\n",
        "tower/lab.py": "class Lab:\n    pass\n",
        "tower/report/drawing.py": "LINES = 1\n",
        "tower/page.js": "1;\n",
        "tower/README.md": "A tower.\n",
        "tower/controls.json": "{}\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def files(package):
        folder = tmp_path / package
        real = importlib.util.spec_from_file_location(
            package, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: real)
        return found(package)

    found = judging._files
    monkeypatch.setattr(judging, "_files", files)
    return tmp_path


def digest(package="tower"):
    judging._of_the_ground.cache_clear()
    judging._judging_code.cache_clear()
    try:
        return judging._judging_code(package)
    finally:
        judging._of_the_ground.cache_clear()
        judging._judging_code.cache_clear()


@pytest.mark.parametrize(
    "name", ["lab/stats.py", "lab/learning/folds.py", "lab/work/resume.py", "tower/lab.py", "tower/report/drawing.py", "tower/page.js"]
)  # fmt: skip
def test_what_a_verdict_may_come_from_counts(tree, name):
    before = digest()
    assert digest() == before
    with (tree / name).open("a") as stream:
        stream.write("x = 7\n")
    assert digest() != before


def test_what_is_added_or_moved_counts(tree):
    before = digest()
    (tree / "lab" / "new.py").write_text("x = 1\n")
    added = digest()
    (tree / "lab" / "new.py").rename(tree / "lab" / "newer.py")
    assert len({before, added, digest()}) == 3


@pytest.mark.parametrize(
    "name", ["lab/report/page.py", "lab/terminal/screen.py", "lab/commands/run.py", "lab/cli.py", "lab/runs/folders.py",
             "lab/wording.py", "lab/numbers.py", "tower/README.md", "tower/controls.json"]
)  # fmt: skip
def test_what_shows_and_keeps_a_verdict_does_not_count(tree, name):
    before = digest()
    with (tree / name).open("a") as stream:
        stream.write("x = 7\n")
    assert digest() == before


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "def f(x):\n    return x + 1\n",
            '"""What?"""\n\n\ndef f( x ):  # why\n    """Say."""\n    return (x+1)\n',
            True,
        ),
        ("class A:\n    x = 1\n", "class A:\n    '''It is.'''\n\n    x = 1\n", True),
        ("x = 1\n", "x = 2\n", False),
        ("x = 1\n", "x = 1.0\n", False),
        ("x = None\n", "x = ...\n", False),
        ("x = a < b\n", "x = a <= b\n", False),
        ("x = 'say'\n", "x = 'said'\n", False),
        ("f(a)\n", "f(a, None)\n", False),
        ("def f(a, b=1): pass\n", "def f(a, *, b=1): pass\n", False),
        ("if a:\n    x = 1\ny = 2\n", "if a:\n    x = 1\n    y = 2\n", False),
        ("x = f'{a}'\n", "x = f'{a!r}'\n", False),
        ("from lab import a\n", "from lab import b as a\n", False),
        ("{**a}\n", "{None: a}\n", False),
        ("broken(\n", "broken( \n", False),
    ],
)
def test_comments_docstrings_and_layout_are_no_other_code(tmp_path, one, other, same):
    (tmp_path / "one.py").write_text(one)
    (tmp_path / "other.py").write_text(other)
    assert (digest_of_source(tmp_path / "one.py") == digest_of_source(tmp_path / "other.py")) is same


def test_rates_carry_their_code_and_files_without_it_are_of_another(tmp_path):
    lab = registry.find("quantum")
    known = rates.known_rates(lab, Path("nowhere"))
    for code, same in ((judging_code(lab), True), ("0" * 64, False), (None, False)):
        written = {key: value for key, value in known.items() if key != "code"} | (
            {} if code is None else {"code": code}
        )
        (tmp_path / "controls-quantum.json").write_text(json.dumps(rates.sealed(written)))
        notes = []
        found = rates.known_rates(lab, tmp_path, notes.append)
        assert (found, notes) == (written, [])
        assert rates.stated(lab, found) == written | {"same_code": same}
    assert rates.stated(lab, None) is None


@pytest.mark.parametrize("code", [5, None, ["a"], {}])
def test_a_code_that_is_no_text_is_damage(tmp_path, code):
    lab, notes = registry.find("quantum"), []
    known = rates.known_rates(lab, Path("nowhere"))
    (tmp_path / "controls-quantum.json").write_text(json.dumps(known | {"code": code}))
    assert rates.known_rates(lab, tmp_path, notes.append) == known
    assert len(notes) == 1


def share(events, of):
    from scipy.stats import binomtest

    interval = binomtest(events, of).proportion_ci(0.95, "exact")
    return {"events": events, "of": of, "rate": events / of, "low": float(interval.low), "high": float(interval.high)}


def measured(**more):
    controls = [
        {"name": "calm", "truth": "no", "yes": 0, "no": 20, "undecided": 0, "wrong": share(0, 20)},
        {"name": "storm", "truth": "yes", "yes": 17, "no": 3, "undecided": 0, "wrong": share(3, 20)},
    ]
    facts = {"lab": "quantum", "version": "1", "date": "2030-01-01", "seeds": 20, "controls": controls}
    return facts | {"wrong": share(3, 40)} | more


@pytest.mark.parametrize(("same", "warned"), [(True, False), (False, True), (None, False)])
def test_a_report_says_worst_control_and_whether_another_code_was_measured(same, warned):
    more = {} if same is None else {"code": "0" * 64, "same_code": same}
    page = report.html(dataclasses.replace(hostile_record(), controls=measured(**more)))
    page = " ".join(re.sub("</?(?:button|span)[^>]*>", "", page).split())  # terms are buttons
    assert "wrong verdict in 3 of 40 cases (95 % interval 1.6 to 20.4 %); " in page
    assert "at its worst control, storm, in 3 of 20 (95 % interval 3.2 to 37.9 %)" in page
    assert ("measured with another version of the code" in page) is warned


def test_the_command_writes_the_rates_where_they_are_shipped(tmp_path, monkeypatch, capsys):
    path = Path(__file__).parents[2] / "benchmarks" / "renew_rates.py"
    spec = importlib.util.spec_from_file_location("renew_rates", path)
    renew_rates = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renew_rates)
    asked = []

    def run_controls(lab, *, seeds, out, workers, watch, notify):
        asked.append((lab.name, seeds, workers))
        found = measured(lab=lab.name, code=judging_code(lab))
        (out / f"controls-{lab.name}.json").write_text(json.dumps(rates.sealed(found)))
        return found

    places = {name: tmp_path / name / "controls.json" for name in registry.names()}
    for place in places.values():
        place.parent.mkdir()
    monkeypatch.setattr(renew_rates, "run_controls", run_controls)
    monkeypatch.setattr(renew_rates, "shipped", lambda lab: places[lab.name])
    renew_rates.main(["--out", str(tmp_path), "--workers", "1"])
    assert asked == [("quantum", 20, 1), ("edge", 10, 1), ("interpretability", 8, 1)]
    for name, place in places.items():
        assert json.loads(place.read_text())["code"] == judging_code(registry.find(name))
    assert "worst control storm: 3 of 20" in capsys.readouterr().out
    asked.clear()
    renew_rates.main(["edge", "--seeds", "3", "--out", str(tmp_path), "--workers", "2"])
    assert asked == [("edge", 3, 2)]
    assert "renew_rates" not in sys.modules
