"""What does work on a device cost? Executions counted, then seconds and money from a rate."""

from dataclasses import dataclass

__all__ = ["Price", "executions_of_a_kernel", "executions_to_train", "executions_to_train_spsa"]


@dataclass(frozen=True)
class Price:
    """Device time and money.

    Attributes
    ----------
    seconds : float
        Time on the device: `overhead_s` for every job, and `execution_s` for every shot of every circuit.
    dollars : float
        Seconds at the rate.
    """

    seconds: float
    dollars: float

    @classmethod
    def of(cls, executions: int, *, jobs: int, overhead_s: float, execution_s: float, rate: float) -> "Price":
        """Price a number of executions (circuits times shots) in a number of jobs.

        >>> Price.of(1000 * 1024, jobs=1, overhead_s=2, execution_s=0.00035, rate=1.6)
        Price(seconds=360.4, dollars=576.64)
        """
        seconds = overhead_s * jobs + execution_s * executions
        return cls(round(seconds, 6), round(seconds * rate, 6))


def executions_to_train(n_trained: int, *, rows: int, steps: int, shots: int) -> int:
    """Executions that training by the parameter-shift rule takes: two circuits for each trained angle and one for the loss.

    Each step runs all `rows`; a factor on an encoded feature counts as an angle (Mitarai, Negoro, Kitagawa and Fujii
    2018, Physical Review A 98, 032309; Schuld, Bergholm, Gogolin, Izaac and Killoran 2019, Physical Review A 99, 032331).
    """
    return (2 * n_trained + 1) * rows * steps * shots


def executions_to_train_spsa(*, rows: int, steps: int, shots: int) -> int:
    """Executions that training by SPSA takes: two evaluations of the loss at each step, however many angles there are.

    Simultaneous perturbation stochastic approximation (Spall 1992, IEEE Transactions on Automatic Control 37, 332-341).
    """
    return 2 * rows * steps * shots


def executions_of_a_kernel(*, rows: int, shots: int, predictions: int = 0) -> int:
    """Executions for all overlaps of a quantum kernel: of every pair of training rows, or of each new row with every one of them.

    Predictions take so many at most: only rows that the classifier kept count (Havlicek, Corcoles, Temme, Harrow, Kandala, Chow
    and Gambetta 2019, Nature 567, 209-212).

    >>> executions_of_a_kernel(rows=4, shots=10), executions_of_a_kernel(rows=4, shots=10, predictions=3)
    (60, 120)
    """
    return (predictions * rows if predictions else rows * (rows - 1) // 2) * shots
