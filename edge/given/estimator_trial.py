"""Can somebody's estimator be served? Its labels must be those of its largest probability, and its export must give the same ones.

Tried on the first rows of the table, in the process with limits, so that what cannot be measured is refused before any work is done.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.exporting import device, parity
from edge.exporting.lowering import NotLoweredError
from edge.given.estimator_answers import with_probabilities
from edge.given.estimator_columns import as_asked
from edge.given.estimator_export import forms_of
from edge.session import OUTPUT, session
from lab.errors import SettingsError
from lab.protocol import Dataset

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["require_served"]

_TIE = 1e-6
_KINDS = {True: "category", False: "number"}


class _Asked:
    """The estimator, asked with rows as the device gets them."""

    def __init__(self, estimator: Any, columns: list[str], *, refuses_unknown: bool) -> None:
        self.estimator, self.columns, self.takes_unknown = estimator, columns, not refuses_unknown

    def predict_proba(self, rows: Any) -> "NDArray[np.float64]":
        """Answer rows, shape (n_rows, n_columns)."""
        import pandas as pd

        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=self.columns)
        answers = with_probabilities(self.estimator)
        return np.asarray(answers.predict_proba(as_asked(self.estimator, frame[self.columns])), dtype=np.float64)


def require_served(estimator: Any, table: "pd.DataFrame", *, target: str, refuses_unknown: bool, name: str) -> None:
    """Try labels and export on rows of a table.

    Parameters
    ----------
    table : pandas.DataFrame of shape (n_rows, n_columns)
        The columns of the estimator in its order: numbers in float64, texts with None where missing.
    target, name : str
        The column to predict; the file, for messages.

    Raises
    ------
    SettingsError
        If the labels are others than those of the largest probabilities, if nothing can export a part of the estimator, or
        if the export gives other labels.
    """
    classes = [str(label) for label in np.asarray(estimator.classes_).tolist()]
    asked = _Asked(estimator, list(table.columns), refuses_unknown=refuses_unknown)
    said = asked.predict_proba(table)
    _require_plain_labels(estimator, table, said, name)
    kinds = {column: _KINDS[table[column].dtype != np.float64] for column in table}
    # the kinds are two of the words that a kind may be, which a checker of types cannot see
    dataset = Dataset(name, table, np.zeros(len(table), dtype=np.int64), target, tuple(classes), kinds, "")  # type: ignore[arg-type]
    rows = device.device_rows(dataset)
    try:
        forms = forms_of(estimator, dataset, list(table.columns))
    except NotLoweredError as error:
        raise SettingsError(
            f"{name} cannot be exported for a device: {error.part}; export it to ONNX yourself and give that file"
        ) from error
    chosen = parity.leanest_equal(asked, forms, dataset, rows, seed=0)
    ready = session(chosen.content)
    served = ready.run([OUTPUT], device.feeds(dataset, rows, ready))[0]
    if others := _differing(said, said.argmax(axis=1), served.argmax(axis=1)):
        raise SettingsError(
            f"{name} cannot be exported for a device: the export ({chosen.form}) gives another label in {others:,} of {len(said):,} "
            "rows; export it to ONNX yourself and give that file"
        )


def _require_plain_labels(estimator: Any, table: "pd.DataFrame", said: "NDArray[np.float64]", name: str) -> None:
    labels = np.asarray(estimator.predict(as_asked(estimator, table)))
    places = _places(labels, np.asarray(estimator.classes_))
    if others := _differing(said, said.argmax(axis=1), places):
        raise SettingsError(
            f"{name} answers with another label than that of the largest probability in {others:,} of {len(said):,} rows, as a model "
            "with a threshold of its own does; a device gets probabilities: give the model inside it (estimator_), or one whose "
            "labels and probabilities agree"
        )


def _places(labels: "NDArray", classes: "NDArray") -> "NDArray[np.int64]":
    """Give the place of each label among the classes, which need not be in order; -1 where it is none of them."""
    place_of = {label: place for place, label in enumerate(classes.tolist())}
    return np.array([place_of.get(label, -1) for label in labels.ravel().tolist()], dtype=np.int64)


def _differing(said: "NDArray[np.float64]", first: "NDArray", second: "NDArray") -> int:
    """Count rows whose labels differ though they are no tie."""
    top = np.sort(said, axis=1)[:, -2:]
    return int(((first != second) & (top[:, 1] - top[:, 0] > _TIE)).sum())
