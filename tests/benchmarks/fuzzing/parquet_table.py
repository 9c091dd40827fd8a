"""Parquet: a table is read and checked, or refused in one sentence."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.fuzzing.csv_table import attempt

__all__ = ["COUNT", "NAME", "attempt", "seeds", "spoil"]

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
    plain = pa.table(columns)
    nested = pa.table(
        {"a": rng.normal(size=n), "list": [[1, 2]] * n, "struct": [{"u": 1}] * n, "target": rng.choice(["x", "y"], n)}
    )
    small = pa.table({"a": rng.normal(size=n), "target": rng.integers(0, 2, n)})
    made = [
        (plain, {"compression": "none"}),
        (plain, {"compression": "snappy", "row_group_size": 10}),
        (plain, {"compression": "zstd", "use_dictionary": False, "data_page_version": "2.0"}),
        (nested, {"compression": "none"}),
        (small, {"compression": "gzip", "write_statistics": False}),
        (small, {"compression": "none", "store_schema": False}),
    ]
    for kind, values in _of_every_type(rng, n).items():
        texts = {"text": colours, kind: values, "target": small["target"]}
        made.append((pa.table(texts), {"compression": "none"}))
        made.append((pa.table({"text": colours, "a": small["a"], kind: values}), {"compression": "none"}))
    return [_written(table, **options) for table, options in made]


def _of_every_type(rng, n):
    numbers = rng.integers(0, 100, n).tolist()
    kinds = [
        pa.int8(),
        pa.uint64(),
        pa.float16(),
        pa.float32(),
        pa.decimal128(14, 2),
        pa.decimal256(70, 10),
        pa.date64(),
    ]
    kinds += [
        pa.timestamp("s"),
        pa.timestamp("ns", "Europe/Berlin"),
        pa.duration("ms"),
        pa.time32("s"),
        pa.time64("ns"),
    ]
    made = {
        str(kind): pa.array([None, *numbers[1:]]).cast(pa.int32()).cast(kind, safe=False)
        for kind in kinds
        if _casts(kind)
    }
    words = [None, *(f"w{number % 3}" for number in numbers[1:])]
    made |= {str(kind): pa.array(words, kind) for kind in (pa.large_string(), pa.string_view())}
    made |= {
        str(kind): pa.array([word and word.encode() for word in words], kind) for kind in (pa.binary(), pa.binary(2))
    }
    return made | {"null": pa.nulls(n), "dictionary of numbers": pa.array(numbers).dictionary_encode()}


def _casts(kind):
    try:
        pa.array([1], pa.int32()).cast(kind, safe=False)
    except pa.ArrowException:
        return False
    return True


def spoil(original, rng):
    """Change one or two places: more destroys the file's account of itself, and nothing else is reached."""
    content = bytearray(original)
    for _ in range(rng.choice((1, 1, 2))):
        where = rng.randrange(4, len(content) - 8)
        content[where] = rng.choice((content[where] ^ (1 << rng.randrange(8)), rng.randrange(256), 0, 0xFF))
    return bytes(content)


def _written(table, **options):
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()
