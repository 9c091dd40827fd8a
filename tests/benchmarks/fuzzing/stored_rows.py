"""Stored rows: what is not as it was stored is noticed and computed again; what is taken is what was stored.

An input is a folder of rows, its files one behind the other. Half of the inputs are damaged anyhow. Half are sealed again after
the damage, as no accident does: their values may be taken, but only as rows of the right type.
"""

import dataclasses
import functools
import hashlib
import io
import json
import logging
import re
import zipfile

import numpy as np
from benchmarks.fuzzing import mutate, sampled

from lab.host.machine import fingerprint
from lab.protocol import Trial
from lab.work import resume, store
from lab.work.storage import write_row

NAME, COUNT = "rows", 100_000
WHOLE = 500
"""About one folder in so many is handed to `run_plan`, which computes with a process of its own what is missing."""
RUN = "r"
TOKENS = (
    b'"sealed": ',
    b'{"owner": ',
    b'"__array__"',
    b'"arrays": null',
    b"PK\x03\x04",
    b"\x93NUMPY",
    b"trial fit-00 of run r",
)
_BETWEEN, _AS_STORED, _SEALED_AGAIN = b"\n--- the next file ---\n", b"as stored", b"sealed again"
logging.getLogger("lab").setLevel(logging.CRITICAL)  # what it says of each row goes to the log of a run
_SEAL = re.compile(rb'\{"sha256": "([0-9a-f]{64})",\n')


@dataclasses.dataclass(frozen=True)
class Fitted:
    seed: int
    score: float
    chances: np.ndarray
    labels: tuple[str, ...]
    remark: str | None


@dataclasses.dataclass(frozen=True)
class Measured:
    seconds: tuple[float, ...]


def fit(dataset, *, seed):
    chances = np.random.default_rng(seed).random((4, 2))
    return Fitted(seed, float(chances.mean()), chances, ("no", "ä"), None)


def join(dataset, *, seed, inputs):
    found = inputs["fit-00"]
    return {"mean": found.score, "parts": [{"of": found.chances[0], "n": np.arange(3)}, True, found.labels[1]]}


def measure(dataset, *, seed, inputs):
    return Measured((0.25, inputs["join"]["mean"]))


PLAN = (
    Trial("fit-00", fit, seed=1, row_type=Fitted),
    Trial("fit-01", fit, seed=2, row_type=Fitted),
    Trial("join", join, needs=("fit-00",)),
    Trial("time", measure, needs=("join",), exclusive=True, row_type=Measured),
)
FILES = tuple(f"{trial.key}.{suffix}" for trial in PLAN for suffix in ("json", "npz"))


@functools.cache
def right_rows():
    """Compute the rows without storing them anywhere."""
    rows = {}
    for trial in PLAN:
        inputs = {"inputs": {key: rows[key] for key in trial.needs}} if trial.needs else {}
        rows[trial.key] = trial.function(None, seed=trial.seed, **inputs)
    return rows


def seeds(folder):
    """Give the same bytes to all who ask for one folder: an archive holds the time at which it was made."""
    if not (folder / "0.rows").exists():
        rows = right_rows()
        for number, keys in enumerate((list(rows), list(rows)[:2], ["fit-00", "join"])):
            stored = folder / str(number)
            stored.mkdir()
            for key in keys:
                write_row(stored, key, rows[key], run=RUN, machine=fingerprint())
            parts = [(stored / name).read_bytes() if (stored / name).exists() else b"" for name in FILES]
            (folder / f"{number}.rows").write_bytes(_BETWEEN.join([_AS_STORED, *parts]))
    return [path.read_bytes() for path in sorted(folder.glob("*.rows"))]


def spoil(original, rng):
    """Damage what one row says, or one of its arrays, and seal it again."""
    parts = dict(zip(FILES, original.split(_BETWEEN)[1:], strict=True))
    key = rng.choice([name.removesuffix(".json") for name, part in parts.items() if part and name.endswith(".json")])
    sealed = json.loads(parts[f"{key}.json"])["sealed"]
    if parts[f"{key}.npz"] and rng.random() < 0.5:
        parts[f"{key}.npz"] = _spoilt_arrays(parts[f"{key}.npz"], rng)
        sealed["value"]["arrays"] = hashlib.sha256(parts[f"{key}.npz"]).hexdigest()
        text = json.dumps(sealed).encode()
    else:
        text = mutate.spoil_json(json.dumps(sealed).encode(), rng)
    body = b'"sealed": ' + text + b"}\n"
    parts[f"{key}.json"] = b'{"sha256": "%s",\n' % hashlib.sha256(body).hexdigest().encode() + body
    return _BETWEEN.join([_SEALED_AGAIN, *parts.values()])


def _spoilt_arrays(packed, rng):
    """Damage the archive, or a file inside it whose checksum then fits."""
    if rng.random() < 0.3:
        return mutate.spoil([packed], rng)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(inside))
    inside[name] = mutate.spoil([inside[name]], rng)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    return stream.getvalue()


def attempt(path):
    """Look the rows up as a run does, and see that none was taken that is not what was stored."""
    head, *parts = path.read_bytes().split(_BETWEEN)
    files = {name: part for name, part in zip(FILES, parts, strict=False) if part}
    folder, said = _written(path.with_name("trials"), files), []
    rows = _looked_up(folder, said.append)
    for trial in PLAN:
        _check(trial, rows, files, folder, said, anew=head == _SEALED_AGAIN)
    taken = "read" if not said else "recomputed"
    if head == _SEALED_AGAIN or not sampled(path.read_bytes(), WHOLE):
        return taken
    results = resume.run_plan(PLAN, None, _written(folder, files), workers=1, run=RUN)
    if results.failures or list(map(_bits, results.rows.values())) != list(map(_bits, right_rows().values())):
        raise AssertionError(f"the run gives other rows (failures: {results.failures})")
    if len(_looked_up(folder, said.append)) < len(PLAN):
        raise AssertionError("what was computed again is not stored")
    return f"{taken} whole"


def _looked_up(folder, notify):
    return resume._kept(PLAN, store.Store(folder, RUN), notify, fingerprint(), is_first=True)[0]


def _written(folder, files):
    folder.mkdir(exist_ok=True)
    for left in folder.iterdir():  # to make the folder anew takes as long as all the rest
        left.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def _check(trial, rows, files, folder, said, *, anew):
    content, packed = files.get(f"{trial.key}.json", b""), files.get(f"{trial.key}.npz", b"")
    if trial.key not in rows:
        if any((folder / f"{trial.key}.{suffix}").exists() for suffix in ("json", "npz")):
            raise AssertionError("a row that is not taken is still there")
        if content and not said and all(key in rows for key in trial.needs):
            raise AssertionError("a row was dropped without a word")
        return
    seal = _SEAL.match(content)
    if not seal or hashlib.sha256(content[seal.end() :]).hexdigest().encode() != seal[1]:
        raise AssertionError("a row was taken whose digest does not fit")
    if any(key not in rows for key in trial.needs):
        raise AssertionError("a row was taken without what it was made of")
    row = rows[trial.key]
    if anew:
        _check_type(row, trial.row_type)
    elif _bits(row) != _bits(right_rows()[trial.key]):
        raise AssertionError(f"a row was taken that is not what was stored ({len(packed)} bytes of arrays)")


def _check_type(row, row_type):
    right = type(row) is row_type
    if isinstance(row, Fitted):
        right = type(row.seed) is int and type(row.score) is float and isinstance(row.chances, np.ndarray)
        right = right and all(type(label) is str for label in row.labels) and isinstance(row.remark, str | None)
    elif isinstance(row, Measured):
        right = type(row.seconds) is tuple and all(type(number) is float for number in row.seconds)
    if not right:
        raise AssertionError(f"a row of another type was taken: {row!r:.200}")


def _bits(value):
    """Text in which every bit of a row shows."""
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return repr([(key, _bits(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return repr([_bits(item) for item in value])
    return repr((value.dtype.str, value.shape, value.tobytes())) if isinstance(value, np.ndarray) else repr(value)
