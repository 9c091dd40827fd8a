"""What do the predictions on devices show? The change of the score, and the shots that it takes."""

from collections.abc import Sequence

from lab.learning.scoring import Metric
from lab.protocol import Estimate, Evidence, Figure, Table
from lab.report import charts
from lab.wording import count
from quantum.device_noise.rows import DeviceRow, Predictions, Run
from quantum.device_noise.score_drop import score_change, score_difference
from quantum.device_noise.trials import SHOTS_SHOWN
from quantum.hardware.shots import FLIPPED

__all__ = ["device_evidence"]

_WAYS = {"read": "raw", "mitigated": "readout errors mitigated"}
"""Ways of reading: their names in the estimates, and the words for a reader."""


def device_evidence(done: Sequence[DeviceRow], metric: Metric, shots: int) -> Evidence:
    """Turn what the devices predicted into estimates (``change_DEVICE_read`` and so on), pictures and tables."""
    ran = [(row, row.runs) for row in done if row.runs is not None]
    if not ran:
        return Evidence({}, {}, (), (), _caveats(done))
    estimates: dict[str, Estimate] = {}
    drawn: list[tuple[str, str, Estimate]] = []
    lines: list[tuple[object, ...]] = []
    simulated = [(row, runs, runs.ideal) for row, runs in ran if runs.ideal is not None]
    for row, runs, ideal in simulated[:1]:
        lines.append(("no errors, shots only", *_line(row, runs, ideal, metric)[1]))
    for row, runs in ran:
        for (name, words), run in zip(_WAYS.items(), (runs.read, runs.mitigated), strict=True):
            change, cells = _line(row, runs, run, metric)
            lines.append((f"{row.device}, {words}", *cells))
            if change is not None:
                estimates[f"change_{row.device}_{name}"] = change
                drawn.append((f"{row.device}, {words}", words, change))
    n_rows = len(ran[0][0].target)
    figures = []
    if drawn:
        figures.append(_change_figure(drawn, metric, shots, n_rows))
    if simulated:
        figures.append(_flips_figure([(row.device, runs, ideal) for row, runs, ideal in simulated]))
    tables = (_change_table(lines, metric, shots, n_rows), _places_table(done))
    return Evidence(estimates, {}, tuple(figures), tables, _caveats(done))


def _line(row: DeviceRow, runs: Predictions, run: Run, metric: Metric) -> tuple[Estimate | None, tuple[object, ...]]:
    before, after = runs.before, run.after
    change = score_change(before, after, row.target, metric)
    exact = None if run.exact is None else score_difference(before, run.exact, row.target, metric)
    labels = 100 * float((before.argmax(axis=1) != after.argmax(axis=1)).mean())
    shown = (None, None, None) if change is None else (change.value, change.low, change.high)
    return change, (*shown, exact, labels, run.shots_needed)


def _change_table(lines: Sequence[tuple[object, ...]], metric: Metric, shots: int, n_rows: int) -> Table:
    caption = (
        f"{count(n_rows, 'test row')} that the circuit was not trained on, {count(shots, 'shot')} each. Change: score "
        "on the device minus score in the exact simulation, with its 95 % interval (jackknife over the rows). Labels changed: "
        f"compared with the exact simulation. Shots needed: so that shot noise flips under {100 * FLIPPED:g} % of the labels, from "
        "the exact margins; empty if more than a billion would be needed, or if unknown."
    )
    columns = (
        "device",
        f"change in {metric.label}",
        "low",
        "high",
        "change without shot noise",
        "labels changed (%)",
        "shots needed",
    )
    return Table("How hardware noise changes the score, in numbers", caption, columns, tuple(lines))


def _places_table(done: Sequence[DeviceRow]) -> Table:
    return Table(
        "Where the circuit is placed on the devices",
        "The physical qubit for each qubit of the circuit, in the circuit's order, and the mean readout error of these "
        "qubits. Qubits simulated: including those used only for routing.",
        ("device", "qubits of the device", "readout error (%)", "qubits simulated"),
        tuple(
            (row.device, " ".join(map(str, row.places)), 100 * row.readout_error, row.simulated_qubits)
            for row in done
            if row.places
        ),
    )


def _change_figure(drawn: list[tuple[str, str, Estimate]], metric: Metric, shots: int, n_rows: int) -> Figure:
    unit = f" ({metric.unit})" if metric.unit else ""
    caption = (
        f"Score on the device minus score in the exact simulation, {count(n_rows, 'test row')}, {count(shots, 'shot')} each; bars are "
        "95 % intervals. Left of the line, the device lowers the score. The ROC AUC depends on ranks only: noise that "
        "shrinks all expectation values alike leaves it unchanged, although probabilities change."
    )
    spec = charts.interval_plot(
        drawn, axis=f"change in {metric.label}{unit}", groups=tuple(_WAYS.values()), reference=0.0
    )
    return Figure("How hardware noise changes the score", caption, spec)


def _flips_figure(simulated: Sequence[tuple[str, Predictions, Run]]) -> Figure:
    curves = {"no errors": simulated[0][2].flips} | {device: runs.read.flips for device, runs, _ in simulated}
    percent = {
        name: [(float(x), 100 * share) for x, share in zip(SHOTS_SHOWN, flips, strict=True)]
        for name, flips in curves.items()
    }
    caption = (
        "Expected share of labels that shot noise alone changes, without mitigation. Errors pull expectation values together, which "
        "calls for more shots where these come close to the decision boundary."
    )
    spec = charts.lines(percent, x="shots for one prediction", y="labels changed by shot noise (%)", log_x=True)
    return Figure("How many shots does a label need?", caption, spec)


def _caveats(done: Sequence[DeviceRow]) -> tuple[str, ...]:
    if not done:
        return ("scores come from an exact simulation without noise: hardware would do worse",)
    found = [
        "the device models' noise consists of their published gate and readout errors: it leaves out the decay of idle "
        "qubits and crosstalk between neighbours, so a real device makes more errors",
    ]
    for row in done:
        if row.runs is None:
            found.append(
                f"on {row.device} the circuit uses {row.simulated_qubits} qubits, too many to simulate its noise exactly"
            )
        if row.job:
            seconds = "" if row.seconds is None else f", {row.seconds:g} device seconds"
            found.append(f"{row.device}: run through the Runtime client, job {row.job}{seconds}")
    return tuple(found)
