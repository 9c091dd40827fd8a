"""A new part of a report is a folder and a line: a section is added to a lab from outside, and found in report and record."""

import dataclasses
import functools
import sys

import pytest
from samples.here import in_this_process
from samples.less_work import without_doubts
from samples.small_lab import Settings, SmallLab

from lab import flow, record
from lab.data.load import load
from lab.protocol import Estimate, Evidence
from lab.sections import merged
from lab.testing import check_lab

SECTION = '''
"""How many rows are there?"""

from dataclasses import dataclass

from lab.protocol import Estimate, Evidence, Key, Table


@dataclass(frozen=True)
class Counted:
    rows: int


ROWS = Key("rows", Counted)


def count(dataset, *, seed):
    return Counted(dataset.n_rows)


def plan(context):
    return [ROWS.trial(count, seed=context.seed)]


def evidence(context, rows):
    found = ROWS.found(rows)
    if found is None:
        return Evidence()
    table = Table("How many rows are there?", "Counted.", ("what", "value"), (("rows counted anew", found.rows),))
    return Evidence({"rows": Estimate(found.rows, found.rows, found.rows, "rows")}, tables=(table,))
'''


class Right(SmallLab):
    """The small lab with controls as the protocol wants them."""

    def controls(self):
        (one,) = super().controls()
        return [dataclasses.replace(one, right="yes"), dataclasses.replace(one, name="b", wrong=("yes",))]


class Longer(Right):
    """The same lab with one more part."""

    def sections(self):
        import new_part.section  # the one line

        return [*super().sections(), new_part.section]


@pytest.fixture
def longer(tmp_path, monkeypatch):
    folder = tmp_path / "site" / "new_part"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""A new part."""\n')
    (folder / "section.py").write_text(SECTION)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    without_doubts(monkeypatch)
    yield Longer()
    for name in ("new_part", "new_part.section"):
        sys.modules.pop(name, None)


def test_a_new_section_is_a_folder_and_a_line(longer, tmp_path, monkeypatch):
    in_this_process(monkeypatch)  # the next test has workers
    wine, run = load("wine"), functools.partial(flow.run, seed=1, workers=1)
    (tmp_path / "marks").mkdir()
    settings = Settings(marks=str(tmp_path / "marks"))
    before = run(SmallLab(), wine, settings, out=tmp_path / "before").record
    done = run(longer, wine, settings, out=tmp_path / "after")
    found = record.read(done.folder)
    assert found.evidence.estimates["rows"] == Estimate(178, 178, 178, "rows")
    assert "rows counted anew" in (done.folder / "report.html").read_text(encoding="utf-8")
    assert found.trials["total"] == before.trials["total"] + 1
    assert found.evidence.estimates.items() >= before.evidence.estimates.items()
    assert (found.evidence.figures, found.verdict) == (before.evidence.figures, before.verdict)
    assert found.evidence.tables[: len(before.evidence.tables)] == before.evidence.tables


@pytest.mark.slow
def test_the_longer_lab_keeps_to_the_protocol(longer, tmp_path):
    (tmp_path / "marks").mkdir()
    check_lab(longer, load("wine"), Settings(marks=str(tmp_path / "marks")), tmp_path / "runs")


def test_two_parts_may_not_give_the_same_name():
    one = Evidence({"rows": Estimate(1, 1, 1, "rows")})
    with pytest.raises(ValueError, match="two sections give an estimate named 'rows'"):
        merged([one, one])
