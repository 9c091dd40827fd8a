"""How often is a lab wrong where the truth is known? Runs its controls over many seeds and counts."""

import inspect
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab import __version__
from lab.errors import TrialsFailedError
from lab.protocol import Answer, Control, Dataset, Lab, Row, Trial
from lab.stats import rate
from lab.work.storage import write_json
from lab.work.trials import Progress, run_plan

__all__ = ["known_rates", "run_controls"]


def run_controls(
    lab: Lab,
    *,
    seeds: int,
    out: Path,
    workers: int,
    watch: Callable[[Progress], None] = lambda progress: None,
    notify: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Ask the lab about every control under `seeds` seeds and store the counts as `controls-LAB.json` in `out`.

    An interrupted call is taken up where it stopped.

    Returns
    -------
    dict
        lab, version, date, seeds, and `controls`: a list of name, truth, counts of yes, no, undecided and wrong, and the
        rate of wrong verdicts with its exact 95 % binomial interval; `wrong` is the same over all of them.
    """
    asked = lab.controls()
    trials = {
        f"{control.name}-{seed}": Trial(
            f"{control.name}-{seed}",
            _ask,
            {"lab": lab, "control": control.function},
            seed=seed,
            exclusive=control.exclusive,
        )
        for control in asked
        for seed in range(seeds)
    }
    lab.prepare(notify)
    folder = out / f"controls-{lab.name}-{__version__}"
    results = run_plan(list(trials.values()), None, folder, workers=workers, watch=watch)
    if results.failures:
        key, reason = next(iter(results.failures.items()))
        raise TrialsFailedError(
            f"{len(results.failures)} of {len(trials)} controls failed ({key}: {reason}); repeat the command to try them again"
        )
    counted = [
        _count(control, [results.rows[f"{control.name}-{seed}"]["answer"] for seed in range(seeds)])
        for control in asked
    ]
    rates = {
        "lab": lab.name,
        "version": __version__,
        "date": datetime.now(UTC).date().isoformat(),
        "seeds": seeds,
        "controls": counted,
        "wrong": _interval(sum(row["wrong"]["events"] for row in counted), seeds * len(counted)),
    }
    write_json(out / f"controls-{lab.name}.json", rates)
    shutil.rmtree(folder)
    return rates


def known_rates(lab: Lab, out: Path) -> dict[str, Any] | None:
    """Read the newest measured rates: those of `out`, else those that came with the lab; None if never measured."""
    shipped = Path(inspect.getfile(type(lab))).with_name("controls.json")
    for path in (out / f"controls-{lab.name}.json", shipped):
        try:
            rates = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(rates, dict) and rates.get("lab") == lab.name:
            return rates
    return None


def _ask(dataset: Dataset | None, *, seed: int, lab: Lab, control: Callable[..., Answer]) -> Row:
    del dataset  # a control makes its own
    return {"answer": control(lab, seed=seed)}


def _count(control: Control, answers: list[Answer]) -> dict[str, Any]:
    counts = {answer: answers.count(answer) for answer in ("yes", "no", "undecided")}
    wrong = sum(answer in control.wrong for answer in answers)
    return {"name": control.name, "truth": control.truth, **counts, "wrong": _interval(wrong, len(answers))}


def _interval(events: int, trials: int) -> dict[str, Any]:
    estimate = rate(events, trials)
    return {"events": events, "of": trials, "rate": estimate.value, "low": estimate.low, "high": estimate.high}
