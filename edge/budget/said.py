"""How is a budget said to somebody who does not measure? One phrase for each: what it is, how it is missed, how it is open."""

import math

from edge.budget.decision import EQUALITY, GAIN, LATE, LATENCY, LOSS, MEMORY, SIZE, Item
from lab.protocol import Estimate
from lab.wording import amount, count, difference, exact

__all__ = ["figure_of", "may_exceed", "missed", "name_of", "of_loss", "wider"]

_NAMES = {
    LATENCY: "latency",
    LATE: "share of late answers",
    SIZE: "file size",
    MEMORY: "memory",
    LOSS: "accuracy",
    GAIN: "lead over a constant prediction",
    EQUALITY[0]: "difference from the original",
    EQUALITY[1]: "changed labels",
}
_OPTIONS = {LATENCY: "--p99-ms", LATE: "--max-misses", SIZE: "--size-mb", MEMORY: "--memory-mb", LOSS: "--max-drop"}


def name_of(item: Item) -> str:
    """Name an item without a number."""
    return _NAMES[_kind(item)]


def _kind(item: Item) -> str:
    return LOSS if item.size is not None else item.name


def _allowed(item: Item) -> str:
    return exact(item.allowed, item.found.unit)


def missed(item: Item, about: str) -> str:
    """Say what a model misses and by how much, at most four numbers; `about` is with how many rows a loss is expected, in words.

    >>> missed(Item(LATENCY, Estimate(2.0, 1.8, 2.2, "ms"), 1.0), "")
    'needs 2 ms for 99 of 100 answers, and only 1 ms is allowed'
    >>> missed(Item(LOSS, Estimate(3.04, 2.8, 3.2, "points"), 1.0), "with all rows")
    'loses 3.0 points with all rows, and only 1 point is allowed'
    """
    value = amount(item.found.value, item.found.unit)
    if item.name in (GAIN, EQUALITY[1]):
        return {
            GAIN: "predicts worse than a constant",
            EQUALITY[1]: f"changes {count(int(item.found.value), 'label')} of its original",
        }[item.name]
    misses = {
        LATENCY: f"needs {value} for 99 of 100 answers",
        LATE: f"answers {value} of the calls too late",
        SIZE: f"has a file of {value}",
        MEMORY: f"takes {value} of memory to serve",
        LOSS: f"loses {value} {about or 'against the model chosen as best in training'}",
        EQUALITY[0]: f"differs from its original by {value} in a probability",
    }[_kind(item)]
    return f"{misses}, and only {_allowed(item)} is allowed"


def may_exceed(item: Item) -> str:
    """Say of an item, as the end of "but", that its interval holds what is allowed.

    >>> may_exceed(Item(LATENCY, Estimate(1.0, 0.9, 1.1, "ms"), 1.0))
    'its latency may exceed the 1 ms allowed: it lies between 0.9 ms and 1.1 ms'
    >>> may_exceed(Item(LOSS, Estimate(-0.5, -2.5, 1.5, "points"), 1.0))
    'it may lose more than the 1 point allowed: the interval is from 2.5 points gained to 1.5 points lost'
    """
    if item.name == GAIN:
        return "it is not shown to be better than a constant prediction"
    low, high = item.found.low, item.found.high
    if _kind(item) == LOSS:
        ends = [_gained_or_lost(end, item.found.unit) for end in (low, high)]
        return f"it may lose more than the {_allowed(item)} allowed: the interval is from {ends[0]} to {ends[1]}"
    ends = [amount(end, item.found.unit) for end in (low, high)]
    return f"its {name_of(item)} may exceed the {_allowed(item)} allowed: it lies between {ends[0]} and {ends[1]}"


def _gained_or_lost(loss: float, unit: str) -> str:
    shown = amount(abs(loss), unit)
    return "no loss" if shown == amount(0.0, unit) else f"{shown} {'gained' if loss < 0 else 'lost'}"


def figure_of(item: Item) -> str:
    """Say in a whole sentence what was found of an item, with its interval where it has one, and what is allowed.

    >>> figure_of(Item(LATENCY, Estimate(0.12, 0.1, 0.14, "ms"), 1.0))
    '99 of 100 answers come within 0.12 ms (95 % interval 0.1 to 0.14 ms); 1 ms is allowed.'
    >>> figure_of(Item(SIZE, Estimate(0.00253, 0.00253, 0.00253, "MB"), 5.0))
    'The file takes 2.53 kB; 5 MB is allowed.'
    """
    found, value = item.found, amount(item.found.value, item.found.unit)
    start = {
        LATENCY: f"99 of 100 answers come within {value}",
        LATE: f"{value} of the answers come too late",
        SIZE: f"The file takes {value}",
        MEMORY: f"Serving takes {value} of memory",
    }[item.name]
    return f"{start}{_interval(found)}; {_allowed(item)} is allowed."


def _interval(found: Estimate) -> str:
    low, high = (amount(end, found.unit) for end in (found.low, found.high))
    if low == high:
        return ""
    same = low.rpartition(" ")[2] == high.rpartition(" ")[2]
    return f" ({100 * found.confidence:.0f} % interval {low.rpartition(' ')[0] if same else low} to {high})"


def of_loss(loss: Estimate, than: str) -> str:
    """Say how a model stands against another one; an interval above 95 % is one of several that hold at once at 95 %.

    >>> of_loss(Estimate(0.2, 0.1, 0.3, "points", 0.99), "the best")
    '0.2 points below the best (95 % interval for all candidates together 0.1 to 0.3 points below)'
    """
    gain = Estimate(-loss.value, -loss.high, -loss.low, loss.unit)
    said = difference(gain, than)
    return said.replace("% interval", "% interval for all candidates together") if loss.confidence > 0.95 else said


def wider(item: Item, factor: float) -> str:
    """Say with which option the upper end of an item would be allowed; nothing where no budget can be widened."""
    kind, high = _kind(item), item.found.high
    if kind not in _OPTIONS:
        return ""
    share = {LATE: 100.0, LOSS: factor}.get(kind, 1.0)
    value = _rounded_up(high / share)
    return f"{_OPTIONS[kind]} {value}"


def _rounded_up(value: float) -> str:
    """Write a number above 0 with two figures, and not below it.

    >>> _rounded_up(2.13), _rounded_up(0.0301), _rounded_up(5.0)
    ('2.2', '0.031', '5')
    """
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{float(f'{math.ceil(value / step - 1e-9) * step:.2g}'):g}"
