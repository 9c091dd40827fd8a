"""Archives, JSON records and databases: a table is read and checked, or refused in one sentence."""

import gzip
import io
import json
import sqlite3
import zipfile

from benchmarks.fuzzing import csv_table
from benchmarks.fuzzing.csv_table import attempt

__all__ = ["COUNT", "NAME", "attempt", "seeds"]

NAME, COUNT = "packed", 100_000


def seeds(folder):
    plain = csv_table.seeds(folder)[0]
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("data.csv", plain)
    rows = [
        {"a": i * 7 % 11, "b": {"c": i * 0.5, "d": "xy"[i % 2]}, "target": "yes" if i % 3 else "no"} for i in range(40)
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    return [gzip.compress(plain), zipped.getvalue(), json.dumps(rows).encode(), lines.encode(), _database(rows)]


def _database(rows):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE people (a INTEGER, d TEXT, target TEXT)")
    connection.executemany(
        "INSERT INTO people VALUES (?, ?, ?)", [(row["a"], row["b"]["d"], row["target"]) for row in rows]
    )
    connection.commit()
    return connection.serialize()
