"""What may a user set in the quantum laboratory?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from lab.settings import ComparisonSettings, option

__all__ = ["DEVICES", "Rates", "Settings"]

DEVICES = ("sherbrooke", "torino", "fez", "kyiv", "brisbane", "marrakesh")
"""Devices of over 100 qubits on a heavy-hex lattice whose models `qiskit-ibm-runtime` ships (127, 133 or 156 qubits)."""


class Rates(TypedDict):
    """Device seconds for a job and for an execution, and dollars for a device second."""

    overhead_s: float
    execution_s: float
    rate: float


@dataclass(frozen=True)
class Settings(ComparisonSettings):
    """What a user may set; the defaults of the prices are third-party figures and can be replaced."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "folds": 3,
            "repeats": 1,
            "candidates": 2,
            "steps": 60,
            "max_rows": 500,
            "sweep": 0,
            "largest": 8,
            "hardware_rows": 50,
        },
        "thorough": {"repeats": 5, "candidates": 10, "steps": 300, "max_rows": 2_000},
    }

    qubits: int = option(4, "qubits of the circuits, at most", minimum=1, maximum=12)
    steps: int = option(150, "training steps", minimum=10, maximum=5_000)
    margin: float = option(
        0.01, "an advantage up to this much of the metric does not count (0.01 is 1 point)", minimum=0, maximum=1
    )
    max_rows: int = option(1_000, "rows used at most (a stratified sample)", minimum=50, maximum=100_000)
    sweep: int = option(
        3, "folds of the scores against qubits and depth; 0 leaves them out, else at least 2", minimum=0, maximum=20
    )
    largest: int = option(
        14,
        "qubits of the largest circuit whose gradients are studied; 0 leaves it out, else at least 6",
        minimum=0,
        maximum=16,
    )
    devices: tuple[str, ...] = option(
        ("sherbrooke", "torino", "fez"), "device models to transpile for", choices=DEVICES
    )
    shots: int = option(1_024, "executions of a circuit for one expectation", minimum=1, maximum=1_000_000)
    hardware_rows: int = option(
        100, "test rows predicted under each device's noise; 0 leaves the noise out", minimum=0, maximum=10_000
    )
    backend: str = option("", "run these rows on this machine too (or on a model of one: fake_torino)")
    spend: float = option(0.0, "dollars that --backend may cost; nothing is sent that would cost more", minimum=0)
    execution_s: float = option(
        0.00035, "device seconds for one execution (IBM Quantum documentation, read 2026)", above=0
    )
    overhead_s: float = option(2.0, "device seconds for one job (IBM Quantum documentation, read 2026)", minimum=0)
    rate: float = option(
        1.60, "dollars for one device second (third-party transcription of IBM's price, May 2026)", minimum=0
    )

    @property
    def rates(self) -> Rates:
        """What a device's time is priced by."""
        return {"overhead_s": self.overhead_s, "execution_s": self.execution_s, "rate": self.rate}
