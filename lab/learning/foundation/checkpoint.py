"""Is a safetensors file a checkpoint of TabICL for this target? By what its metadata say of its network, within bounds.

The numbers of a network stand in the file, but not how they are put together: that is TabICL's `config`, which its own
checkpoints hold beside the numbers, here a JSON text in the metadata. It is not trusted: every value is bounded, so that no
text of a few bytes asks for a network that the file does not hold.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from lab.cleaning import short
from lab.errors import SettingsError
from lab.learning.foundation.weights_file import read_weights_file

__all__ = ["Checkpoint", "read_checkpoint"]

_Blocks = Annotated[int, msgspec.Meta(ge=1, le=64)]
_Heads = Annotated[int, msgspec.Meta(ge=1, le=64)]
_Scaling = (
    bool | Literal["none", "ssmax", "ssmax-mlp", "ssmax-mlp-elementwise", "qassmax-mlp", "qassmax-mlp-elementwise"]
)
_LONGEST = 200


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose header was checked.

    Attributes
    ----------
    path, name : str
        In full, and for sentences.
    digest : str
        SHA-256 of the file: only this content is ever loaded.
    config : str
        JSON: the arguments of TabICL's network.
    n_values : int
        Numbers in the file.
    most_classes : int
        How many classes it tells apart; 0 where it predicts a number.
    licence : str
        What its metadata say of it; empty where they say nothing.
    """

    path: str
    name: str
    digest: str
    config: str
    n_values: int
    most_classes: int
    licence: str = ""


class _Config(msgspec.Struct, forbid_unknown_fields=True):
    """Arguments of `tabicl.TabICL` (2.2), as far as a checkpoint sets them; how it trains is of no use here."""

    max_classes: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 10
    num_quantiles: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 999
    embed_dim: Annotated[int, msgspec.Meta(ge=1, le=1_024)] = 128
    col_num_blocks: _Blocks = 3
    col_nhead: _Heads = 8
    col_num_inds: Annotated[int, msgspec.Meta(ge=1, le=1_024)] = 128
    col_affine: bool = False
    col_feature_group: bool | Literal["same", "valid"] = "same"
    col_feature_group_size: Annotated[int, msgspec.Meta(ge=1, le=64)] = 3
    col_target_aware: bool = True
    col_ssmax: _Scaling = "qassmax-mlp-elementwise"
    row_num_blocks: _Blocks = 3
    row_nhead: _Heads = 8
    row_num_cls: Annotated[int, msgspec.Meta(ge=1, le=16)] = 4
    row_rope_base: Annotated[float, msgspec.Meta(gt=0, le=1e12)] = 100_000
    row_rope_interleaved: bool = True
    icl_num_blocks: _Blocks = 12
    icl_nhead: _Heads = 8
    icl_ssmax: _Scaling = "qassmax-mlp-elementwise"
    ff_factor: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    dropout: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    activation: Literal["gelu", "relu"] = "gelu"
    norm_first: bool = True
    bias_free_ln: bool = False
    zero_init: bool = True
    recompute: bool = False


def read_checkpoint(path: str, *, n_classes: int) -> Checkpoint:
    """Read what a file says of itself, and refuse what is no checkpoint for a target of so many classes (0: a number).

    Raises
    ------
    SettingsError
        In one sentence, with the way out.
    """
    found = read_weights_file(Path(path))
    text = found.metadata.get("config", "")
    config = _config(text, found.name)
    _require_target(found.name, config.max_classes, n_classes)
    licence = " ".join((found.metadata.get("license") or found.metadata.get("licence") or "").split())
    return Checkpoint(
        str(found.path), found.name, found.digest, text, found.n_values, config.max_classes, short(licence, _LONGEST)
    )


def _config(text: str, name: str) -> Any:
    if not text:
        raise SettingsError(
            f"{name} does not say how its network is built: its metadata have no 'config'; convert the checkpoint together with its "
            "config, as the README (a tabular foundation model) shows"
        )
    try:
        return msgspec.json.decode(text, type=_Config)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SettingsError(
            f"{name} is no checkpoint of TabICL that can be used: its config says otherwise ({short(str(error), 200)}); give one of "
            "TabICL's own checkpoints, converted"
        ) from error


def _require_target(name: str, most_classes: int, n_classes: int) -> None:
    """Raise SettingsError where a checkpoint predicts something else than the target is."""
    if n_classes and not most_classes:
        raise SettingsError(f"{name} predicts a number, and the target has classes; give a checkpoint of a classifier")
    if most_classes and not n_classes:
        raise SettingsError(
            f"{name} predicts classes, and the target is a number; give a checkpoint of a regressor, or use --task classes"
        )
    if n_classes > most_classes:
        raise SettingsError(
            f"{name} tells up to {most_classes} classes apart, and the target has {n_classes}; give another "
            "checkpoint, group the classes, or leave out --checkpoint"
        )
