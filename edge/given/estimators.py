"""How is an estimator read from a skops file of somebody's? Only trusted types are made, and the whole of it is checked.

Reading one runs no code of the file, and what comes out makes no compiled code read what is not its own
(`edge.given.estimator_graph`). Still, a file is read for the first time in a process with limits (`edge.given.guard`).
"""

import io
import re
import zipfile
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from edge.given.stand_ins import TYPES, with_stand_ins
from edge.given.tree_files.forest import UnusableError
from lab.cleaning import clean, short
from lab.errors import SettingsError

__all__ = ["LIMIT", "from_content", "other_version"]

LIMIT = 2 * 2**30
"""Bytes that a model may have: protobuf, and so an ONNX file, ends there."""
_BOOSTERS = ("xgboost.", "lightgbm.", "catboost.")
_VERSION = re.compile(r'"_sklearn_version":\s*\{[^{}]*"content":\s*"\\"?([0-9][0-9A-Za-z.+]*)')
_HARMLESS = (
    "collections.OrderedDict",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)
"""Types that skops leaves to its caller: plain data, once `edge.given.estimator_graph` has seen what they hold."""
_HARMLESS_MODULES = (
    "sklearn.feature_selection._mutual_info",
    "sklearn.feature_selection._univariate_selection",
    "sklearn.metrics._classification",
    "sklearn.metrics._ranking",
    "sklearn.metrics._scorer",
    "sklearn.model_selection._split",
    "sklearn.utils._metadata_requests",
)
"""Modules whose functions and types compute numbers from arrays, or rows of a split: a search of settings keeps some of them."""


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
        read = with_stand_ins(content)
        asked = skops_io.get_untrusted_types(data=read)
        harmless = (*_HARMLESS, *TYPES)
        untrusted = [
            kind for kind in asked if kind not in harmless and kind.rpartition(".")[0] not in _HARMLESS_MODULES
        ]
        found = None if untrusted else skops_io.loads(read, trusted=asked)
    except UnusableError as error:
        raise SettingsError(f"{name} {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged archive makes of it
        raise SettingsError(
            f"{name} is not a skops file or is damaged; write it with skops.io.dump{other_version(content)}"
        ) from error
    if untrusted:
        shown = ", ".join(short(clean(kind)) for kind in untrusted[:3])
        raise SettingsError(f"{name} holds types that are not trusted ({shown}); {_way_out(untrusted)}")
    try:
        require_sound(found)
        classifier = hasattr(found, "predict") and hasattr(found, "classes_")
    except MemoryError:
        raise
    except UnsoundError as error:
        raise SettingsError(
            f"{name} holds {error}; write it again, or export the model to ONNX and give that file"
        ) from error
    except Exception as error:  # a part lacks what its kind has, or has something else in its place
        raise SettingsError(
            f"{name} holds a damaged estimator; write it again with skops.io.dump{other_version(content)}"
        ) from error
    if not classifier:
        raise SettingsError(f"{name} holds {type(found).__name__}, not a fitted classifier; give a fitted classifier")
    return found


def _way_out(kinds: Sequence[str]) -> str:
    """Say what to do instead of giving a file with such types."""
    if any(kind.startswith(_BOOSTERS) for kind in kinds):
        return "give the file of that library (XGBoost: model.json, LightGBM: model.txt, CatBoost: model.cbm), or export all to ONNX"
    return "export the model to ONNX and give that file"


def other_version(content: bytes) -> str:
    """Say of a skops file which scikit-learn it comes from, where another one is installed; else nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = _VERSION.search(archive.read("schema.json").decode("utf-8"))
    except Exception:  # noqa: BLE001 - as `_check_archive`; what is damaged is said elsewhere
        return ""
    theirs, ours = found[1] if found else "", metadata.version("scikit-learn")
    if not theirs or theirs == ours:
        return ""
    return f" (it was written with scikit-learn {short(clean(theirs))}, and {ours} is installed here: write it again with that one)"


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
