"""Is the truth found about load and streams? Stalls put into a model's calls, and streams with a drift of known place."""

import time
from collections.abc import Callable

import numpy as np

from edge.controls.candidate import CANDIDATE, answer_with, made_table
from edge.load.arrivals import periodic
from edge.load.open_loop import Load, back_to_back, offer
from edge.load.sweep import summarised
from edge.load.trials import LOAD, LoadRow
from edge.settings import Settings
from edge.stream.evidence import DETECTED_AT
from edge.stream.trials import STREAM
from edge.timing.latency import Clock, on_one_core
from edge.timing.machine import Meter, read_waits
from edge.watch.signals import CALIBRATION, ERRORS
from lab.protocol import Answer, Control, Evidence, Lab
from lab.work.resume import run_plan_here

__all__ = ["OPERATION_CONTROLS", "drift_answer", "load_answer", "stalling", "under_stalls"]

_CALLS = 2_000
_RATE = 1_000.0
_DEADLINE_MS = 50.0
_ALLOWED = 0.01
_STALL_EVERY = 500
_STALL_NS = 250_000_000
_WORK_NS = 20_000


def stalling(*, stall_ns: int, clock: Clock, sleep: Callable[[float], None]) -> Callable[[int], None]:
    """Make a model that works for 20 us, but stops for `stall_ns` in every 500th call."""

    def call(row: int) -> None:
        if stall_ns and row == _STALL_EVERY // 2:
            sleep(stall_ns * 1e-9)
        end = clock() + _WORK_NS
        while clock() < end:
            pass

    return call


def under_stalls(
    *,
    stall_ns: int,
    clock: Clock = time.perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
    meter: Meter = read_waits,
) -> Load:
    """Call such a model 1,000 times a second in an open loop; the deadline is 50 ms."""
    call = stalling(stall_ns=stall_ns, clock=clock, sleep=sleep)
    schedule = periodic(_RATE, calls=_CALLS)
    with on_one_core():
        return offer(
            call, schedule, calls=_CALLS, n_rows=_STALL_EVERY, deadline_ns=1e6 * _DEADLINE_MS, clock=clock, sleep=sleep,
            meter=meter,
        )  # fmt: skip


def load_answer(
    lab: Lab,
    *,
    stall_ns: int,
    seed: int,
    clock: Clock = time.perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
    meter: Meter = read_waits,
) -> Answer:
    """Put such a model in the place of the lab's candidate, and ask for at most 1 % late answers at its rate."""

    def loaded() -> LoadRow:
        call = stalling(stall_ns=0, clock=clock, sleep=sleep)
        hot = back_to_back(call, calls=_STALL_EVERY, n_rows=_STALL_EVERY, deadline_ns=1e6 * _DEADLINE_MS, clock=clock)
        service = hot.service.at(0.5) * 1e-9
        offered = under_stalls(stall_ns=stall_ns, clock=clock, sleep=sleep, meter=meter)
        runs = (
            summarised("hot", "back to back", 1 / service, service, hot),
            summarised("rate", "periodic", _RATE, service, offered),
        )
        return LoadRow(1e3 * service, runs)

    budgets = {"p99_ms": _DEADLINE_MS, "rate": _RATE, "deadline_ms": _DEADLINE_MS, "max_misses": _ALLOWED}
    return answer_with(lab, budgets, {LOAD.of(CANDIDATE).name: loaded}, seed=seed)


def stalls(lab: Lab, *, seed: int) -> Answer:
    """One call in 500 stops for 250 ms: 0.2 % of the calls, which make 40 % of all late."""
    return load_answer(lab, stall_ns=_STALL_NS, seed=seed)


def steady(lab: Lab, *, seed: int) -> Answer:
    """No call stops."""
    return load_answer(lab, stall_ns=0, seed=seed)


def drift_answer(
    lab: Lab,
    *,
    seed: int,
    shift: float = 0.0,
    flipped: float = 0.0,
    n_rows: int = 6_000,
    n_columns: int = 10,
    at: int = 4_000,
    table: int = 0,
) -> Answer:
    """Ask the lab about a made stream: yes where nothing is raised, no where the drift is found where it is and in its time.

    From row `at` on a column is shifted, or a share of the labels turns into the other class. The target follows another column, so
    that neither the predictions nor their errors change with the shift. An alarm before it, or on anything else, is an answer
    against the truth: it counts as the opposite. Controls that are to be independent draw different tables for a seed (`table`).
    """
    rng = np.random.default_rng([seed, table])
    values = rng.normal(size=(n_rows, n_columns))
    target = values[:, -1] + rng.normal(size=n_rows) > 0
    values[at:, 0] += shift
    target[at:] ^= rng.random(n_rows - at) < flipped
    raised = _alarms(_watched(lab, values, target, seed))
    if not shift and not flipped:
        return "no" if raised else "yes"
    changed = {"0"} if shift else {ERRORS, CALIBRATION}
    right = [row for name, row in raised if name in changed and row >= at]
    return "no" if right and len(right) == len(raised) else "yes"


def _watched(lab: Lab, table: np.ndarray, target: np.ndarray, seed: int) -> Evidence:
    """Run the lab's own section on the stream; no other part of the report is asked for."""
    dataset = made_table(table, target)
    context = lab.context(dataset, Settings(stream=True, candidates=1, models=(CANDIDATE,)), seed=seed)
    section = next(each for each in lab.sections() if any(trial.key == STREAM.name for trial in each.plan(context)))
    results = run_plan_here(section.plan(context), dataset)
    if results.failures:
        raise RuntimeError(f"the stream of a control could not be replayed: {results.failures[STREAM.name]}")
    return section.evidence(context, results.rows)


def _alarms(found: Evidence) -> list[tuple[str, int]]:
    """Read the table of the stream: what changed, and the row (from 0) at which that was detected."""
    (table,) = found.tables
    name, noticed = table.columns.index("signal"), table.columns.index(DETECTED_AT)
    return [(line[name], line[noticed] - 1) for line in table.rows if line[noticed] is not None]


def same_stream(lab: Lab, *, seed: int) -> Answer:
    """Nothing changes."""
    return drift_answer(lab, seed=seed, shift=0.0)


def drifting_stream(lab: Lab, *, seed: int) -> Answer:
    """One of ten columns moves by half a standard deviation."""
    return drift_answer(lab, seed=seed, shift=0.5, table=1)


def flipped_labels(lab: Lab, *, seed: int) -> Answer:
    """A quarter of the labels turns into the other class."""
    return drift_answer(lab, seed=seed, flipped=0.25, table=2)


OPERATION_CONTROLS = (
    Control(
        "stalls",
        "at 1,000 calls a second, stalls in 0.2 % of them make 40 % late",
        ("yes",),
        stalls,
        exclusive=True,
        right="no",
    ),
    Control(
        "no-stalls",
        "at 1,000 calls a second, each takes 0.02 of 50 ms allowed",
        ("no",),
        steady,
        exclusive=True,
        right="yes",
    ),
    Control("same-stream", "ten columns, none of which changes (yes: no alarm)", ("no",), same_stream, right="yes"),
    Control(
        "drifting-stream",
        "one of ten columns moves by half its deviation (no: found)",
        ("yes",),
        drifting_stream,
        right="no",
    ),
    Control(
        "flipped-labels",
        "a quarter of the labels turns into the other class (no: found)",
        ("yes",),
        flipped_labels,
        right="no",
    ),
)
