"""A whole lab from Python: on frames of several makes, with the report where a notebook shows it."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples.here import in_this_process
from samples.less_work import with_few_families, without_doubts

import lab
from lab.data.frames import from_frame
from lab.errors import DataError, SettingsError

FAST = {"folds": 2, "repeats": 1, "candidates": 1, "depth": "verdict"}


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    target = np.arange(80) % 2
    made = pd.DataFrame({"a": target + rng.normal(size=80), "b": rng.normal(size=80)}, index=rng.permutation(80))
    return made.assign(churn=np.where(target == 1, "yes", "no"))


class OfAnotherLibrary:
    """A frame that is no frame of pandas, but speaks Arrow's stream protocol as polars' does."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_every_make_of_frame_gives_the_same_table(frame):
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    made = [from_frame(each, "churn") for each in (frame, arrow, OfAnotherLibrary(arrow))]
    assert len({dataset.digest for dataset in made}) == 1
    for dataset in made:
        pd.testing.assert_frame_equal(dataset.features, frame[["a", "b"]].reset_index(drop=True))
        np.testing.assert_array_equal(dataset.target, (frame["churn"] == "yes").to_numpy())


def test_a_lab_runs_on_a_frame_and_shows_its_report(frame, tmp_path, monkeypatch):
    for less in (in_this_process, without_doubts, with_few_families):
        less(monkeypatch)
    done = lab.run("interpretability", frame, target="churn", name="customers", out=tmp_path, workers=1, **FAST)
    assert done.record.data["name"] == "customers"
    assert done.record.settings["folds"] == 2
    assert repr(done) == f"{done.record.verdict.headline}: {done.record.verdict.sentence}"
    shown = done._repr_html_()
    assert 'sandbox="allow-scripts"' in shown
    assert not re.search(r'srcdoc="[^"]*<', shown)  # the page is escaped: it cannot end the frame
    assert "customers" in shown
    assert (done.folder / "report.html").exists()
    assert done.folder.parent == tmp_path


def test_what_is_no_table_is_refused_in_a_sentence(frame):
    with pytest.raises(DataError, match="pandas or polars"):
        from_frame([1, 2, 3], "churn", name="a list")
    with pytest.raises(DataError, match="target="):
        lab.run("interpretability", frame)
    with pytest.raises(SettingsError, match="did you mean 'folds'"):
        lab.run("interpretability", frame, target="churn", fold=3)
    mixed = frame.assign(odd=[1, "x"] * 40)
    with pytest.raises(DataError, match="odd"):
        from_frame(mixed, "churn")
