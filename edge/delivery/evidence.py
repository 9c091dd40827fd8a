"""Which file does the run leave, and what should somebody know before handing it on?"""

import hashlib

from edge.delivery.trials import DELIVER, DeliveredRow
from edge.naming import model_named
from edge.settings import MODEL_FILE, Settings
from lab.protocol import Evidence, Rows, Table
from lab.wording import amount, capital, count

__all__ = ["delivered"]


def delivered(name: str | None, label: str, rows: Rows, settings: Settings) -> Evidence:
    """Name the file of the candidate that decides, with its digest; the fact is None where no file is left.

    `name` is that of its keys, None where none could be measured; `label` that for a reader. A model that the user gave is
    not left once more.
    """
    row = None if name is None else DELIVER.of(name).found(rows)
    if row is None:
        return Evidence(facts={"model_file": None})
    digest = hashlib.sha256(row.onnx.tobytes()).hexdigest()
    found = {"file": MODEL_FILE, "model": name, "bytes": len(row.onnx), "rows": row.n_rows, "sha256": digest}
    return Evidence(
        facts={"model_file": found},
        tables=(_table(label, digest, row),),
        caveats=_remarks(label, row, settings),
    )


def _table(label: str, digest: str, row: DeliveredRow) -> Table:
    largest = max(each.largest for each in row.parity.values())
    line = (MODEL_FILE, label, row.n_rows, 1e-3 * len(row.onnx), row.form, largest, _flips(row), digest)
    columns = ("file", "model", "rows", "size (kB)", "form", "largest difference", "flipped labels", "SHA-256")
    caption = (
        f"{capital(model_named(label))}, tuned on and learned from all {count(row.n_rows, 'row')} that were used, lies beside this "
        "report. Its metadata names columns, kinds, categories and classes. Latency, size and accuracy above are those of models "
        "that learned from the training part of a fold."
    )
    if row.weights:
        members = ", ".join(f"{name} ({weight:.2f})" for name, weight in row.weights.items())
        caption += f" Its members and their weights: {members}."
    return Table("The model in the run's folder", caption, columns, (line,))


def _remarks(label: str, row: DeliveredRow, settings: Settings) -> tuple[str, ...]:
    said, size = [], 1e-6 * len(row.onnx)
    if size > settings.size_mb:
        said.append(
            f"{MODEL_FILE} takes {amount(size, 'MB')}, more than the {amount(settings.size_mb, 'MB')} allowed: learned from all "
            "rows, it is larger than the file that was measured"
        )
    if _flips(row) or max(each.largest for each in row.parity.values()) > settings.tolerance:
        said.append(f"{MODEL_FILE} differs from its original by more than is allowed; see its table")
    if row.splits_rows:
        said.append(
            f"the thresholds in {MODEL_FILE} lie between values of single rows, and its leaves may stand for one row, as in any "
            f"{model_named(label).removeprefix('the ')}: whoever has it learns more of single rows than this report says"
        )
    return tuple(said)


def _flips(row: DeliveredRow) -> int:
    return sum(each.flips for each in row.parity.values())
