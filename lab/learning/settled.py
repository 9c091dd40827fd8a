"""Is the question settled already? The run looks after each whole repetition of the folds, and ends once its answer is firm.

Looking often finds something by chance, unless each look is stricter. Of R repetitions at most, the interval after any of
them has confidence 1 - a / R, with a = 5 %. Let I(r) be that after r repetitions, and T the look at which the run stopped, by
whatever rule. If for each fixed r the truth lies outside of I(r) with a probability of at most a / R, then

    P(truth outside of I(T)) <= P(truth outside of I(r) for some r <= R) <= a,

the sum of the R probabilities (Boole's inequality). It asks for nothing but that each interval holds what it promises:
neither that looks are independent, nor normal, nor that repetitions are alike. It is the spending of an error of a in equal
parts (Lan and DeMets 1983, Biometrika 70, 659-663) without their gain from the dependence of looks. Looks share the rows, so
that it is stricter than it must be. A firm answer that contradicts the truth needs an interval without the truth, so it comes
in at most a of the runs. What further has to hold for a firm answer (`Rule.above`) makes it rarer still.

A confidence sequence over the repetitions (Waudby-Smith and Ramdas 2024), or an e-process over them, would not do: given the
table, repetitions gather around the answer *of this table*. More of them take out the noise of folds and seeds, never that of
the rows; what the rows leave open stays open, and is said to be undecided after the last repetition.

How often answers are wrong, and what is spared: `tests/benchmarks/until_settled.py`.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.decisions import side_of_margin
from lab.errors import SettingsError
from lab.learning.comparison import Comparison, Group, compare
from lab.learning.families import CONSTANT, Family
from lab.learning.outer import fold_key
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Key, Rows, Trial
from lab.settings import SettledSettings

__all__ = ["LOOK", "Look", "Looks", "Rule", "is_firm", "look"]

_ERROR = 0.05


@dataclass(frozen=True)
class Look:
    """What was seen after so many `repeats`: whether the answer is firm at this confidence, so that no more are needed."""

    repeats: int
    confidence: float
    is_settled: bool


LOOK = Key("look", Look)


@dataclass(frozen=True)
class Rule:
    """When is an answer firm? Where the whole interval of a difference lies on one side of a margin.

    Attributes
    ----------
    first, second : str
        Names of the sides; the difference is the first minus the second.
    margin : float
        As shown (points, say).
    above, below : str
        The side that must be shown to be better than a constant prediction too, where the difference lies above the margin, or
        below it; empty where none must.
    """

    first: str
    second: str
    margin: float
    above: str = ""
    below: str = ""


@dataclass(frozen=True)
class Looks:
    """At what confidence is a run of so many repetitions judged, and how many of them were used?

    Attributes
    ----------
    repeats : int
        Repetitions at most.
    is_asked : bool
        Whether the run ends once it is settled; else all repetitions are used, and the confidence is the usual one.
    """

    repeats: int
    is_asked: bool

    @classmethod
    def of(cls, settings: SettledSettings) -> "Looks":
        """Read them off the settings."""
        return cls(settings.repeats, settings.until_settled)

    @property
    def confidence(self) -> float:
        """Of the interval that decides, after any of the repetitions.

        >>> Looks(5, is_asked=True).confidence, Looks(5, is_asked=False).confidence
        (0.99, 0.95)
        """
        return 1 - _ERROR / (self.repeats if self.is_asked else 1)

    @property
    def keys(self) -> tuple[Key[Look], ...]:
        """The looks, after each repetition but the last, whose result is that of the run."""
        return tuple(LOOK.of(repeat) for repeat in range(1, self.repeats)) if self.is_asked else ()

    def used(self, rows: Rows) -> int:
        """Count the repetitions up to the first look that settled it; all where none did."""
        seen = [row for key in self.keys if (row := key.found(rows)) is not None]
        return next((row.repeats for row in seen if row.is_settled), self.repeats)

    def facts(self, rows: Rows) -> dict[str, int]:
        """Say how many repetitions were used, of how many; nothing where all of them are whatever is found."""
        return {"repeats_used": self.used(rows), "repeats_most": self.repeats} if self.is_asked else {}

    def gated(self, trials: Sequence[Trial[Any]]) -> list[Trial[Any]]:
        """Let trials of the folds wait for the look before their repetition; the first one waits for none."""
        if not self.is_asked:
            return [*trials]
        return [_after(trial, trial.arguments["fold"].repeat) for trial in trials]

    def planned(
        self,
        trials: Sequence[Trial[Any]],
        groups: Sequence[Group],
        rule: Rule,
        *,
        folds: int,
        metric: Metric,
        size: int | None,
    ) -> list[Trial[Any]]:
        """Put a look after each repetition of the trials of the folds, and let the next one wait for it, where it is asked for.

        Parameters
        ----------
        trials : sequence of Trial
            All that the looks need, and possibly more: each has an argument "fold".
        groups : sequence of Group
            Both sides; and one with the constant prediction where it is of neither.
        size : int or None
            The number of rows that the verdict is about, where that is not those that are used.

        Raises
        ------
        SettingsError
            If repetitions can settle nothing: there is one, or the verdict is about another number of rows.
        """
        if not self.is_asked:
            return [*trials]
        _require_looks(self.repeats, size)
        looks = [self._look(repeats, groups, rule, folds, metric) for repeats in range(1, self.repeats)]
        waiting = self.gated(trials)
        return [
            trial
            for repeat in range(self.repeats)
            for trial in (
                *(each for each in waiting if each.arguments["fold"].repeat == repeat),
                *looks[repeat : repeat + 1],
            )
        ]

    def _look(self, repeats: int, groups: Sequence[Group], rule: Rule, folds: int, metric: Metric) -> Trial[Look]:
        needs = [fold_key(member, index) for index in range(folds * repeats) for member in _different(groups)]
        arguments = {
            "groups": tuple(groups),
            "rule": rule,
            "folds": folds,
            "repeats": repeats,
            "metric": metric,
            "confidence": self.confidence,
        }
        return _after(LOOK.of(repeats).trial(look, arguments, needs=needs, cost=0.1), repeats - 1)


def _require_looks(repeats: int, size: int | None) -> None:
    """Raise SettingsError where the repetitions of a run that is to end once it is settled can settle nothing."""
    if repeats == 1:
        raise SettingsError(
            "--until-settled looks after each repetition of the folds, and there is only one; use --repeats 2 or more, or leave it out"
        )
    if size is not None:
        raise SettingsError(
            f"--until-settled looks at the folds, and the verdict is about {size:,} rows, to which learning curves lead; leave it "
            "out, or ask about the rows that are used alone (--curve-rows 0)"
        )


def look(
    dataset: Dataset,
    *,
    seed: int,
    groups: Sequence[Group],
    rule: Rule,
    folds: int,
    repeats: int,
    metric: Metric,
    confidence: float,
    inputs: Rows,
) -> Look:
    """Look at the rows of the first repetitions: a trial's function."""
    del seed  # nothing is drawn
    found = compare(dataset, groups, inputs, folds=folds, repeats=repeats, metric=metric)
    return Look(repeats, confidence, is_firm(found, rule, confidence=confidence))


def is_firm(found: Comparison, rule: Rule, *, confidence: float) -> bool:
    """Whether a comparison gives a firm answer at this confidence."""
    difference = found.difference(found.best[rule.first], found.best[rule.second], confidence=confidence)
    side = side_of_margin(difference, rule.margin)
    if side == "undecided":
        return False
    better, nothing = {"above": rule.above, "below": rule.below}[side], found.families.get(CONSTANT.name)
    if not better or nothing is None:
        return True
    return found.difference(found.best[better], nothing, confidence=confidence).low > 0


def _after(trial: Trial[Any], looks: int) -> Trial[Any]:
    """Let a trial wait for the look after so many repetitions; for none after nothing."""
    return dataclasses.replace(trial, unless=LOOK.of(looks).name) if looks else trial


def _different(groups: Sequence[Group]) -> "list[Family | Any]":
    """List the members of groups; one that several groups share once."""
    return list({member.name: member for group in groups for member in group.members}.values())
