"""A row comes back from disk as it was given, and never half."""

import dataclasses

import numpy as np
import pytest

from lab.work.storage import read_row, through_storage, write_json, write_row


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
    back = read_row(tmp_path, "t")
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
    assert str(through_storage(ROW)) == str(read_row(tmp_path, "t"))


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


@pytest.mark.parametrize("damage", ["t.json", "t.npz"])
def test_half_a_file_counts_as_none(tmp_path, damage):
    write_row(tmp_path, "t", ROW)
    path = tmp_path / damage
    path.write_bytes(path.read_bytes()[:-30])
    assert read_row(tmp_path, "t") is None
