"""The real TabICL, where it is installed (see CONTRIBUTING): a small network with random numbers answers as by its own way."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lab
from lab.errors import SettingsError
from lab.learning.foundation import trying
from lab.learning.foundation.checkpoint import _Config

tabicl, torch = pytest.importorskip("tabicl"), pytest.importorskip("torch")
TabICL = pytest.importorskip("tabicl._model.tabicl").TabICL
in_context = pytest.importorskip("lab.learning.foundation.in_context")

SMALL = {
    "embed_dim": 16, "col_num_blocks": 1, "col_nhead": 2, "col_num_inds": 8, "row_num_blocks": 1, "row_nhead": 2, "row_num_cls": 2,
    "icl_num_blocks": 1, "icl_nhead": 2, "zero_init": False, "num_quantiles": 99,
}  # fmt: skip
README = Path(lab.__file__).parents[1] / "README.md"


@pytest.fixture(scope="module", params=[3, 0], ids=["classes", "number"])
def both(request, tmp_path_factory):
    """The same network as its own kind of checkpoint, and converted as the README says."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    config = SMALL | {"max_classes": request.param}
    torch.save({"config": config, "state_dict": TabICL(**config).state_dict()}, folder / "tabicl.ckpt")
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.S) if "weights_only" in block
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    return folder / "tabicl.ckpt", folder / "tabicl.safetensors", request.param


def rows(n_classes, n_rows=60, n_columns=5):
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(n_rows, n_columns))
    wanted = seen[:, 0] + rng.normal(size=n_rows)
    return seen, np.digitize(wanted, [-0.5, 0.5]) if n_classes else wanted


def test_it_answers_as_the_library_does_from_its_own_checkpoint(both):
    own, converted, n_classes = both
    seen, wanted = rows(n_classes)
    checkpoint = trying.taken_in(str(converted), n_classes=n_classes)
    theirs = (tabicl.TabICLClassifier if n_classes else tabicl.TabICLRegressor)(
        model_path=own, random_state=3, device="cpu"
    )
    ours = (in_context.InContextClassifier if n_classes else in_context.InContextRegressor)(checkpoint, random_state=3)
    for model in (theirs, ours):
        model.fit(seen[:40], wanted[:40])
    ask = "predict_proba" if n_classes else "predict"
    said = getattr(ours, ask)(seen[40:])
    np.testing.assert_allclose(said, getattr(theirs, ask)(seen[40:]), rtol=2e-4, atol=1e-5)  # float32, in other batches
    np.testing.assert_array_equal(said, getattr(ours, ask)(seen[40:]))
    assert np.ptp(said) > 0


def test_the_config_of_another_network_is_found_out(both, tmp_path):
    _, converted, n_classes = both
    content = converted.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    for change, what in (({"embed_dim": 32}, "has the shape"), ({"icl_num_blocks": 2}, "is missing")):
        changed = json.loads(header["__metadata__"]["config"]) | change
        text = json.dumps(header | {"__metadata__": {"config": json.dumps(changed)}}).encode()
        (tmp_path / "other.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + content[end:])
        with pytest.raises(SettingsError, match="holds another network than its config describes") as refused:
            trying.taken_in(str(tmp_path / "other.safetensors"), n_classes=n_classes)
        assert what in str(refused.value)


def test_nothing_is_asked_of_a_network(both):
    _, converted, n_classes = both
    code = f"""
import sys
def hook(event, arguments):
    if event.startswith("socket.") and event != "socket.__new__":
        raise AssertionError(event)
sys.addaudithook(hook)
import numpy as np
from lab.learning.foundation.checkpoint import read_checkpoint
from lab.learning.foundation.in_context import InContextClassifier, InContextRegressor
model = (InContextClassifier if {n_classes} else InContextRegressor)(read_checkpoint({str(converted)!r}, n_classes={n_classes}))
rows = np.random.default_rng(0).normal(size=(30, 3))
model.fit(rows, np.arange(30) % {n_classes or 30}).predict(rows)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_defaults_of_the_config_are_the_librarys():
    known = {name: parameter.default for name, parameter in inspect.signature(TabICL).parameters.items()}
    assert {name: getattr(_Config(), name) for name in _Config.__struct_fields__} == known
