"""How is an estimator read from a skops file of somebody's? Only trusted types are made, and the whole of it is checked.

Reading one runs no code of the file, and what comes out makes no compiled code read what is not its own
(`edge.given.estimator_graph`). Still, a file is read for the first time in a process with limits (`edge.given.guard`).
"""

import io
import zipfile
from typing import TYPE_CHECKING, Any

from lab.cleaning import clean, short
from lab.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LIMIT", "as_asked", "from_content"]

LIMIT = 2 * 2**30
"""Bytes that a model may have: protobuf, and so an ONNX file, ends there."""
_HARMLESS = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)
"""Types that skops leaves to its caller: plain data, once `edge.given.estimator_graph` has seen what they hold."""


def from_content(content: bytes, name: str) -> Any:
    """Make the fitted classifier of a skops file's bytes.

    Parameters
    ----------
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If the file is damaged, holds a type that is not trusted, holds no fitted classifier, or one that could make
        compiled code read what is not its own.
    """
    from skops import io as skops_io

    from edge.given.estimator_graph import UnsoundError, require_sound

    _check_archive(content, name)
    try:
        untrusted = [kind for kind in skops_io.get_untrusted_types(data=content) if kind not in _HARMLESS]
        found = None if untrusted else skops_io.loads(content, trusted=list(_HARMLESS))
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged archive makes of it
        raise SettingsError(f"{name} is not a skops file or is damaged; write it with skops.io.dump") from error
    if untrusted:
        shown = ", ".join(short(clean(kind)) for kind in untrusted[:3])
        raise SettingsError(
            f"{name} holds types that are not trusted ({shown}); export the model to ONNX and give that file"
        )
    try:
        require_sound(found)
        classifier = hasattr(found, "predict_proba") and hasattr(found, "classes_")
    except MemoryError:
        raise
    except UnsoundError as error:
        raise SettingsError(
            f"{name} holds {error}; write it again, or export the model to ONNX and give that file"
        ) from error
    except Exception as error:  # a part lacks what its kind has, or has something else in its place
        raise SettingsError(f"{name} holds a damaged estimator; write it again with skops.io.dump") from error
    if not classifier:
        raise SettingsError(
            f"{name} holds {type(found).__name__}, not a fitted classifier with predict_proba; give a fitted classifier"
        )
    return found


def as_asked(estimator: Any, table: "pd.DataFrame") -> Any:
    """Give rows of a table as the estimator was trained on them: by name, or as a matrix in the order of the table."""
    known = getattr(estimator, "feature_names_in_", None)
    return table.to_numpy() if known is None else table[list(known)]


def _check_archive(content: bytes, name: str) -> None:
    """Refuse an archive that unpacks to more than a model may have; the reader of zip files keeps to the sizes they name."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (
        Exception
    ) as error:  # the reader of zip files raises many types: of its own, struct.error, UnicodeDecodeError
        raise SettingsError(f"{name} is not a skops file or is damaged; write it with skops.io.dump") from error
    if unpacked >= LIMIT:
        raise SettingsError(f"{name} unpacks to {unpacked / 1e9:.1f} GB; a model must be below 2 GB: make it smaller")
