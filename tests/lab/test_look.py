"""`lab look` says what was understood, and what it writes reads the table in the same way."""

import io
import json
import sys
import tomllib
from typing import get_args, get_type_hints

import numpy as np
import pandas as pd
import pytest

from lab.commands.codes import code_of, pages
from lab.errors import SettingsError
from lab.learning.shortage import Shortage
from lab.learning.undeclared import Suspicion
from lab.reading.declaration import declaration_of

N = 120


@pytest.fixture
def customers(tmp_path):
    rng = np.random.default_rng(3)
    churn = rng.random(N) < 0.5
    table = pd.DataFrame(
        {
            "customer_no": rng.permutation(N) + 1_000,
            "joined": [f"{1 + i % 28:02d}/{1 + i % 12:02d}/2023" for i in range(N)],
            "spent": [f"{x:,.2f} €".replace(",", "\u202f") for x in rng.uniform(10, 9_000, N)],
            "plan": rng.choice(["basic", "plus", "unknown"], N),
            "lab_a": rng.normal(size=N).round(3),
            "lab_b": rng.normal(size=N).round(3),
            "refund": [f"{x:.2f}" if c else "" for x, c in zip(rng.uniform(1, 90, N), churn, strict=True)],
            "remark": [" ".join(rng.choice(["slow", "good", "late", "wait", "fine", "rude"], 7)) for _ in range(N)],
            "town": [*["Rome", "Paris"] * (N // 2 - 1), "Hidden Valley", "Rome"],
            "secret": [9.5] * (N - 1) + [123456.75],
            "churn": np.where(churn, "yes", "no"),
        }
    )
    table.to_csv(tmp_path / "customers.csv", index=False, sep=";")
    return tmp_path / "customers.csv"


def looked(lab, *words):
    called = lab("look", *words)
    assert called.code == 0, called.err
    return called.out


def test_every_column_is_told_with_its_kind_its_use_and_what_is_suspected(lab, customers):
    said = json.loads(looked(lab, customers, "--target", "churn", "--json"))
    columns = {column["name"]: column for column in said["columns"]}
    kinds = {
        "customer_no": "number",
        "joined": "date",
        "spent": "number",
        "plan": "category",
        "refund": "number",
        "churn": "category",
    }
    assert {name: columns[name]["kind"] for name in kinds} == kinds
    uses = {name: column["use"] for name, column in columns.items()}
    assert uses["churn"] == "target: 2 classes"
    assert "identifier" in uses["customer_no"]
    assert "free text" in uses["remark"]
    assert "fewer than 5 rows" in uses["secret"]
    assert uses["joined"] == uses["spent"] == uses["plan"] == "feature"
    assert columns["plan"]["missing"] == pytest.approx(1 / 3, abs=0.15)
    assert said["rows"] == N
    suspected = {each["code"]: each["sentence"] for each in said["suspicions"]}
    assert "'refund' has values only in rows of one class" in suspected["T301"]
    assert "--drop refund" in suspected["T301"]
    assert "free text, which is not used" in suspected["T401"]
    assert any("'spent' is read as numbers with a decimal comma" in note or "blanks" in note for note in said["notes"])


def test_no_value_of_a_few_rows_is_shown(lab, customers):
    out = looked(lab, customers, "--target", "churn") + looked(lab, customers) + looked(lab, customers, "--json")
    assert "123456" not in out.replace(",", "")
    assert "123,456" not in out
    assert "Rome, Paris, 1 more" in out
    assert "Hidden Valley" not in out


def test_standard_input_is_read_once(lab, customers, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(customers.read_bytes())))
    said = json.loads(looked(lab, "-", "--target", "churn", "--json"))
    assert said["rows"] == N
    assert any(column["use"] == "target: 2 classes" for column in said["columns"])


def test_without_a_target_the_columns_are_told_alone(lab, customers):
    out = looked(lab, customers)
    assert "customer_no" in out
    assert "target" not in out.replace("--target", "")


def test_what_is_written_is_read_in_the_same_way(lab, customers, tmp_path):
    looked(lab, customers, "--target", "churn", "--by", "lab_a", "--as", "joined=date:%d/%m/%Y", "--write", "t.toml")
    said = tomllib.loads((tmp_path / "t.toml").read_text(encoding="utf-8"))
    assert (said["target"], said["by"]) == ("churn", "lab_a")
    assert said["columns"]["joined"] == "date:%d/%m/%Y"
    assert said["columns"]["remark"] == "drop"
    first, second = (
        json.loads(looked(lab, customers, "--json", *words))
        for words in (("--target", "churn", "--by", "lab_a"), ("--schema", "t.toml"))
    )
    used = [{c["name"]: c["kind"] for c in found["columns"] if c["use"] == "feature"} for found in (first, second)]
    assert used[0] == used[1]
    assert lab("look", customers, "--write", "t.toml").code == 2, "a file that is there stays"


def test_options_win_over_the_file(lab, customers, tmp_path):
    (tmp_path / "t.toml").write_text('target = "plan"\n[columns]\nspent = "category"\nlab_a = "drop"\n')
    said = json.loads(
        looked(lab, customers, "--schema", "t.toml", "--target", "churn", "--as", "spent=number", "--json")
    )
    uses = {column["name"]: (column["kind"], column["use"]) for column in said["columns"]}
    assert uses["spent"] == ("number", "feature")
    assert uses["lab_a"][1] == "left out: as you say"
    assert uses["churn"][1].startswith("target")


def test_columns_are_dropped_by_a_pattern(lab, customers):
    said = json.loads(looked(lab, customers, "--target", "churn", "--drop", "lab_*", "--json"))
    assert {column["name"] for column in said["columns"] if column["use"] == "left out: as you say"} == {
        "lab_a",
        "lab_b",
    }
    called = lab("look", customers, "--target", "churn", "--drop", "x_*")
    assert called.code == 2
    assert "no column that fits 'x_*'" in called.err


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"targt": "a"}, "did you mean 'target'?"),
        ({"target": 3}, "write a text"),
        ({"independent": "yes"}, "write true or false"),
        ({"missing": "x"}, "write a list of texts"),
        ({"missing": [1]}, "write a list of texts"),
        ({"columns": {"a": "nmber"}}, "did you mean 'number'?"),
        ({"columns": {"a": 3}}, "columns with their kinds"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused(values, says):
    with pytest.raises(SettingsError, match=r"t\.toml") as refusal:
        declaration_of(values, "t.toml")
    assert says in str(refusal.value)


def test_a_build_can_forbid_suspicions_and_allow_some(lab, customers):
    words = ("look", customers, "--target", "churn", "--gate")
    assert lab(*words).code == 3
    assert lab(*words, "--allow", "T301").code == 3
    assert lab(*words, "--allow", "T301", "--allow", "t401").code == 0
    assert lab("look", customers, "--target", "churn").code == 0
    called = lab(*words, "--allow", "T300")
    assert called.code == 2
    assert "did you mean 'T301'?" in called.err


def test_every_code_has_a_page_and_every_suspicion_a_code(lab):
    for code, page in pages().items():
        assert set(page) == {"name", "what", "why", "mend"}
        out = lab("explain", code.lower()).out
        assert out.startswith(f"{code}: {page['name']}\n")
        assert all(words in out for words in page.values())
    kinds = get_args(get_type_hints(Suspicion)["what"])
    for what in kinds:
        for is_firm in (True, False):
            assert code_of(Suspicion("", "", what=what, is_firm=is_firm)) in pages()
    assert code_of(Shortage("", "")) in pages()
