"""How long may a trial take? What it says itself, else far longer than others of its kind took."""

from lab.protocol import Trial

__all__ = ["Limits"]

_LEAST_S = 600.0
_UNKNOWN_S = 3_600.0
_TIMES = 20.0


class Limits:
    """Seconds after which a trial is taken to hang.

    A trial's own `limit_s` is taken as it is. Without one the limit is generous, since a slow machine is no fault of a
    trial: the larger of ten minutes and twenty times what the slowest finished trial of its kind took, in proportion to
    their costs (see `lab.work.forecast`); before one has finished, the larger of an hour and twenty times the cost.

    Examples
    --------
    >>> limits = Limits()
    >>> trial = Trial("fit-0", len, kind="fit", cost=2.0)
    >>> limits.of(trial)
    3600.0
    >>> limits.add(trial, seconds=5.0)
    >>> limits.of(trial)
    600.0
    >>> limits.add(trial, seconds=50.0)
    >>> limits.of(trial), limits.of(Trial("fit-1", len, kind="fit", cost=4.0))
    (1000.0, 2000.0)
    >>> limits.of(Trial("fit-2", len, kind="fit", limit_s=1.5))
    1.5
    """

    def __init__(self) -> None:
        self._pace: dict[str, float] = {}

    def add(self, trial: Trial, seconds: float) -> None:
        """Take in a trial that gave a row; one that failed, or hung, says nothing of the others."""
        self._pace[trial.kind] = max(self._pace.get(trial.kind, 0.0), seconds / trial.cost)

    def of(self, trial: Trial) -> float:
        """Seconds that a trial may take, as far as is known now."""
        if trial.limit_s is not None:
            return trial.limit_s
        pace = self._pace.get(trial.kind)
        if pace is None:
            return max(_UNKNOWN_S, _TIMES * trial.cost)
        return max(_LEAST_S, _TIMES * pace * trial.cost)
