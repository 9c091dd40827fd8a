"""`lab look` says what was understood, and what it writes reads the table in the same way."""

import dataclasses
import io
import json
import sys
import tomllib
from typing import get_args, get_type_hints

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples.records import hostile_record
from samples.small_lab import Settings, SmallLab

from lab import flow, job, record, report
from lab.codes import code_of, pages
from lab.data.frames import from_frame
from lab.data.load import load
from lab.data.seen import seen
from lab.doubts import Doubts
from lab.errors import SettingsError
from lab.learning.shortage import Shortage
from lab.learning.undeclared import Suspicion
from lab.looked import kept, looked_at
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
    called = lab(*words, "--allow", "T31")
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


def test_a_run_keeps_what_lab_look_shows_and_its_report_tells_it_first(lab, customers, tmp_path):
    said = json.loads(looked(lab, customers, "--target", "churn", "--json"))
    (tmp_path / "marks").mkdir()
    settings = Settings(marks=str(tmp_path / "marks"))
    done = flow.run(SmallLab(), load(str(customers), "churn"), settings, out=tmp_path / "runs", workers=1)
    told = record.read(done.folder).data["seen"]
    assert told["columns"] == [
        {name: each[name] for name in ("name", "kind", "missing", "values", "use")} for each in said["columns"]
    ]
    assert (told["rows"], told["more"], told["suspicions"]) == (said["rows"], 0, said["suspicions"])
    page = (done.folder / "report.html").read_text()
    appendix = page.partition('<h2 id="appendix">')[2]
    assert appendix.find('id="columns"') < appendix.find('class="part"', appendix.find('class="part"') + 1)
    assert page.count('href="#columns"') == 2, "in the contents and from the plain page"
    assert page.count("What was understood of the table</h3>") == 1
    assert "<code>T301</code>" in page
    assert "123456" not in page.replace(",", "")
    assert "Hidden Valley" not in page


def test_a_built_in_table_has_one_table_of_columns_with_their_meanings(tmp_path):
    dataset = load("churn")
    data = hostile_record().data | {"name": "churn", "columns": dict(dataset.kinds), "target": dataset.target_name}
    told = kept(looked_at(dataset, Doubts()))
    for extra, titles in (({"seen": told}, (1, 0)), ({}, (0, 1))):
        data = {name: value for name, value in data.items() if name != "seen"} | extra
        page = report.html(dataclasses.replace(hostile_record("t"), data=data))
        counted = tuple(
            page.count(f"<h3>{title}</h3>") for title in ("What was understood of the table", "What the columns mean")
        )
        assert counted == titles, "an older record has the meanings alone"
        assert "what it holds</th>" in page


def test_what_a_record_keeps_of_a_wide_table_is_bounded_and_says_so(tmp_path):
    rng = np.random.default_rng(0)
    named = {("w" * 5_000 if place == 3 else f"x{place}"): rng.normal(size=60) for place in range(600)}
    dataset = from_frame(pd.DataFrame(named | {"y": ["no", "yes"] * 30}), "y")
    told = kept(looked_at(dataset, Doubts()))
    assert (len(told["columns"]), told["more"]) == (500, 101)
    assert told["columns"][3]["name"] == f"{'w' * 200}... (5,000 characters)"
    page = report.html(dataclasses.replace(hostile_record("t"), data=hostile_record("t").data | {"seen": told}))
    assert "101 more columns" in page


def test_of_a_column_that_keeps_rows_together_no_value_is_named(lab, tmp_path):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"patient": np.repeat(["Ada", "Bob", "Cy", "Di"], 30), "x": rng.normal(size=120), "y": ["a", "b"] * 60}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    for words in (("--target", "y", "--by", "patient"), ("--by", "patient")):
        out = looked(lab, tmp_path / "t.csv", *words)
        assert "4 different" in out
        assert "Ada" not in out


def test_a_column_whose_range_is_beyond_all_doubles_is_told_without_one():
    huge = np.where(np.arange(60) % 2, 1.5e308, -1.5e308)
    (found,) = seen(pa.table({"huge": huge}), "t").columns
    assert (found.kind, found.values) == ("number", "")


def test_the_record_of_a_weighted_table_is_read_again(tmp_path):
    frame = pd.DataFrame({"x": np.arange(60.0) % 7, "w": [1.0, 2.0] * 30, "y": [*"nnyy"] * 15})
    data = job.describe_table(from_frame(frame, "y", weights="w"))
    made = dataclasses.replace(hostile_record("t"), data=data)
    record.write(made, tmp_path / "record.json")
    assert record.read(tmp_path) == made
