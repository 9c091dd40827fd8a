"""What should be done after an edge verdict, and how likely is it that every budget is met?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from edge.budget.decision import EQUALITY, GAIN, LATE, LATENCY, Decision, Item
from edge.budget.said import name_of, wider
from edge.naming import model_named
from edge.settings import Settings
from edge.would_change import times_the_work
from lab.advice import to_settle
from lab.decisions import chance_below, two_figures_up
from lab.protocol import Evidence
from lab.wording import count, longer_curves

__all__ = ["chances_of", "steps_of"]

_MOST_STEPS = 3


def chances_of(decision: Decision) -> dict[str, float]:
    """How likely it is that the candidate meets every budget; nothing where the machine was busy, or something cannot be said.

    The product of the chances of its items (see `lab.decisions.chance_below`), as if they were independent. Those that are
    measured together, latency and late answers, go up and down together, so that the true chance is rather higher.
    """
    if any(item.busy or item.unsaid for item in decision.items):
        return {}
    met = math.prod(_met(item) for item in decision.items)
    return {"every budget is met": met, "at least one budget is missed": 1 - met}


def _met(item: Item) -> float:
    chance = chance_below(item.found, item.allowed)
    return 1 - chance if item.name == GAIN else chance


def steps_of(decision: Decision, evidence: Evidence, settings: Settings) -> tuple[str, ...]:
    """Say which model to take, what to measure next, and with which options: one to three sentences."""
    short = [item for item in decision.items if item.status == decision.status]
    facts, who = evidence.facts, model_named(evidence.facts["labels"][decision.name])
    steps = {"pass": _of_yes, "fail": _of_no, "undecided": _of_open}[decision.status]
    return tuple(steps(who, short, {**facts, "name": decision.name}, settings))[:_MOST_STEPS]


def _of_yes(who: str, short: Sequence[Item], facts: Mapping[str, Any], settings: Settings) -> list[str]:
    del short
    steps = [f"Take {who}{_file(facts, settings)}."]
    if not settings.devices:
        steps.append(
            "Time it on the device itself before you order: these times are this machine's, and --devices measures on others."
        )
    if settings.rate is None:
        steps.append("If calls come in bursts, set a budget for late answers too (--rate, in calls per second).")
    return steps


def _of_no(who: str, short: Sequence[Item], facts: Mapping[str, Any], settings: Settings) -> list[str]:
    steps = []
    options = [wider(item, facts["factor"]) for item in short]
    if all(options):
        steps.append(f"If the use allows it, widen the budget to what {who} needs: {' '.join(options)}.")
    if any(item.name in EQUALITY for item in short):
        steps.append(
            f"Do not ship the file of {who}: it does not answer as its original does. Take another model (--models)."
        )
    if any(item.name == GAIN for item in short):
        steps.append("Look for columns that say more about the target: no candidate predicts better than a constant.")
    if settings.model is None and "distilled" not in settings.models:
        steps.append("Let the lab try a small network that larger models teach: add distilled to --models.")
    return steps or ["Try a model of another kind: none of the candidates fits."]


def _of_open(who: str, short: Sequence[Item], facts: Mapping[str, Any], settings: Settings) -> list[str]:
    steps = []
    if any(item.busy for item in short):
        steps.append("Close other programs, and repeat the same command: only they keep the answer open.")
    steps += [
        step for item in short if not item.busy and (step := _to_close(item, facts, settings)) not in ("", *steps)
    ]
    return [*steps[: _MOST_STEPS - 1], f"Until then, the first choice is {who}{_file(facts, settings)}."]


def _to_close(item: Item, facts: Mapping[str, Any], settings: Settings) -> str:
    """Say what closes an open item: more timings, more load, or more rows."""
    if item.size is not None:
        name = facts["name"]
        own = {key: facts[key].get(name) for key in ("curve_fault", "curve_settles")}
        if own["curve_fault"] is not None:
            return f"What may tell more: {longer_curves(facts)}."
        return to_settle({**facts, **own}, max_rows=settings.max_rows)
    times = times_the_work(item)
    if times is None:
        return (
            f"Set another budget for {name_of(item)}, above or below what was measured: the model lies exactly on this one, and "
            "measuring more would not tell whether it keeps it."
        )
    if item.name == LATENCY:
        return f"Time it for longer: --rounds {min(times * settings.rounds, 1_000)} should settle its latency."
    if item.name == LATE:
        return f"Load it for longer: --load-seconds {min(times * settings.load_seconds, 600):g} should settle the late answers."
    rows = two_figures_up(times * min(facts["rows_in_table"], settings.max_rows))
    return to_settle({"rows_to_settle": rows, "rows_in_table": facts["rows_in_table"]}, max_rows=settings.max_rows)


def _file(facts: Mapping[str, Any], settings: Settings) -> str:
    """Say where the model lies."""
    left = facts.get("model_file")
    if left is not None:
        return f": {left['file']} in the run's folder, learned from {count(left['rows'], 'row')}"
    return ", the file that you gave" if settings.model else ""
