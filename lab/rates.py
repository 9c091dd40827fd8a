"""What is known of a lab's rates of wrong verdicts? The newest that were measured here, else those that came with it.

With each control the plain properties of its table are kept (see `lab.likeness`), which files of earlier versions lack.
A file of rates is believed only if it says what this program writes: the right names and types, counts that add up,
intervals that follow from the counts, and where it carries a digest, that one. Which code it measured is in it (see
`lab.runs.judging`); files of versions before that do not say, and count as of another code.
"""

import dataclasses
import functools
import inspect
import itertools
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab.host.files import read_bytes
from lab.likeness import DEPENDENCE, Traits
from lab.protocol import Lab
from lab.runs.identity import digest_of
from lab.runs.judging import RATES_FILE, judging_code
from lab.stats import rate

__all__ = ["interval", "known_rates", "sealed", "shipped", "stated"]

_DIGEST = "digest"
_ANSWERS = ("yes", "no", "undecided")
_NAMES = {"lab", "version", "date", "seeds", "controls", "wrong"}
_CODE = "code"
_TABLE = "table"


_rate = functools.cache(rate)  # controls ask for the same few counts again and again, and a root is sought for each


def interval(events: int, trials: int) -> dict[str, Any]:
    """Give events, trials, their rate and its exact 95 % interval as a plain value."""
    estimate = _rate(events, trials)
    return {"events": events, "of": trials, "rate": estimate.value, "low": estimate.low, "high": estimate.high}


def sealed(rates: Mapping[str, Any]) -> dict[str, Any]:
    """Add the digest of rates to them."""
    return {**rates, _DIGEST: digest_of(rates)}


def known_rates(lab: Lab, out: Path, notify: Callable[[str], None] = lambda sentence: None) -> dict[str, Any] | None:
    """Read the newest measured rates: those of `out`, else those that came with the lab; None if never measured.

    A file that is damaged is passed over, which is said through `notify`.
    """
    measured = out / f"controls-{lab.name}.json"
    for path in (measured, shipped(lab)):
        try:
            return _checked(read_bytes(path), lab.name)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            after = f"; measure them again with  lab controls {lab.name}" if path == measured else ""
            notify(
                f"{path} holds no rates of the {lab.name} lab ({' '.join(str(error).split())[:200]}) and is ignored{after}"
            )
    return None


def stated(lab: Lab, rates: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Add to rates whether the code that runs now is the code that they were measured with."""
    return None if rates is None else {**rates, "same_code": rates.get(_CODE) == judging_code(lab)}


def shipped(lab: Lab) -> Path:
    """Where the rates lie that came with a lab, whether there are any or not."""
    try:
        return Path(inspect.getfile(type(lab))).with_name(RATES_FILE)
    except (OSError, TypeError):  # a class that was typed in, not read from a file
        return Path("controls.json.of.no.file")


def _checked(content: bytes, lab: str) -> dict[str, Any]:
    """Read rates and check all that can be checked; raises ValueError, KeyError or TypeError where they are not as written."""
    rates = json.loads(content)
    if not isinstance(rates, dict):
        raise ValueError("it is not an object")
    digest = rates.pop(_DIGEST, None)
    if digest is not None and digest != digest_of(rates):
        raise ValueError("its digest does not fit")
    texts = ("version", "date", *({_CODE} & rates.keys()))
    if rates.keys() - {_CODE} != _NAMES or rates["lab"] != lab or not all(isinstance(rates[n], str) for n in texts):
        raise ValueError("it does not say lab, version, date, seeds, controls and wrong")
    if (
        not isinstance(rates["controls"], list)
        or not rates["controls"]
        or not _is_count(rates["seeds"])
        or not rates["seeds"]
    ):
        raise ValueError("it lists no controls")
    for control in rates["controls"]:
        _check_control(control, rates["seeds"])
    events = sum(control["wrong"]["events"] for control in rates["controls"])
    _check_interval(rates["wrong"], events, rates["seeds"] * len(rates["controls"]))
    return rates


def _check_control(control: Any, seeds: int) -> None:
    if not isinstance(control, dict) or control.keys() - {_TABLE} != {"name", "truth", *_ANSWERS, "wrong"}:
        raise ValueError("a control does not say name, truth, yes, no, undecided and wrong")
    if not isinstance(control["name"], str) or not isinstance(control["truth"], str):
        raise TypeError("a control has no name or no truth")
    if control.get(_TABLE) is not None and not _are_traits(control[_TABLE]):
        raise ValueError(f"the properties of the table of control {control['name']!r} are none")
    counts = [control[answer] for answer in _ANSWERS]
    if not all(map(_is_count, counts)) or sum(counts) != seeds:
        raise ValueError(f"the answers of control {control['name']!r} do not add up to its seeds")
    wrong = control["wrong"]
    events = wrong["events"] if isinstance(wrong, dict) else -1
    possible = {sum(some) for n in range(len(counts) + 1) for some in itertools.combinations(counts, n)}
    if not _is_count(events) or events not in possible:
        raise ValueError(f"the wrong answers of control {control['name']!r} are not among its answers")
    _check_interval(wrong, events, seeds)


def _are_traits(table: Any) -> bool:
    """Whether these are the plain properties of a table, as `lab.likeness.Traits` has them."""
    if not isinstance(table, dict) or table.keys() != {field.name for field in dataclasses.fields(Traits)}:
        return False
    shares = [table[name] for name in ("balance", "categories", "missing")]
    known = table["dependence"]
    return (
        _is_count(table["rows"])
        and table["rows"] > 0
        and _is_count(table["classes"])
        and all(isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1 for share in shares)
        and table["balance"] > 0
        and isinstance(known, list)
        and known == [what for what in DEPENDENCE if what in known]
    )


def _check_interval(found: Any, events: int, of: int) -> None:
    """Compare with what follows from the counts; another release of the library may differ in the last digits."""
    if not isinstance(found, dict):
        raise TypeError("a rate has no interval")
    wanted = interval(events, of)
    if found.keys() != wanted.keys() or not (_is_count(found["events"]) and _is_count(found["of"])):
        raise ValueError("a rate has no counts")
    if (found["events"], found["of"]) != (events, of):
        raise ValueError("a rate does not follow from its counts")
    for name in ("rate", "low", "high"):
        value = found[name]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isclose(value, wanted[name], rel_tol=1e-9, abs_tol=1e-12)
        ):
            raise ValueError("an interval does not follow from its counts")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
