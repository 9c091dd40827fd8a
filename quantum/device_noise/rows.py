"""What is kept of a device's predictions? The rows of the trials that run test rows on a device, and their keys."""

from dataclasses import dataclass

import numpy as np

from lab.protocol import Key

__all__ = ["ON_BACKEND", "ON_MODEL", "DeviceRow", "Predictions", "Run"]


@dataclass(frozen=True)
class Run:
    """Probabilities of the classes by one way of running and reading, shape (n_rows, n_classes).

    Attributes
    ----------
    after : numpy.ndarray
        With shot noise.
    exact : numpy.ndarray or None
        Without it; None where a machine was asked, which knows only shots.
    shots_needed : int or None
        With which few labels flip by shot noise; None where it is not known, or there are no such shots.
    flips : tuple of float
        Share of labels that shot noise changes, for each of the shots shown; empty where it is not known.
    """

    after: np.ndarray
    exact: np.ndarray | None = None
    shots_needed: int | None = None
    flips: tuple[float, ...] = ()


@dataclass(frozen=True)
class Predictions:
    """The same test rows without and with a device.

    Attributes
    ----------
    before : numpy.ndarray of shape (n_rows, n_classes)
        Probabilities of the classes without noise or shots.
    read, mitigated : Run
        As read, and with the readout errors undone.
    ideal : Run or None
        Without errors: shot noise only; None where a machine was asked.
    """

    before: np.ndarray
    read: Run
    mitigated: Run
    ideal: Run | None = None


@dataclass(frozen=True)
class DeviceRow:
    """What a device model, or a machine behind the client, made of the test rows.

    Attributes
    ----------
    device : str
    readout_error : float
        Mean over the qubits of the circuit, in [0, 1].
    target : numpy.ndarray of shape (n_rows,)
        Codes of the true classes.
    runs : Predictions or None
        None where the circuit touches too many qubits to simulate.
    places : tuple of int
        The device's qubit for each of ours; empty where a machine was asked.
    simulated_qubits : int or None
        Qubits that the circuit touches on the device; None where a machine was asked.
    job : str
        The client's name of the job; empty for a device model.
    seconds : float or None
        Device seconds charged, where the client says so.
    """

    device: str
    readout_error: float
    target: np.ndarray
    runs: Predictions | None
    places: tuple[int, ...] = ()
    simulated_qubits: int | None = None
    job: str = ""
    seconds: float | None = None


ON_MODEL = Key("hardware", DeviceRow)
ON_BACKEND = Key("backend", DeviceRow)
