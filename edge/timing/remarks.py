"""What must a reader know of the latency beside its figures? Where the original is faster, the runtime's floor, the noise."""

from collections.abc import Mapping

import numpy as np

from edge.building.trials import BuiltRow
from edge.naming import model_named
from edge.timing.evidence import harness_overhead
from edge.timing.latency import spread_of_rounds
from edge.timing.trials import HARNESS, IDENTITY, exported, original
from edge.timing.watched import Noise
from lab.protocol import Estimate
from lab.wording import count

__all__ = ["of_exported", "of_machine"]

_FLOOR = 0.3  # share of a call from which on the runtime's own cost is worth a word
_NOISY = 0.10
_LOST = 0.01
_MOST_OVERHEAD_US = 0.5


def of_exported(
    built: Mapping[str, BuiltRow], labels: Mapping[str, str], medians: Mapping[str, Estimate]
) -> tuple[str, ...]:
    """Say which files are slower than their originals, and for which the runtime's own cost counts.

    Parameters
    ----------
    built, labels : mapping
        By the candidate's name.
    medians : mapping of str to Estimate
        Median latency in milliseconds by alternative, as `edge.timing.trials` names them.
    """
    said = []
    for name, row in built.items():
        if exported(name) not in medians:
            continue
        own, file = medians.get(original(name)), medians[exported(name)]
        if own is not None and own.high < file.low:
            how = f"it was converted {row.promise.partition(';')[0]}; " if row.form == "converter" else ""
            said.append(
                f"the exported {labels[name]} is slower than scikit-learn itself: {file.value:.3g} ms against "
                f"{own.value:.3g} at the median; {how}choose another model for a device, or use scikit-learn there"
            )
    return (*said, *_of_runtime(labels, medians))


def _of_runtime(labels: Mapping[str, str], medians: Mapping[str, Estimate]) -> list[str]:
    """Say for which models the runtime's own cost counts, so that a reader knows what another way to run them would spare."""
    if IDENTITY not in medians:
        return []
    floor = medians[IDENTITY].value
    found = {label: medians[exported(name)].value for name, label in labels.items() if exported(name) in medians}
    small = [f"{median:.2g} ms of {model_named(label)}" for label, median in found.items() if floor >= _FLOOR * median]
    if not small:
        return []
    return [
        f"an empty call of the runtime takes {floor:.2g} ms at the median, a large part of the {', the '.join(small)}: "
        "code compiled for the device itself would save most of it"
    ]


def of_machine(timed: Mapping[str, np.ndarray], noise: Noise) -> tuple[str, ...]:
    """Say what of this machine stands in the numbers: the harness's own time, other programs, its processor.

    `timed` holds nanoseconds of shape (rounds, calls) by alternative.
    """
    said = []
    if noise.lost > _LOST:
        said.append(
            f"the machine was busy: other programs took {100 * noise.lost:.0f} % of the time of the timed calls, although "
            f"{count(noise.repeated, 'round')} were repeated; a latency that only this explains does not miss its budget"
        )
    harness = harness_overhead(timed)
    if harness and harness.low > _MOST_OVERHEAD_US:
        said.append(
            f"the harness itself adds {harness.value:.2g} µs to a call at the median, more than the {_MOST_OVERHEAD_US:g} µs "
            "that it should: the fastest models appear slower than they are"
        )
    noisy = {
        name: spread_of_rounds(times)
        for name, times in timed.items()
        if name != HARNESS and spread_of_rounds(times) > _NOISY
    }
    if noisy:
        name, worst = max(noisy.items(), key=lambda pair: pair[1])
        said.append(
            f"the machine was noisy: the medians of the rounds differ by up to {100 * worst:.0f} % ({name}); "
            "close other programs and repeat the run"
        )
    return (
        *said,
        "measured on the CPU of this machine, called back to back: a device has another CPU, and a model that is called "
        "rarely answers more slowly because caches are cold",
    )
