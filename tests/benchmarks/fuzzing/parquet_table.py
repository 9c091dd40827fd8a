"""Parquet: a table is read and checked, or refused in one sentence."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.fuzzing.csv_table import attempt

__all__ = ["COUNT", "NAME", "attempt", "seeds"]

NAME, COUNT = "parquet", 100_000


def seeds(folder):
    rng = np.random.default_rng(0)
    n = 40
    days = np.datetime64("2024-01-01") + rng.integers(0, 400, n).astype("timedelta64[D]")
    colours = pa.array(rng.choice(["red", "blue", "green"], n))
    columns = {
        "size": rng.normal(size=n), "n": rng.integers(0, 9, n), "day": days, "colour": colours.dictionary_encode(),
        "flag": rng.random(n) < 0.5, "text": colours, "target": rng.choice(["yes", "no"], n),
    }  # fmt: skip
    wide = pa.table(
        {**columns, "money": pa.array([i * 100 for i in range(n)], pa.decimal128(9, 2)), "y": rng.normal(size=n)}
    )
    nested = pa.table(
        {"a": rng.normal(size=n), "list": [[1, 2]] * n, "struct": [{"u": 1}] * n, "target": rng.choice(["x", "y"], n)}
    )
    made = [
        (pa.table(columns), {"compression": "none"}),
        (pa.table(columns), {"compression": "snappy", "row_group_size": 10}),
        (wide, {"compression": "zstd", "use_dictionary": False, "data_page_version": "2.0"}),
        (nested, {"compression": "none"}),
        (
            pa.table({"a": rng.normal(size=n), "target": rng.integers(0, 2, n)}),
            {"compression": "gzip", "write_statistics": False},
        ),
    ]
    return [_written(table, **options) for table, options in made]


def _written(table, **options):
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()
