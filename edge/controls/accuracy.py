"""On which tables is the truth known? Tables as people have them, and losses of accuracy of a known size.

One candidate is trained, exported and compared with the original as the lab does: logistic regression, which extra trees or a model
of known skill (`lab.learning.known`) set a standard for, or the other way round. Its latency is taken as known, so that no clock
decides.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from edge.accuracy import section as accuracy
from edge.budget import section as budget
from edge.building import section as building
from edge.context import Context
from edge.settings import Settings
from edge.timing.trials import TIME, TimedRow, exported
from lab import flow
from lab.data import made
from lab.data.frames import from_arrays
from lab.learning.families import CONSTANT, EXTRA_TREES, LOGISTIC, Family
from lab.learning.known import accuracy_apart, reading, sparse
from lab.protocol import Answer, Control, Dataset, Evidence, Lab, Rows, Trial

__all__ = ["ACCURACY_CONTROLS"]

_MARGIN, _ROWS, _ACCURACY = 0.05, 3_000, 0.75
"""The loss allowed; and of models whose skill is known, rows and the accuracy of the candidate."""
_SETTINGS = Settings(
    folds=2, repeats=2, candidates=1, rounds=20, models=(LOGISTIC.name,), max_drop=_MARGIN,
    variants=False, batches=False, serving=False, load=False,
)  # fmt: skip
_TIMES_NS = np.full((20, 50), 100_000)


class KnownLatency:
    """Stands for the section that times: every call of the candidate took a tenth of what is allowed."""

    def plan(self, context: Context) -> list[Trial[TimedRow]]:
        """Plan what gives the times."""
        return [TIME.trial(known_times, {"name": family.name}) for family in context.families]

    def evidence(self, context: Context, rows: Rows) -> Evidence:
        """Add nothing: the budgets read the times."""
        del context, rows
        return Evidence()


def known_times(dataset: Dataset, *, seed: int, name: str) -> TimedRow:
    """Give 1,000 calls of 0.1 ms."""
    del dataset, seed
    return TimedRow({exported(name): _TIMES_NS})


def fits(
    lab: Lab,
    *,
    seed: int,
    table: Callable[..., Dataset],
    best: Family | None = None,
    candidate: Family | None = None,
    margin: float = _MARGIN,
) -> Answer:
    """Ask whether the candidate fits every budget, where extra trees or another model (`best`) sets the standard too."""
    dataset, settings = table(seed=seed), dataclasses.replace(_SETTINGS, max_drop=margin)
    context = lab.context(dataset, settings, seed=seed)
    device = (candidate,) if candidate else context.families
    group = dataclasses.replace(context.group, families=(*device, best or _few_trees(), CONSTANT), blends=())
    context = dataclasses.replace(context, group=group, families=device)
    parts: Any = (budget, accuracy, building, KnownLatency())
    return flow.answer_here(lab, dataset, settings, seed=seed, context=context, parts=parts)


def _few_trees() -> Family:
    return dataclasses.replace(EXTRA_TREES, build=few_trees)


def few_trees(features: pd.DataFrame, seed: int) -> Any:
    """Build the lab's extra trees with 30 of them: enough for the truths here."""
    return EXTRA_TREES.build(features, seed).set_params(model__n_estimators=30)


def no_signal(*, seed: int) -> Dataset:
    """Labels that ignore the columns."""
    rng = np.random.default_rng(seed)
    return _dataset(pd.DataFrame(rng.normal(size=(300, 4))).add_prefix("x"), rng.integers(0, 2, 300))


def copied_noise(*, seed: int) -> Dataset:
    """Noise in which every row is there three times."""
    return _dataset(*made.copies(np.random.default_rng(seed), distinct=120))


def customers(*, seed: int) -> Dataset:
    """Visits of customers whom no column names, and about new ones of whom nothing can be said."""
    return _dataset(*made.customers(np.random.default_rng(seed), count=60))


def known_customers(*, seed: int) -> Dataset:
    """The same, and the user has said which rows are of one customer."""
    return _dataset(*made.customers(np.random.default_rng(seed), count=60, named=True), by="customer")


def drifting(*, seed: int) -> Dataset:
    """Columns that drift and classes that come in runs, and the user has said that later rows are to be foretold."""
    return _dataset(*made.drifting(np.random.default_rng(seed)), time="day")


def rare_class(*, seed: int) -> Dataset:
    """One positive row in thirty, of which a logistic model is true."""
    return _dataset(*made.rare_linear(np.random.default_rng(seed), n_rows=900, positives=30))


def very_rare_class(*, seed: int) -> Dataset:
    """One positive row in a hundred, of which nothing can be learned."""
    rng = np.random.default_rng(seed)
    frame, labels = made.rare_linear(rng, n_rows=1_500, positives=15)
    return _dataset(frame, rng.permutation(labels))


def many_classes(*, seed: int) -> Dataset:
    """Eight round normal clouds: a logistic model is true."""
    return _dataset(*made.clouds(np.random.default_rng(seed), n_rows=800))


def with_gaps(*, seed: int) -> Dataset:
    """A product of two columns behind missing cells."""
    return _dataset(*made.crossed_with_gaps(np.random.default_rng(seed)))


def categories(*, seed: int) -> Dataset:
    """Nothing but categories, of which only two together say something."""
    return _dataset(*made.crossed_categories(np.random.default_rng(seed)))


def few_rows(*, seed: int) -> Dataset:
    """60 rows of a logistic model."""
    return _dataset(*made.linear(np.random.default_rng(seed), n_rows=60))


def heavy_tails(*, seed: int) -> Dataset:
    """Columns without a variance in a logistic model."""
    return _dataset(*made.heavy_tails(np.random.default_rng(seed), n_rows=800))


def apart(*, seed: int, times: float) -> Dataset:
    """A column that the candidate can use, and one that only the best model can: it is better by `times` the margin."""
    first, both = accuracy_apart(_ACCURACY), accuracy_apart(_ACCURACY + times * _MARGIN)
    second = float(np.sqrt(both**2 - first**2))
    table = made.hidden_apart(np.random.default_rng(seed), n_rows=_ROWS, first=first, second=second)
    return _dataset(*table, independent=True)


def unstable(*, seed: int) -> Dataset:
    """A logistic model of two columns among ten."""
    return _dataset(*made.linear(np.random.default_rng(seed), n_rows=800, n_noise=8), independent=True)


def _dataset(frame: pd.DataFrame, labels: np.ndarray, **said: Any) -> Dataset:
    return from_arrays("control", frame, labels, **said)


def unhidden(features: pd.DataFrame) -> np.ndarray:
    """See both columns of `apart` as they were drawn: shape (n_rows, 2)."""
    seen = features[["x1", "x2"]].to_numpy().copy()
    seen[:, 1] = np.abs(seen[:, 1]) - 6
    return seen


def _on(
    name: str, truth: str, table: Callable[..., Dataset], wrong: Answer, right: Answer | None = None, **more: Any
) -> Control:
    asked = functools.partial(fits, table=table, **more)
    return Control(name, truth, (wrong,), asked, right=right, table=table)


def _at(name: str, truth: str, times: float, wrong: tuple[Answer, ...], **found: Any) -> Control:
    """Make a control whose candidate loses `times` the margin."""
    table = functools.partial(apart, times=times)
    asked = functools.partial(fits, table=table, best=reading("best", "best", unhidden))
    return Control(name, truth, wrong, asked, table=table, **found)


_REMEMBERS: dict[str, Any] = {"candidate": _few_trees(), "best": LOGISTIC}
"""Of rows that belong together the candidate is one that learns single rows by heart."""
_NOTHING = "no model beats a constant prediction"
ACCURACY_CONTROLS = (
    _on("no-signal", f"there is nothing to learn: {_NOTHING}", no_signal, "yes"),
    _on("copies", f"noise, every row three times: {_NOTHING}", copied_noise, "yes", **_REMEMBERS),
    _on("customers", f"nothing is known of new customers: {_NOTHING}", customers, "yes", **_REMEMBERS),
    _on("known-customers", f"the same, and the user named them: {_NOTHING}", known_customers, "yes", **_REMEMBERS),
    _on("drift", f"nothing is known of later rows, and the user named the time: {_NOTHING}", drifting, "yes", **_REMEMBERS),
    _on("rare-class", "1 positive row in 30, of which the candidate's model is true", rare_class, "no"),
    _on("very-rare-class", f"1 positive row in 100 and nothing to learn: {_NOTHING}", very_rare_class, "yes"),
    _on("many-classes", "eight normal clouds, of which the candidate's model is true", many_classes, "no", "yes"),
    _on("missing-values", "the sign of a product, with gaps: a sum of effects loses a lot", with_gaps, "yes", "no"),
    _on("categories", "two categories count only together: a sum of effects loses a lot", categories, "yes", "no"),
    _on("few-rows", "60 rows, of which the candidate's model is true", few_rows, "no"),
    _on("heavy-tails", "columns without a variance, of which the candidate's model is true", heavy_tails, "no", "yes"),
    _at("level", "the best model knows no more than the candidate", 0.0, ("no",), right="yes"),
    _at("half-margin", "the candidate loses half of what is allowed", 0.5, ("no",), right="yes", least=0.2),
    _at("at-margin", "the candidate loses exactly what is allowed", 1.0, ("yes", "no")),
    _at("over-margin", "the candidate loses 1.5 times what is allowed", 1.5, ("yes",), right="no", least=0.2),
    _at("twice-margin", "the candidate loses twice what is allowed", 2.0, ("yes",), right="no"),
    _on(
        "unstable-pair", "two sparse models whose small difference hangs on single rows: less than is allowed", unstable, "no",
        candidate=sparse("sparser", "sparser", 0.1), best=sparse("denser", "denser", 0.15), margin=0.02,
    ),
)  # fmt: skip
