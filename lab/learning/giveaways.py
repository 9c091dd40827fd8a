"""Do columns give the target away? What alone foretells it may have been written down after it; only the user knows.

Each is told with what a plain model would explain without it. What is certain, a copy of the target, was left out before
(`lab.data.leaks`).
"""

import re

import numpy as np

from lab.data.leaks import KNOWN, exact_sum, giveaway_of
from lab.learning.recognition import explained, strongest
from lab.learning.undeclared import Suspicion
from lab.protocol import Dataset
from lab.wording import listed

__all__ = ["giveaways", "unread"]

_LOST, _NEARLY_ALL, _MOST_NAMED = 0.05, 0.98, 3


def giveaways(dataset: Dataset, *, seed: int) -> tuple[Suspicion, ...]:
    """List what is to be asked of columns that foretell the target, the gravest first; at most three columns are named."""
    how = {name: said for name in dataset.kinds if (said := _how(dataset, name)) is not None}
    parts = _parts_of_a_sum(dataset)
    suspects = [*how, *(name for name in parts if name not in how)]
    everything = explained(dataset, dataset.features, seed=seed)
    if not suspects:
        return _too_good(dataset, everything, seed)
    others = dataset.features.drop(columns=suspects)
    left = 0.0 if others.empty else max(explained(dataset, others, seed=seed), 0.0)
    if not parts and everything - left < _LOST:
        return ()
    named = suspects[:_MOST_NAMED]
    if parts:
        seen = f"the target is exactly a weighted sum of {_columns(parts)}"
    elif len(suspects) == 1:
        seen = f"column {suspects[0]!r} {how[suspects[0]]}"
    else:
        more = f" and {len(suspects) - len(named)} more" if len(suspects) > len(named) else ""
        seen = f"{_columns(named)}{more} each give the target away, or a part of it"
    them = "it" if len(suspects) == 1 else "them"
    sentence = (
        f"{seen}: a plain model explains {100 * max(everything, 0.0):.0f} % of the variation in the target with {them}, and "
        f"{100 * left:.0f} % without"
    )
    drops = " ".join(f"--drop {_word(name)}" for name in named)
    way_out = KNOWN.replace(" it is ", f" {'it is' if len(suspects) == 1 else 'they are'} ")
    return (Suspicion(sentence, f"{way_out}, or use {drops}", what="leak", is_firm=False),)


def unread(dataset: Dataset) -> tuple[Suspicion, ...]:
    """Say that free text is not used, where there is some."""
    if not dataset.unread:
        return ()
    which = (
        f"column {dataset.unread[0]!r} holds" if len(dataset.unread) == 1 else f"{_columns(list(dataset.unread))} hold"
    )
    way_out = "turn it into columns of numbers or categories if it may say something about the target"
    return (Suspicion(f"{which} free text, which is not used", way_out, what="text", is_firm=False),)


def _how(dataset: Dataset, name: str) -> str | None:
    return giveaway_of(dataset.features[name].to_numpy(), dataset.kinds[name], dataset.target, len(dataset.classes))


def _parts_of_a_sum(dataset: Dataset) -> list[str]:
    """Name the columns of which a number to predict is a weighted sum: two at least, since one was left out as a copy."""
    names = [name for name, kind in dataset.kinds.items() if kind in ("number", "boolean")]
    if dataset.classes or not names:
        return []
    found = exact_sum(dataset.features[names].to_numpy(np.float64), dataset.target)
    return [names[place] for place in found]


def _too_good(dataset: Dataset, everything: float, seed: int) -> tuple[Suspicion, ...]:
    """Ask how the strongest column came to be known where nearly all is explained, though no column alone does it."""
    if everything < _NEARLY_ALL:
        return ()
    column = strongest(dataset, seed=seed)
    sentence = f"a plain model explains {100 * everything:.0f} % of the variation in the target, most of it by column {column!r}"
    return (Suspicion(sentence, KNOWN.replace("it is", f"{column!r} is"), what="leak", is_firm=False),)


def _columns(names: list[str]) -> str:
    return f"the columns {listed([repr(name) for name in names])}"


def _word(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else repr(name)
