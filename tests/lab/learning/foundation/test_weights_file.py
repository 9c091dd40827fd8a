"""A safetensors file is read as plain data; what is none, or not whole, is refused in one sentence."""

import hashlib
import os
import pickle
import random
import zipfile

import numpy as np
import pytest
from samples.safetensors_files import packed, written

from lab.errors import SettingsError
from lab.learning.foundation import weights_file
from lab.learning.foundation.weights_file import read_weights_file

TENSORS = {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros(4), "scalar": np.float32(2)}
ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def test_names_shapes_metadata_and_digest_are_the_files(tmp_path):
    content = written(TENSORS, {"config": "{}", "license": "mine"})
    (tmp_path / "w.safetensors").write_bytes(content)
    found = read_weights_file(tmp_path / "w.safetensors")
    assert found.shapes == {"a": (2, 3), "b": (4,), "scalar": ()}
    assert (found.metadata, found.n_values) == ({"config": "{}", "license": "mine"}, 11)
    assert found.digest == hashlib.sha256(content).hexdigest()
    assert found.path.is_absolute()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "does not begin with the length of a header"),
        (b"\x05\x00\x00", "does not begin with the length of a header"),
        (packed({"a": ONE}, bytes(8))[:12], "does not begin with the length of a header"),
        (b"\xff" * 64, "does not begin with the length of a header"),
        (packed(b"no JSON", b""), "its header is not that of tensors"),
        (packed(b"[" * 5_000, b""), "its header is not that of tensors"),
        (packed(b'{"a": ' * 5_000, b""), "its header is not that of tensors"),
        (packed(b'{"\xff": 1}', b""), "its header is not that of tensors"),
        (packed([], b""), "its header is not that of tensors"),
        (packed({"a": ONE | {"more": 1}}, bytes(8)), "its header is not that of tensors"),
        (packed({"a": ONE | {"shape": [2.5]}}, bytes(8)), "its header is not that of tensors"),
        (packed({"__metadata__": {"config": {}}, "a": ONE}, bytes(8)), "its header is not that of tensors"),
        (packed({"a": ONE, "b": ONE}, bytes(8)), "the bytes of tensor 'b' do not fit its shape"),
        (packed({"a": ONE | {"data_offsets": [4, 12]}}, bytes(12)), "the bytes of tensor 'a' do not fit its shape"),
        (packed({"a": ONE | {"shape": [10**12, 10**12]}}, bytes(8)), "the bytes of tensor 'a' do not fit its shape"),
        (packed({"a": ONE | {"shape": [-1, -2]}}, bytes(8)), "tensor 'a' has a shape that no tensor has"),
        (packed({"a": ONE | {"shape": [1] * 9}}, bytes(8)), "tensor 'a' has a shape that no tensor has"),
        (packed({"a": ONE | {"dtype": "F99"}}, bytes(8)), "of the unknown type 'F99'"),
        (packed({"a": ONE}, bytes(9)), "its header tells of 8 bytes, and 9 follow"),
        (packed({"a": ONE}, bytes(7)), "its header tells of 8 bytes, and 7 follow"),
    ],
)
def test_what_is_not_whole_is_refused_and_says_why(tmp_path, content, what):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(SettingsError, match="not a whole safetensors file") as refused:
        read_weights_file(tmp_path / "w.safetensors")
    assert what in str(refused.value)
    assert str(refused.value).startswith("w.safetensors")
    assert str(refused.value).endswith("copy or convert it again")


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("name", ["m.ckpt", "m.pt", "m.PKL", "m.bin", "m.safetensors"])
@pytest.mark.parametrize("form", ["pickle", "torch"])
def test_a_pickle_is_refused_by_name_and_by_content_and_never_run(tmp_path, name, form):
    content = pickle.dumps(Runs(str(tmp_path / "ran")))
    if form == "torch":  # `torch.save` writes an archive that holds a pickle
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("archive/data.pkl", content)
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=r"is a pickle, which can run code .* says how to convert it"):
        read_weights_file(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_what_is_no_file_or_too_large_is_refused_without_being_read(tmp_path):
    with pytest.raises(SettingsError, match=r"cannot read no.safetensors: No such file"):
        read_weights_file(tmp_path / "no.safetensors")
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(SettingsError, match=r"pipe.safetensors is not a file"):
        read_weights_file(tmp_path / "pipe.safetensors")
    with (tmp_path / "large.safetensors").open("wb") as file:
        file.truncate(weights_file.LARGEST + 1)
    with pytest.raises(SettingsError, match=r"has more than 2 GB"):
        read_weights_file(tmp_path / "large.safetensors")


def test_a_file_with_any_byte_changed_is_read_or_refused_in_one_sentence(tmp_path):
    whole, draw = bytearray(written(TENSORS, {"config": "{}"})), random.Random(0)
    path = tmp_path / "w.safetensors"
    refused = []
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            content[draw.randrange(len(content) - 44)] = draw.randrange(
                256
            )  # in the header: the last 44 bytes are the tensors'
        path.write_bytes(content[: draw.randint(1, len(content))] if draw.random() < 0.2 else content)
        try:
            read_weights_file(path)
        except SettingsError as error:
            refused.append(str(error))
    assert len(refused) > 200
    assert not any("\n" in said for said in refused)
