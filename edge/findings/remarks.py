"""What must a reader know of an exported file beside its figures? Where the original is faster, what it keeps, its floor."""

from collections.abc import Mapping, Sequence

from lab.learning.families import Family
from lab.protocol import Estimate, Row

__all__ = ["remarks"]

_FLOOR = 0.3  # share of a call from which on the runtime's own cost is worth a word


def remarks(there: Sequence[Family], medians: Mapping[str, Estimate], rows: Mapping[str, Row]) -> list[str]:
    """List remarks on the exported files.

    Parameters
    ----------
    medians : mapping of str to Estimate
        Median latency in milliseconds by alternative, as `edge.trials.time_all` names them.
    rows : mapping of str to Row
        What the trials returned; those of `edge.trials.build` are read.
    """
    said = []
    for family in there:
        built = rows[f"build-{family.name}"]
        original, exported = medians.get(f"{family.name} sklearn"), medians[f"{family.name} onnx"]
        if original is not None and original.high < exported.low:
            how = f"it was converted {built['promise'].partition(';')[0]}; " if built["form"] == "converter" else ""
            said.append(
                f"the exported {family.label} is slower than scikit-learn itself: {exported.value:.3g} ms against "
                f"{original.value:.3g} at the median; {how}choose another model for a device, or keep scikit-learn there"
            )
        if built.get("holds_rows"):
            said.append(
                f"the file of the {family.label} holds rows that it was trained on: whoever has the device can read them"
            )
    return [*said, *_of_runtime(there, medians)]


def _of_runtime(there: Sequence[Family], medians: Mapping[str, Estimate]) -> list[str]:
    """Say for which models the runtime's own cost counts, so that a reader knows what another way to run them would spare."""
    if "identity" not in medians:
        return []
    floor = medians["identity"].value
    found = {family.label: medians[f"{family.name} onnx"].value for family in there}
    small = [f"{median:.2g} ms of the {label}" for label, median in found.items() if floor >= _FLOOR * median]
    if not small:
        return []
    return [
        f"an empty call of the runtime takes {floor:.2g} ms at the median, a large part of the {', the '.join(small)}: "
        "code that is compiled for the device itself would spare most of it"
    ]
