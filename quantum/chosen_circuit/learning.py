"""How did the circuit learn, and what did it learn? Its boundary step by step, and the formula that it became."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.pipeline import make_pipeline

from lab.learning.preparation import dense_columns
from lab.numbers import bound
from lab.protocol import Dataset, Figure, Frame, Key, Rows, Table
from lab.report import charts
from quantum.chosen_circuit.formula import MAX_TERMS, formula_of
from quantum.chosen_circuit.trials import CIRCUIT
from quantum.circuit import Circuit
from quantum.models.families import FIRST_CIRCUIT
from quantum.models.inputs import ToQubits
from quantum.simulator.calls import Head, expectations
from quantum.simulator.training import Training, train

__all__ = ["LEARNING", "LearningRow", "WrittenFormula", "boundary_figure", "formula_table", "watch_learning"]

_GRID = 24
_LEVELS = 8
_SHARES = (0.0, 0.03, 0.1, 0.25, 0.5, 1.0)
_CHECKED = 200
_SHOWN_TERMS = 12


@dataclass(frozen=True)
class WrittenFormula:
    """The formula that a circuit became.

    Attributes
    ----------
    terms : int
        Its products of waves.
    distance : float
        How far it lies from the circuit on random points, at most.
    largest : tuple of (coefficient, words)
        Its largest terms.
    """

    terms: int
    distance: float
    largest: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class LearningRow:
    """What the circuit said as it learned.

    Attributes
    ----------
    steps : tuple of int
        Steps done, one for each frame.
    chances : numpy.ndarray of shape (n_frames, grid, grid), float32
        Over the first two inputs, the others at their medians: the probability of the second class, or for more classes
        the code of the most probable one.
    accuracy : tuple of float
        Of each frame on the training rows, in [0, 1].
    formula : WrittenFormula or None
        None where it would have more than `MAX_TERMS` terms.
    """

    steps: tuple[int, ...]
    chances: np.ndarray
    accuracy: tuple[float, ...]
    formula: WrittenFormula | None


LEARNING = Key("learning", LearningRow)


def watch_learning(dataset: Dataset, *, seed: int, steps: int, inputs: Rows) -> LearningRow:
    """Train the circuit of the trial "circuit" once more on all rows, and keep what it says on a grid as it learns."""
    examined = CIRCUIT.needed(inputs)
    circuit, chosen = examined.circuit, {**FIRST_CIRCUIT, **examined.parameters}
    inputs_of = ToQubits(circuit.n_qubits, input_map=chosen["input_map"], reduction=chosen["reduction"])
    rows = make_pipeline(dense_columns(scale=True), inputs_of).fit_transform(dataset.features, dataset.target)
    kept = sorted({round(share * steps) for share in _SHARES})
    width = chosen["start_width"]
    starts = np.random.default_rng(seed).uniform(-width, width, (1, *circuit.angles_shape))
    settings = Training(n_steps=steps, learning_rate=chosen["learning_rate"], train_scalings=True, n_threads=1)
    found = train(circuit, rows, dataset.target, settings, angles=starts, keep_steps=kept)
    grid = _grid(rows, circuit.n_qubits)
    frames, accuracy = [], []
    for _, angles, scalings, head in found.snapshots:
        parameters = (angles[0], scalings[0], Head(np.asarray(head.gain)[0], np.asarray(head.biases)[0]))
        frames.append(_surface(circuit, parameters, grid))
        right = _chances(circuit, parameters, rows).argmax(axis=1) == dataset.target
        accuracy.append(float(right.mean()))
    return LearningRow(
        steps=tuple(step for step, *_ in found.snapshots),
        chances=np.stack(frames).astype(np.float32),
        accuracy=tuple(accuracy),
        formula=_formula(circuit, found.angles[0], found.scalings[0], seed),
    )


def _formula(circuit: Circuit, angles: NDArray, scalings: NDArray, seed: int) -> WrittenFormula | None:
    try:
        formula = formula_of(circuit, angles, scalings)
    except ValueError:
        return None
    points = np.random.default_rng(seed).uniform(-np.pi / 2, np.pi / 2, (_CHECKED, circuit.n_qubits))
    truth = expectations(circuit, angles, scalings, points, precision="float64", n_threads=1)[:, 0]
    distance = float(np.abs(formula.values(points) - truth).max())
    return WrittenFormula(formula.n_terms, distance, tuple(formula.largest(_SHOWN_TERMS)))


def _grid(rows: NDArray, n_qubits: int) -> NDArray[np.float64]:
    """Points over the first two inputs, the others at their medians: shape (grid * grid, n_qubits)."""
    centres = (np.arange(_GRID) + 0.5) / _GRID * np.pi - np.pi / 2
    points = np.tile(np.median(rows, axis=0), (_GRID * _GRID, 1))
    points[:, 0] = np.tile(centres, _GRID)
    if n_qubits > 1:
        points[:, 1] = np.repeat(centres, _GRID)
    return points


def _chances(circuit: Circuit, parameters: tuple[NDArray, NDArray, Head], rows: NDArray) -> NDArray[np.float64]:
    angles, scalings, head = parameters
    values = expectations(circuit, angles, scalings, rows, n_threads=1)
    logits = np.asarray(head.gain) * np.asarray(values, dtype=np.float64) + np.asarray(head.biases)
    if logits.shape[1] == 1:
        logits = np.hstack([np.zeros_like(logits), logits])
    return np.asarray(softmax(logits, axis=1))


def _surface(circuit: Circuit, parameters: tuple[NDArray, NDArray, Head], grid: NDArray) -> NDArray[np.float64]:
    chances = _chances(circuit, parameters, grid)
    if chances.shape[1] == 2:
        return chances[:, 1].reshape(_GRID, _GRID)
    return chances.argmax(axis=1).reshape(_GRID, _GRID).astype(float)


def boundary_figure(row: LearningRow, classes: tuple[str, ...]) -> Figure:
    """Show what the circuit says over its first two inputs, with one frame for each kept step."""
    frames = []
    for step, surface, accuracy in zip(row.steps, row.chances, row.accuracy, strict=True):
        label = f"after {step} steps: {100 * accuracy:.0f} % training accuracy"
        frames.append(Frame(label, _surface_spec(surface, classes)))
    what = f"the probability of {classes[1]!r}" if len(classes) == 2 else "the class"
    caption = (
        f"Colour shows {what} that the circuit predicts over its first two inputs, with the other inputs at their medians. Move "
        "the slider to see it learn, starting from random angles."
    )
    return Figure("The decision boundary as it learns", caption, frames[-1].spec, tuple(frames))


def _surface_spec(surface: NDArray, classes: tuple[str, ...]) -> dict[str, Any]:
    """Rectangles of equal colour, as large as they go: few enough to keep the report light."""
    two = len(classes) == 2
    levels = np.round(surface * _LEVELS) / _LEVELS if two else surface
    values = [
        {
            "x": _edge(left), "x2": _edge(right), "y": _edge(low), "y2": _edge(high),
            "value": round(level, 3) if two else classes[int(level)],
        }
        for left, right, low, high, level in _rectangles(levels)
    ]  # fmt: skip
    # from the first class's purple through white to the second one's blue, as in the maps of a readable model
    between: dict[str, Any] = {"range": [charts.COLOURS[2], "#ffffff", charts.COLOURS[0]], "interpolate": "rgb"}
    each: dict[str, Any] = {"domain": list(classes), "range": charts.class_colours(len(classes))}
    scale = {"domain": [0, 0.5, 1], **between} if two else each
    axis = {
        "type": "quantitative",
        "scale": {"domain": [_edge(0), _edge(_GRID)], "nice": False},
        "axis": {"grid": False},
    }
    return {
        "data": {"values": values},
        "width": 420,
        "height": 420,
        "mark": {"type": "rect", "aria": False},
        "encoding": {
            "x": {"field": "x", "title": "first input (radians)"} | axis,
            "x2": {"field": "x2"},
            "y": {"field": "y", "title": "second input (radians)"} | axis,
            "y2": {"field": "y2"},
            "color": {
                "field": "value",
                "type": "quantitative" if two else "nominal",
                "title": f"P({classes[1]})" if two else None,
                "scale": scale,
            },
        },
    }


def _rectangles(levels: NDArray) -> list[tuple[int, int, int, int, float]]:
    """Cover a grid by rectangles (left, right, low, high, level): each as wide, then as high, as its level reaches.

    >>> _rectangles(np.array([[1.0, 1.0, 2.0], [1.0, 1.0, 2.0]]))
    [(0, 2, 0, 2, 1.0), (2, 3, 0, 2, 2.0)]
    """
    height, width = levels.shape
    taken = np.zeros(levels.shape, dtype=bool)
    found = []
    for low in range(height):
        for left in range(width):
            if taken[low, left]:
                continue
            level = levels[low, left]
            right = left + 1
            while right < width and levels[low, right] == level and not taken[low, right]:
                right += 1
            high = low + 1
            while high < height and (levels[high, left:right] == level).all() and not taken[high, left:right].any():
                high += 1
            taken[low:high, left:right] = True
            found.append((left, right, low, high, float(level)))
    return found


def _edge(place: int) -> float:
    return round(place / _GRID * np.pi - np.pi / 2, 4)


def formula_table(row: LearningRow) -> Table | None:
    """List the largest terms of the formula; None where the circuit has too many, or the formula is not exact."""
    formula = row.formula
    if formula is None or formula.distance > 1e-6:
        return None
    caption = (
        f"The trained circuit's first expectation value is exactly this sum of {formula.terms:,} products of sines and cosines (up to "
        f"{MAX_TERMS:,} are computed): it differs by {bound(formula.distance)} from the simulated circuit at {_CHECKED} random "
        f"points, and a classical computer can evaluate it. The {_SHOWN_TERMS} largest terms; x1 is the first input in radians."
    )
    return Table("This circuit is this formula", caption, ("coefficient", "term"), formula.largest)
