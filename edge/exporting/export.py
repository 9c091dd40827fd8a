"""How does a pipeline become a file for a device, in one call? Fitted as a device sees the table, in its leanest equal form."""

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.exporting.device import Exported, device_rows_at, fit_for_device, to_files
from edge.exporting.parity import leanest_equal
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["export"]

_COMPARED = 2_000


def export(pipeline: Any, dataset: Dataset, *, rows: "NDArray | None" = None, seed: int = 0) -> tuple[Any, Exported]:
    """Fit a pipeline and export it to ONNX, in the leanest form that no row tells from the original.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        With the steps `prepare` (a column transformer over `numbers` and `texts`) and `model`, as the labs' families build it.
    dataset : Dataset
        The table; see `lab.load` and `lab.from_frame`.
    rows : array of shape (n_rows,), optional
        Row numbers to learn from; all of them unless given.
    seed : int
        Decides the rows beyond the table's range on which the forms are compared.

    Returns
    -------
    tuple of (estimator, Exported)
        The fitted pipeline, which takes rows as a device has them (`edge.exporting.device.device_rows`), and the file;
        hold them against each other by `edge.compare`.
    """
    known = np.arange(dataset.n_rows) if rows is None else np.asarray(rows)
    fitted = fit_for_device(pipeline, dataset, known)
    table = device_rows_at(dataset, known[:_COMPARED])
    return fitted, leanest_equal(fitted, to_files(fitted, dataset), dataset, table, seed=seed)
