"""What may a user set in the quantum laboratory?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict

from lab.settings import CHECKPOINT, CURVE_ROWS, SettledSettings, option

__all__ = ["DEVICES", "RATE_SOURCE", "Rates", "Settings"]

DEVICES = ("sherbrooke", "torino", "fez", "kyiv", "brisbane", "marrakesh")
"""Devices of over 100 qubits on a heavy-hex lattice whose models `qiskit-ibm-runtime` ships (127, 133 or 156 qubits)."""
RATE_SOURCE = "IBM's list price of May 2026, as a third party copied it"
"""Whose price the default of `rate` is, and of when."""


class Rates(TypedDict):
    """Device seconds for a job and for an execution, and dollars for a device second."""

    overhead_s: float
    execution_s: float
    rate: float


@dataclass(frozen=True)
class Settings(SettledSettings):
    """What a user may set; the defaults of the prices are third-party figures and can be replaced."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "folds": 3,
            "repeats": 1,
            "candidates": 2,
            "steps": 60,
            "max_rows": 500,
            "curve_rows": 800,
            "sweep": 0,
            "largest": 8,
            "hardware_rows": 50,
        },
        "thorough": {"repeats": 5, "candidates": 10, "steps": 300, "max_rows": 2_000, "curve_rows": 4_000},
    }

    qubits: int = option(
        0,
        "most qubits in a circuit; 0: as many as the table has inputs, up to 10 (12 for a kernel)",
        minimum=0,
        maximum=12,
    )
    steps: int = option(150, "training steps", minimum=10, maximum=5_000)
    margin: float = option(
        0.01, "an advantage in the metric counts only above this (0.01 is 1 point)", minimum=0, maximum=1
    )
    checkpoint: str | None = option(None, CHECKPOINT)
    max_rows: int = option(1_000, "most rows to use (a stratified sample is drawn)", minimum=50, maximum=100_000)
    curve_rows: int = option(1_600, CURVE_ROWS, minimum=0, maximum=100_000)
    sweep: int = option(
        3, "folds for the scores by qubits and depth; 0 skips them, otherwise at least 2", minimum=0, maximum=20
    )
    largest: int = option(
        14,
        "qubits of the largest circuit whose gradients are studied; 0 skips this, otherwise at least 6",
        minimum=0,
        maximum=16,
    )
    devices: tuple[str, ...] = option(
        ("sherbrooke", "torino", "fez"), "quantum device models to transpile for", choices=DEVICES
    )
    shots: int = option(1_024, "executions of a circuit per expectation value", minimum=1, maximum=1_000_000)
    hardware_rows: int = option(
        100, "test rows to predict under each device's noise; 0 skips the noise", minimum=0, maximum=10_000
    )
    backend: str = option("", "quantum computer on which to run these rows as well (or a model of one: fake_torino)")
    spend: float = option(0.0, "most dollars that --backend may cost; nothing is sent that would cost more", minimum=0)
    execution_s: float = option(0.00035, "device seconds per execution (IBM Quantum documentation, read 2026)", above=0)
    overhead_s: float = option(2.0, "device seconds per job (IBM Quantum documentation, read 2026)", minimum=0)
    rate: float = option(
        1.60, "dollars per device second (third-party transcription of IBM's price, May 2026)", minimum=0
    )

    @property
    def rates(self) -> Rates:
        """What a device's time is priced by."""
        return {"overhead_s": self.overhead_s, "execution_s": self.execution_s, "rate": self.rate}
