"""How does TabICL answer? A network that was trained elsewhere reads the training rows beside the asked ones, and learns nothing.

The estimators are TabICL's own, with one thing changed: the network comes from a safetensors file whose content is known by its
digest, instead of from a pickle or a download. Importing this module imports PyTorch.

References
----------
Qu, Holzmueller, Varoquaux and Le Morvan (2025), TabICL: a tabular foundation model for in-context learning on large data, ICML.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import safetensors.torch
import torch
from tabicl import TabICLClassifier, TabICLRegressor
from tabicl._model.tabicl import TabICL

from lab.errors import SettingsError
from lab.learning.foundation.checkpoint import Checkpoint
from lab.learning.foundation.limits import rows_in_context, rows_in_piece
from lab.learning.nested import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["InContextClassifier", "InContextRegressor", "network_of"]


@functools.lru_cache(maxsize=1)
def network_of(checkpoint: Checkpoint) -> Any:
    """Build the network and fill it: once in a process, since nothing ever changes it.

    It is laid out without memory first, and built only where the file holds just its tensors.

    Raises
    ------
    SettingsError
        If the content is another than was checked, the tensors are those of another network, or hold what is no number.
    """
    content = Path(checkpoint.path).read_bytes()
    if hashlib.sha256(content).hexdigest() != checkpoint.digest:
        raise SettingsError(f"{checkpoint.name} has changed since the run began; start the run again")
    tensors, config = safetensors.torch.load(content), json.loads(checkpoint.config)
    with torch.device("meta"):
        wanted = {key: tuple(value.shape) for key, value in TabICL(**config).state_dict().items()}
    _require_tensors(checkpoint.name, {key: tuple(value.shape) for key, value in tensors.items()}, wanted)
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise SettingsError(f"{checkpoint.name} holds values that are no numbers; convert the checkpoint again")
    network = TabICL(**config)
    network.load_state_dict(tensors)
    return network.eval()


def _require_tensors(name: str, held: "Mapping[str, tuple[int, ...]]", wanted: "Mapping[str, tuple[int, ...]]") -> None:
    """Raise SettingsError where a file has not just the tensors of the network that its config describes."""
    wrong = [
        *(f"{key} is missing" for key in wanted if key not in held),
        *(f"{key[:80]} is not of it" for key in held if key not in wanted),
        *(
            f"{key} has the shape {held[key]} instead of {wanted[key]}"
            for key in wanted
            if key in held and held[key] != wanted[key]
        ),
    ]
    if wrong:
        more = f", and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise SettingsError(
            f"{name} holds another network than its config describes: {wrong[0]}{more}; convert the checkpoint with its own config"
        )


class _InContext:
    """What both estimators have in common; `checkpoint`, and the seed of the views of a table that are averaged.

    `rows_` are the numbers of the training rows that it reads: a sample where there are too many, see `limits`.
    """

    random_state: int | None

    def __init__(self, checkpoint: Checkpoint, random_state: int | None = None) -> None:
        super().__init__(  # type: ignore[call-arg]  # the estimator beside it has them
            random_state=random_state,
            device="cpu",
            use_amp=False,
            n_jobs=1,
            batch_size=1,  # views of the table at a time: more take memory, and no less time on one core
            offload_mode=False,
            model_path=checkpoint.path,  # with the next line: were `_load_model` not asked, nothing could be fetched
            allow_auto_download=False,
        )
        self.checkpoint = checkpoint

    def fit(self, X: "NDArray", y: "NDArray") -> Self:
        """Keep training rows, X of shape (n_rows, n_columns) and y of shape (n_rows,), to be read when rows are asked."""
        self.rows_ = np.arange(len(X))
        most = rows_in_context(X.shape[1])
        if len(X) > most:
            self.rows_ = np.sort(in_order(y, self.rows_, self.random_state or 0)[:most])
        super().fit(X[self.rows_], y[self.rows_])  # type: ignore[misc]  # as above
        if self.model_ is not network_of(self.checkpoint):
            raise RuntimeError("TabICL did not take the network that it was given; this version of it is not known")
        self._save_model_weights = True  # a copy of the model, whose size is shown, holds the network
        return self

    def _load_model(self) -> None:
        """Take the network; TabICL's own reads a pickle here, which it downloads where there is none."""
        self.model_, self.model_config_ = network_of(self.checkpoint), json.loads(self.checkpoint.config)

    def _in_pieces(self, ask: "Callable[[NDArray], NDArray]", X: "NDArray") -> "NDArray[np.float64]":
        """Ask so few rows at a time as fit into memory; no row is answered by the others."""
        most = rows_in_piece(X.shape[1], len(self.rows_))
        parts = [ask(X[start : start + most]) for start in range(0, len(X), most)]
        return np.concatenate(parts).astype(np.float64)


class InContextClassifier(_InContext, TabICLClassifier):
    """TabICL for classes."""

    def predict_proba(self, X: "NDArray") -> "NDArray[np.float64]":
        """Probabilities, shape (n_rows, n_classes), that add up to 1 in double precision."""
        said = self._in_pieces(super().predict_proba, X)
        return said / said.sum(axis=1, keepdims=True)


class InContextRegressor(_InContext, TabICLRegressor):
    """TabICL for a number: the mean of the distribution that it predicts."""

    def predict(self, X: "NDArray") -> "NDArray[np.float64]":
        """Numbers, shape (n_rows,)."""
        return self._in_pieces(super().predict, X)
