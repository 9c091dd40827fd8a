"""A row comes back from disk as it was given, and never half."""

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from lab.host.files import sweep_parts, write_bytes, write_json
from lab.work.rows import typed
from lab.work.sealed import DamagedError, write_sealed
from lab.work.storage import forget_row, read_row, through_storage, write_row


@dataclasses.dataclass
class Point:
    x: float


ROW = {
    "score": 0.1 + 0.2,
    "tiny": 5e-324,
    "none": None,
    "nested": {"list": [1, "ä", True, {"array": np.arange(6.0).reshape(2, 3)}]},
    "labels": np.array(["a", "bb"]),
    "tuple": (1, 2),
    "point": Point(1.5),
    "numpy": np.float64(0.3),
}


def test_a_row_is_read_back_bit_by_bit(tmp_path):
    write_row(tmp_path, "t", ROW)
    back = read_row(tmp_path, "t").row
    assert back["score"] == ROW["score"]
    assert back["tiny"] == 5e-324
    assert back["nested"]["list"][:3] == [1, "ä", True]
    np.testing.assert_array_equal(back["nested"]["list"][3]["array"], np.arange(6.0).reshape(2, 3))
    assert back["labels"].tolist() == ["a", "bb"]
    assert back["tuple"] == [1, 2]
    assert back["point"] == {"x": 1.5}
    assert back["numpy"] == 0.3


def test_the_round_trip_without_a_disk_is_the_same(tmp_path):
    write_row(tmp_path, "t", ROW)
    assert str(through_storage(ROW)) == str(read_row(tmp_path, "t").row)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_what_cannot_be_stored_is_refused(value):
    with pytest.raises(TypeError, match="only plain values"):
        through_storage({"x": value})


def test_arrays_of_python_objects_are_refused_because_they_would_need_pickle(tmp_path):
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        write_row(tmp_path, "t", {"x": np.array([{}, []], dtype=object)})
    assert read_row(tmp_path, "t") is None


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path):
    write_json(tmp_path / "r.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "r.json", {"a": float("nan")})
    assert (tmp_path / "r.json").read_text() == '{\n "a": 1\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1.0, -float("inf")]])
def test_a_number_that_json_lacks_is_not_sealed(tmp_path, value):
    with pytest.raises(ValueError, match="JSON"):
        write_sealed(tmp_path / "s.json", {"x": value}, owner="me")
    assert list(tmp_path.iterdir()) == []


SMALL = {"better": 8.2, "flags": [True, None, -0.0, "ü"], "probabilities": np.array([0.25, 0.75])}


def plain(row):
    """Text in which every bit of a row shows, by other means than those of the storage."""
    return repr([(key, value.tobytes() if isinstance(value, np.ndarray) else value) for key, value in row.items()])


def read_or_none(folder, key="t", run="r"):
    """The row, or None where it is said to be damaged; anything else that is raised fails the test."""
    try:
        return read_row(folder, key, run=run)
    except DamagedError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["t.json", "t.npz"])
def test_no_flipped_bit_changes_a_row(tmp_path, name):
    write_row(tmp_path, "t", SMALL, run="r")
    path, wanted = tmp_path / name, plain(read_row(tmp_path, "t", run="r").row)
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        stored = read_or_none(tmp_path)
        assert stored is None or plain(stored.row) == wanted, bit
    path.write_bytes(content)
    assert plain(read_row(tmp_path, "t", run="r").row) == wanted


@pytest.mark.parametrize("name", ["t.json", "t.npz"])
def test_half_a_file_is_damaged_wherever_it_ends(tmp_path, name):
    write_row(tmp_path, "t", SMALL, run="r")
    content = (tmp_path / name).read_bytes()
    for length in range(len(content)):
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(DamagedError):
            read_row(tmp_path, "t", run="r")
    (tmp_path / name).write_bytes(content + b"\n")
    with pytest.raises(DamagedError):
        read_row(tmp_path, "t", run="r")


def test_a_row_of_another_trial_or_of_another_run_is_damaged(tmp_path):
    write_row(tmp_path, "t", SMALL, run="r")
    write_row(tmp_path, "u", SMALL | {"better": 11.8}, run="r")
    for suffix in ("json", "npz"):
        (tmp_path / f"u.{suffix}").replace(tmp_path / f"t.{suffix}")
    assert read_or_none(tmp_path) is None
    write_row(tmp_path, "t", SMALL, run="r")
    assert read_or_none(tmp_path, run="another") is None
    assert read_or_none(tmp_path) is not None


def test_arrays_of_another_row_are_damage(tmp_path):
    write_row(tmp_path, "t", SMALL, run="r")
    write_row(tmp_path, "u", SMALL | {"probabilities": np.array([0.5, 0.5])}, run="r")
    (tmp_path / "u.npz").replace(tmp_path / "t.npz")
    assert read_or_none(tmp_path) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"\0" * 10]
)
@pytest.mark.parametrize("name", ["t.json", "t.npz"])
def test_whatever_stands_in_a_file_is_damage(tmp_path, name, content):
    write_row(tmp_path, "t", SMALL, run="r")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedError):
        read_row(tmp_path, "t", run="r")


@pytest.mark.parametrize(
    "value", ["[]", "null", '{"owner": "trial t of run r"}', "[" * 50_000 + "]" * 50_000, "1e999", "NaN"]
)
def test_a_seal_that_fits_does_not_make_a_row(tmp_path, value):
    body = f'"sealed": {value}}}\n'.encode()
    (tmp_path / "t.json").write_bytes(b'{"sha256": "%s",\n' % hashlib.sha256(body).hexdigest().encode() + body)
    with pytest.raises(DamagedError):
        read_row(tmp_path, "t", run="r")


@pytest.mark.parametrize("value", [[], {}, None, 1, {"row": 1}, {"row": {"__array__": "a0"}, "arrays": None, "machine": {}},
                                   {"row": {}, "arrays": 3, "machine": {}}, {"row": {}, "arrays": None, "machine": 4}])  # fmt: skip
def test_a_sealed_value_of_another_shape_is_damage(tmp_path, value):
    write_sealed(tmp_path / "t.json", value, owner="trial t of run r")
    with pytest.raises(DamagedError):
        read_row(tmp_path, "t", run="r")


def encrypted(content):
    """Set the bit of a zip file that says: a password is needed."""
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    changed = bytearray(content)
    changed[local + 6] |= 1
    changed[central + 8] |= 1
    return bytes(changed)


def test_arrays_that_ask_for_a_password_are_damage_even_under_a_seal_that_fits(tmp_path):
    write_row(tmp_path, "t", SMALL, run="r")
    content = encrypted((tmp_path / "t.npz").read_bytes())
    (tmp_path / "t.npz").write_bytes(content)
    assert read_or_none(tmp_path) is None
    value = {"row": {"x": {"__array__": "a0"}}, "arrays": hashlib.sha256(content).hexdigest(), "machine": {}}
    write_sealed(tmp_path / "t.json", value, owner="trial t of run r")
    assert read_or_none(tmp_path) is None


def put_folder(path, content):
    path.mkdir()
    (path / "kept").touch()


def put_link(path, content):
    (path.parent / "elsewhere").write_bytes(content)
    path.symlink_to(path.parent / "elsewhere")


def put_loop(path, content):
    path.symlink_to(path)


def put_pipe(path, content):
    os.mkfifo(path)


@pytest.mark.parametrize("put", [put_folder, put_link, put_loop, put_pipe], ids=lambda put: put.__name__)
@pytest.mark.parametrize("name", ["t.json", "t.npz"])
def test_what_stands_in_the_place_of_a_file_is_damage_and_gives_way(tmp_path, name, put):
    write_row(tmp_path, "t", SMALL, run="r")
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    put(tmp_path / name, content)
    with pytest.raises(DamagedError):
        read_row(tmp_path, "t", run="r")
    write_row(tmp_path, "t", SMALL, run="r")
    assert plain(read_row(tmp_path, "t", run="r").row) == plain(SMALL)
    assert put is not put_folder or list(tmp_path.glob(f"{name}.set-aside-*/kept"))
    assert put is not put_link or (tmp_path / "elsewhere").read_bytes() == content
    (tmp_path / name).unlink()
    put(tmp_path / name, content)
    forget_row(tmp_path, "t")
    assert read_row(tmp_path, "t", run="r") is None


def spoilt_head(content):
    """Leave numpy's description of an array in the middle, in an archive that is sound."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"), }", b"   "))
    return packed.getvalue()


def endless_shape(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"(2,), }" + b" " * 20, b"(" + b"9" * 22 + b",), }"))
    return packed.getvalue()


@pytest.mark.parametrize("spoilt", [spoilt_head, endless_shape])
def test_arrays_that_numpy_cannot_read_are_damage_even_under_a_seal_that_fits(tmp_path, spoilt):
    write_row(tmp_path, "t", SMALL, run="r")
    content = spoilt((tmp_path / "t.npz").read_bytes())
    (tmp_path / "t.npz").write_bytes(content)
    value = {"row": {"x": {"__array__": "a0"}}, "arrays": hashlib.sha256(content).hexdigest(), "machine": {}}
    write_sealed(tmp_path / "t.json", value, owner="trial t of run r")
    assert read_or_none(tmp_path) is None


def test_a_row_without_a_type_of_its_own_is_still_a_dict():
    assert typed({"x": 1}, dict) == {"x": 1}
    for plain in (1.5, [], None, "x"):
        with pytest.raises(ValueError, match="a stored row is no dict"):
            typed(plain, dict)


def test_arrays_of_an_older_row_do_not_stay(tmp_path):
    write_row(tmp_path, "t", SMALL)
    write_row(tmp_path, "t", {"x": 1})
    assert read_row(tmp_path, "t").row == {"x": 1}
    assert not (tmp_path / "t.npz").exists()


def test_a_row_tells_on_which_machine_it_was_measured(tmp_path):
    write_row(tmp_path, "t", {"x": 1}, machine={"processor": "p", "cores": 2})
    assert read_row(tmp_path, "t").machine == {"processor": "p", "cores": 2}


def test_parts_of_dead_processes_are_swept_and_those_of_living_ones_stay(tmp_path):
    code = "import os, signal, sys\nfrom pathlib import Path\nfrom lab.host import files\n" \
        "os.fsync = lambda d: (print('writing', flush=True), signal.pause())\n" \
        "files.write_bytes(Path(sys.argv[1]) / 'x', b'half')"  # fmt: skip
    dead, living = (subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE) for _ in range(2))
    with dead, living:
        try:
            dead.stdout.readline(), living.stdout.readline()
            dead.kill()
            dead.wait()
            assert len(list(tmp_path.iterdir())) == 2
            sweep_parts(tmp_path)
            assert len(list(tmp_path.iterdir())) == 1
        finally:
            dead.kill()
            living.kill()
    sweep_parts(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_meets_a_sweep_is_repeated(tmp_path, monkeypatch):
    """The sweep comes after the file was made and before it is locked."""
    swept = []

    def sweep_once(descriptor, operation):
        if not swept:
            swept.extend(tmp_path.iterdir())
            swept[0].unlink()

    monkeypatch.setattr("lab.host.files.fcntl.flock", sweep_once)
    write_bytes(tmp_path / "x", b"whole")
    assert [path.name for path in swept] != []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": b"whole"}
