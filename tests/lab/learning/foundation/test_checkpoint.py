"""A checkpoint is TabICL's, within bounds, and for this kind of target, before anything is built of it."""

import json

import pytest
from samples.safetensors_files import CONFIG, checkpoint, written

from lab.errors import SettingsError
from lab.learning.foundation.checkpoint import read_checkpoint


def test_a_checkpoint_says_what_it_is(tmp_path):
    path = checkpoint(tmp_path / "c.safetensors", licence="  BSD-3-Clause\n")
    found = read_checkpoint(str(path), n_classes=3)
    assert json.loads(found.config) == CONFIG
    assert (found.most_classes, found.n_values, found.licence, found.name) == (3, 12, "BSD-3-Clause", "c.safetensors")
    assert read_checkpoint(str(checkpoint(path)), n_classes=2).licence == ""


@pytest.mark.parametrize(
    ("config", "n_classes", "what"),
    [
        ({}, 4, "tells up to 3 classes apart, and the target has 4"),
        ({}, 0, "predicts classes, and the target is a number"),
        ({"max_classes": 0}, 2, "predicts a number, and the target has classes"),
        ({"embed_dim": 10**9}, 2, "$.embed_dim"),
        ({"embed_dim": 0}, 2, "$.embed_dim"),
        ({"icl_num_blocks": 10**6}, 2, "$.icl_num_blocks"),
        ({"col_ssmax": "mine"}, 2, "$.col_ssmax"),
        ({"activation": "os.system"}, 2, "$.activation"),
        ({"n_layers": 3}, 2, "unknown field `n_layers`"),
    ],
)
def test_another_target_or_network_is_refused(tmp_path, config, n_classes, what):
    path = tmp_path / "c.safetensors"
    path.write_bytes(written({"weight": [1.0]}, {"config": json.dumps(CONFIG | config)}))
    with pytest.raises(SettingsError) as refused:
        read_checkpoint(str(path), n_classes=n_classes)
    assert what in str(refused.value)
    assert "; give " in str(refused.value), "the way out"


@pytest.mark.parametrize("config", ["[]", "{", "[" * 10_000, '"text"'])
def test_a_config_that_is_none_is_refused(tmp_path, config):
    (tmp_path / "c.safetensors").write_bytes(written({"weight": [1.0]}, {"config": config}))
    with pytest.raises(SettingsError, match="is no checkpoint of TabICL that can be used"):
        read_checkpoint(str(tmp_path / "c.safetensors"), n_classes=2)


def test_a_file_without_a_config_is_refused(tmp_path):
    (tmp_path / "c.safetensors").write_bytes(written({"weight": [1.0]}))
    with pytest.raises(SettingsError, match=r"has no 'config'|have no 'config'"):
        read_checkpoint(str(tmp_path / "c.safetensors"), n_classes=2)
