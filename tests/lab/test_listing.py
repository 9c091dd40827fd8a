"""`lab list TABLE` says what a table is made of, and gives it as the file that the labs would read."""

import pytest

from lab.data import builtin
from lab.data.load import load


def test_a_table_is_explained_column_by_column(lab):
    shown = lab("list", "machines")
    assert shown.code == 0
    for word in (
        "licence",
        "Apache-2.0",
        "target    breakdown",
        "Vibration of the housing (mm/s)",
        "Who made the pump",
    ):
        assert word in shown.out


def test_a_written_table_is_read_as_the_built_in_one(lab, tmp_path):
    for _ in range(2):  # the second time it is there already
        called = lab("list", "churn", "--write", "data.csv")
        assert called.code == 0
        assert called.out.endswith("written   data.csv\n")
    ours, theirs = load("churn"), load(str(tmp_path / "data.csv"), "churn")
    assert ours.digest == theirs.digest
    assert ours.features.equals(theirs.features)
    assert ours.kinds == theirs.kinds


def test_another_file_is_not_overwritten(lab, tmp_path):
    (tmp_path / "data.csv").write_text("mine")
    called = lab("list", "churn", "--write", "data.csv")
    assert called.code == 2
    assert called.err == "error: data.csv exists and is another file; move it, or choose another name with --write\n"
    assert (tmp_path / "data.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["chrun"], "did you mean 'churn'?"),
        (["--write", "x.csv"], "lab list TABLE --write FILE"),
        (
            ["churn", "--write", "nowhere/x.csv"],
            "cannot write nowhere/x.csv: No such file or directory; choose another file",
        ),
        (["churn", "--write", "."], "choose another file with --write"),
        (["churn", "--write", "/dev/full"], "choose another file with --write"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(lab, words, says):
    called = lab("list", *words)
    assert called.code == 2
    assert says in called.err
    assert called.err.count("\n") == 1
    assert "our fault" not in called.err


def test_the_list_has_a_line_for_each_table(lab):
    lines = lab("list").out.splitlines()
    for name, about in builtin.TABLES.items():
        assert f"  {name:18}{about}" in lines
