"""Do columns give the target away? What alone foretells it may have been written down after it; only the user knows.

Each is told with what a plain model would explain without it. What is certain, a copy of the target, was left out before
(`lab.data.leaks`).
"""

import re
from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np

from lab.data.leaks import KNOWN, exact_sum, giveaway_of
from lab.learning.lateness import late_columns
from lab.learning.recognition import explained, strongest
from lab.learning.undeclared import Suspicion
from lab.protocol import Dataset
from lab.wording import listed

__all__ = ["giveaways", "unread"]

_LOST, _NEARLY_ALL, _MOST_NAMED = 0.05, 0.98, 3


def giveaways(dataset: Dataset, *, seed: int) -> tuple[Suspicion, ...]:
    """List what is to be asked of columns that foretell the target, the gravest first; at most three columns of a kind are named."""
    how = {name: said for name in dataset.kinds if (said := _how(dataset, name)) is not None}
    parts = _parts_of_a_sum(dataset)
    suspects = [*how, *(name for name in parts if name not in how)]
    late = late_columns(dataset, suspects)
    everything = explained(dataset, dataset.features, seed=seed)
    if not suspects and not late:
        return _too_good(dataset, everything, seed)
    found = []
    if suspects:
        left = _left_without(dataset, suspects, seed)
        if parts or everything - left >= _LOST:
            found.append(_asked(suspects, _seen_of(how, parts), "leak", everything, left))
    if late:
        left = _left_without(dataset, list(late), seed)
        if everything - left >= _LOST:
            found.append(_asked(list(late), _seen_late(late), "late", everything, left))
    return tuple(found)


def _left_without(dataset: Dataset, names: list[str], seed: int) -> float:
    """Measure what a plain model explains without some columns."""
    others = dataset.features.drop(columns=names)
    return 0.0 if others.empty else max(explained(dataset, others, seed=seed), 0.0)


def _seen_of(how: Mapping[str, str], parts: list[str]) -> str:
    """Say what gives the target away."""
    if parts:
        return f"the target is exactly a weighted sum of {_columns(parts)}"
    if len(how) == 1:
        return "".join(f"column {name!r} {said}" for name, said in how.items())
    return f"{_named(how)} each give the target away, or a part of it"


def _seen_late(late: Mapping[str, str]) -> str:
    """Say which columns look as if they were written after the outcome."""
    if len(late) == 1:
        return "".join(
            f"column {name!r} {said}, as if it was recorded after the outcome" for name, said in late.items()
        )
    return f"{_named(late)} look as if they were recorded after the outcome"


def _named(names: Collection[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{_columns(list(names)[:_MOST_NAMED])}{more}"


def _asked(names: list[str], seen: str, what: Literal["leak", "late"], everything: float, left: float) -> Suspicion:
    """Ask about columns, with what a plain model explains without them."""
    them = "it" if len(names) == 1 else "them"
    sentence = (
        f"{seen}: a plain model explains {100 * max(everything, 0.0):.0f} % of the variation in the target with {them}, and "
        f"{100 * left:.0f} % without"
    )
    drops = " ".join(f"--drop {_word(name)}" for name in names[:_MOST_NAMED])
    way_out = KNOWN.replace(" it is ", f" {'it is' if len(names) == 1 else 'they are'} ")
    return Suspicion(sentence, f"{way_out}, or use {drops}", what=what, is_firm=False)


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
