"""Which values does a model of the user's get? Those that pandas reads in the same rows, which then travel with the table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.protocol import Dataset, Lab

__all__ = ["with_plain_table"]

_ROW = "the number of the row in the file"


def with_plain_table(lab: "Lab", dataset: "Dataset", source: str, settings: Any, about: Mapping[str, Any]) -> None:
    """Let the table as pandas reads it travel with a dataset, where the settings of the lab ask for it.

    Standard input is gone once it was read: there the values stay those that were understood.

    Parameters
    ----------
    source, about
        Those with which `lab.data.load.load` gave the dataset.
    """
    wants = getattr(lab, "wants_plain_table", None)
    if wants is None or not wants(settings) or source == "-":
        return
    import numpy as np
    import pyarrow as pa

    from lab.data import load
    from lab.data.target import rows_with_target
    from lab.data.weighted import rows_that_count
    from lab.reading.plain import PlainTable, attached, plain_table

    target = dataset.target_name
    found = load.read_source(source, {**about, "target": target})
    numbered = found.table.append_column(_ROW, pa.array(np.arange(found.table.num_rows)))
    kept, _ = rows_with_target(numbered, target, dataset.name)
    if (weighted := about.get("weights")) is not None:
        kept, _ = rows_that_count(kept, weighted, dataset.name)
    whole = PlainTable(found.table.to_pandas()) if found.is_builtin else plain_table(source, about["how"], [target])
    plain = whole.without([str(name) for name in whole.frame if str(name).strip() == target])
    attached(dataset.features, plain.of(kept[_ROW].to_numpy()))
