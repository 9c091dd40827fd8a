"""What do gradients and states say about larger circuits? The decay of the gradient, drawn, and two measures of states."""

from lab import stats
from lab.protocol import Estimate, Figure, Table
from lab.report import charts
from quantum.scale.trainability import fit_decay
from quantum.scale.trials import DEPTHS, ScaleRow

__all__ = ["decay_figure", "decay_of", "measures_table"]


def decay_of(row: ScaleRow) -> Estimate:
    """Halvings of the gradient's variance for each qubit added, at the largest depth."""
    deepest = [(n, variance) for layers, n, variance, _ in row.variances if layers == max(DEPTHS)]
    found = fit_decay(*zip(*deepest, strict=True))
    return Estimate(found.halvings, found.low, found.high, "halvings per qubit")


def decay_figure(row: ScaleRow) -> Figure:
    """Draw the variance against qubits on a logarithmic axis, a curve for each depth."""
    curves = {
        f"{depth} layers": [(float(n), variance) for layers, n, variance, _ in row.variances if layers == depth]
        for depth in DEPTHS
    }
    decay = decay_of(row)
    caption = (
        f"Variance of the gradient over random initialisations. At {max(DEPTHS)} layers it is halved {decay.value:.2f} times per "
        f"added qubit (95 % interval {decay.low:.2f} to {decay.high:.2f}): a straight fall on this logarithmic axis is a barren "
        "plateau, on which a large circuit of this kind could not be trained."
    )
    spec = charts.lines(curves, x="qubits", y="variance of the gradient", log_y=True, points=True, whole_x=True)
    return Figure("Could it train at scale?", caption, spec)


def measures_table(row: ScaleRow) -> Table:
    """List expressibility and entangling capability."""
    mean, error = row.entangling
    caption = (
        "Over random angles. Expressibility: divergence of the states' fidelities from those of Haar-random states (0: as random; "
        "sampling alone gives about 0.02). Entangling capability: Meyer-Wallach measure (0: none, 1: the maximum)."
    )
    rows = (
        ("expressibility (nats)", row.expressibility, ""),
        ("entangling capability", mean, f"+- {stats.NORMAL_95 * error:.3f}"),
    )
    title = f"The chosen circuit ({row.qubits} qubits, {row.layers} layers)"
    return Table(title, caption, ("measure", "value", "95 % interval"), rows)
