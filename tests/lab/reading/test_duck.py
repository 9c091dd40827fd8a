"""A DuckDB file is read as the same table elsewhere, and nothing outside it is opened, whatever it holds."""

import importlib.util
import json

import duckdb
import numpy as np
import pandas as pd
import pytest
from samples import nosy

from lab.data.load import load
from lab.errors import DataError
from lab.reading import duck
from lab.reading.how import How

N = 60
RNG = np.random.default_rng(8)
TABLE = pd.DataFrame(
    {
        "age": RNG.integers(18, 90, N),
        "paid": RNG.normal(size=N).round(2),
        "joined": pd.date_range("2021-01-01", periods=N).date,
        "plan": RNG.choice(["basic", "plus"], N),
        "churn": RNG.choice(["yes", "no"], N),
    }
)


def made(path, *more):
    given = TABLE
    with duckdb.connect(str(path)) as connection:
        connection.register("given", given)
        connection.execute(
            "CREATE TABLE customers AS SELECT age::HUGEINT AS age, paid::DECIMAL(9,2) AS paid, joined, "
            "plan::ENUM('basic', 'plus') AS plan, churn FROM given"
        )
        connection.unregister("given")
        for statement in more:
            connection.execute(statement)
    return path


def test_a_table_is_the_same_as_in_a_text(tmp_path):
    made(
        tmp_path / "t.bin",
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.few (a INTEGER)",
        'CREATE TABLE "a""b" (x INTEGER)',
    )
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    found, wanted = (load(str(tmp_path / name), "churn") for name in ("t.bin", "t.csv"))
    assert found.kinds == wanted.kinds
    pd.testing.assert_frame_equal(found.features, wanted.features)
    assert found.target.tolist() == wanted.target.tolist()
    assert any("'customers' of the database is read, the one with most rows" in note for note in found.notes)


def test_a_table_is_named(tmp_path):
    other = "CREATE SCHEMA sales", "CREATE TABLE sales.orders AS SELECT paid AS total, churn FROM customers LIMIT 50"
    path = made(tmp_path / "t.duckdb", *other)
    found = load(str(path), "churn", how=How(table="sales.orders"))
    assert list(found.kinds) == ["total"]
    assert found.n_rows == 50
    with pytest.raises(DataError, match=r"has no table 'orders'; did you mean 'sales.orders'|has no table 'orders'"):
        load(str(path), "churn", how=How(table="orders"))


def test_a_view_that_reads_other_files_is_not_read(tmp_path):
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    view = f"CREATE VIEW more AS SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')"
    path = made(tmp_path / "t.duckdb", view, "DROP TABLE customers")
    with pytest.raises(DataError, match="without a table"):
        load(str(path), "b")
    with pytest.raises(DataError, match="has no table 'more'"):
        load(str(made(tmp_path / "u.duckdb", view)), "b", how=How(table="more"))


@pytest.mark.parametrize(
    "statement",
    [
        "LOAD httpfs",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET autoload_known_extensions = true",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "ATTACH '{folder}/other.duckdb'",
        "COPY customers TO '{folder}/out.csv'",
        "INSERT INTO customers SELECT * FROM customers",
    ],
)
def test_a_database_as_we_open_it_does_nothing_but_read_itself(tmp_path, statement):
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    path = made(tmp_path / "t.duckdb")
    connection = duckdb.connect(str(path), read_only=True, config=dict(duck._CLOSED))
    assert connection.execute("SELECT count(*) FROM customers").fetchall() == [(N,)]
    with pytest.raises(duckdb.Error):
        connection.execute(statement.format(folder=tmp_path))
    assert not (tmp_path / "out.csv").exists()


def test_a_database_is_read_where_it_can_write_nowhere_else(monkeypatch, tmp_path):
    path = made(tmp_path / "t.duckdb")
    outside = nosy.sent_along(monkeypatch, tmp_path, duck)
    assert load(str(path), "churn").n_rows == N
    assert outside() == []


def test_too_many_values_are_refused_before_they_are_read(tmp_path):
    path = made(tmp_path / "data.duckdb")
    (tmp_path / "asked.json").write_text(json.dumps({"table": "", "most": 5 * N - 1}))
    assert duck._read(path.parent) == {"fault": "large", "cells": 5 * N}
    assert not (tmp_path / "rows.arrow").exists()


def test_a_damaged_file_is_refused(tmp_path):
    path = made(tmp_path / "t.duckdb")
    content = bytearray(path.read_bytes())
    content[4_096:] = bytes(len(content) - 4_096)
    path.write_bytes(content)
    with pytest.raises(DataError, match="DuckDB file"):
        load(str(path), "churn")


def test_without_the_library_one_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    path = made(tmp_path / "t.duckdb")
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "duckdb" else known(name))
    with pytest.raises(DataError, match=r"pip install 'future-tech-lab\[duckdb\]'"):
        load(str(path), "churn")
