"""The same loss and gradient by other people's simulators: one worker process per library, fed over stdin.

Runs inside the peers' own environments; only `ours` imports this project, in its own. The circuit: RY
encoding once, then layers of Rot and a CNOT ring, <Z_0>, mean sigmoid cross-entropy; the gradient is by the
Rot angles.

Protocol: one JSON object a line. ``{"make": {...}}`` is answered by the loss, gradient and seconds until the
first answer; ``{"seconds": s}`` by wall and process time per call, of one call or as many as fit; ``{"adam":
{...}}`` by the loss after so many steps.
"""

import json
import os
import sys
import time

import numpy as np


def head(values, labels):
    """Loss of the expectations, and its derivative by each."""
    loss = np.mean(np.logaddexp(0.0, values) - labels * values)
    return loss, (1.0 / (1.0 + np.exp(-values)) - labels) / len(labels)


def ours(job):
    """This project's public function, with everything it checks and copies."""
    from quantum.circuit import Circuit
    from quantum.simulator.calls import Head, cross_entropy_and_gradient

    circuit = Circuit(job["n"], job["layers"], pattern="ring", reupload=False)
    x, labels, nothing = np.asarray(job["x"]), np.asarray(job["labels"]), Head(1.0, [0.0])

    def run(angles):
        loss, slope = cross_entropy_and_gradient(
            circuit, angles, None, nothing, x, labels, precision=job["precision"], n_threads=job["threads"]
        )
        return loss, slope.angles

    return run


def ours_adam(job):
    """This project's own training loop."""
    from quantum.circuit import Circuit
    from quantum.simulator.training import Training, train

    circuit = Circuit(job["n"], job["layers"], pattern="ring", reupload=False)
    settings = Training(n_steps=job["steps"], schedule="constant", precision=job["precision"], n_threads=job["threads"])
    return float(train(circuit, job["x"], job["labels"], settings, angles=job["angles"]).losses[0, -1])


def pennylane_jax(job):
    import jax
    import jax.numpy as jnp
    import pennylane as qml

    jax.config.update("jax_enable_x64", job["precision"] == "float64")
    n, layers = job["n"], job["layers"]

    @qml.qnode(qml.device("default.qubit", wires=n), interface="jax", diff_method="backprop")
    def node(angles, x):
        for q in range(n):
            qml.RY(x[:, q], wires=q)
        for layer in range(layers):
            for q in range(n):
                qml.Rot(*angles[layer, q], wires=q)
            ring(n, lambda a, b: qml.CNOT([a, b]))
        return qml.expval(qml.Z(0))

    x, labels = jnp.asarray(job["x"], job["precision"]), jnp.asarray(job["labels"], job["precision"])

    def loss(angles):
        values = node(angles, x)
        return jnp.mean(jnp.logaddexp(0.0, values) - labels * values)

    return jax_function(loss, job)


def jax_function(loss, job):
    import jax
    import jax.numpy as jnp

    compiled = jax.jit(jax.value_and_grad(loss))

    def run(angles):
        value, slope = compiled(jnp.asarray(angles, job["precision"]))
        return float(value), np.asarray(slope)

    return run


def tensorcircuit(job):
    import jax
    import jax.numpy as jnp
    import tensorcircuit as tc

    tc.set_backend("jax")
    tc.set_dtype("complex128" if job["precision"] == "float64" else "complex64")
    n = job["n"]

    def one(angles, x):
        start = tc.Circuit(n)
        for q in range(n):
            start.ry(q, theta=x[q])

        def layer(state, turns):
            c = tc.Circuit(n, inputs=state)
            for q in range(n):
                c.rz(q, theta=turns[q, 0])
                c.ry(q, theta=turns[q, 1])
                c.rz(q, theta=turns[q, 2])
            ring(n, lambda a, b: c.cnot(a, b))
            return c.state(), None

        state, _ = jax.lax.scan(layer, start.state(), angles)
        chances = jnp.abs(state.reshape(2, -1)) ** 2
        return jnp.sum(chances[0]) - jnp.sum(chances[1])

    x, labels = jnp.asarray(job["x"], job["precision"]), jnp.asarray(job["labels"], job["precision"])

    def loss(angles):
        values = jax.vmap(one, in_axes=(None, 0))(angles, x)
        return jnp.mean(jnp.logaddexp(0.0, values) - labels * values)

    return jax_function(loss, job)


def catalyst(job):
    import catalyst
    import jax.numpy as jnp
    import pennylane as qml

    n, layers = job["n"], job["layers"]

    @qml.qnode(qml.device("lightning.qubit", wires=n), diff_method="adjoint")
    def node(angles, x):
        for q in range(n):
            qml.RY(x[q], wires=q)

        for layer in range(layers):
            for q in range(n):
                qml.RZ(angles[layer, q, 0], wires=q)
                qml.RY(angles[layer, q, 1], wires=q)
                qml.RZ(angles[layer, q, 2], wires=q)
            ring(n, lambda a, b: qml.CNOT([a, b]))
        return qml.expval(qml.Z(0))

    x, labels = jnp.asarray(job["x"]), jnp.asarray(job["labels"], "float64")

    # The gradient is taken sample by sample inside the compiled loop: differentiating a catalyst.vmap of the
    # node, or a loss with logaddexp, stops Catalyst 0.15's compiler with a failed assertion.
    slope_of = catalyst.value_and_grad(node, argnums=0)

    @qml.qjit
    def compiled(angles):
        @catalyst.for_loop(0, len(job["labels"]), 1)
        def add(i, sums):
            value, slope = slope_of(angles, x[i])
            chance = 1.0 / (1.0 + jnp.exp(-value))
            return sums[0] + jnp.log(1.0 + jnp.exp(value)) - labels[i] * value, sums[1] + (chance - labels[i]) * slope

        loss, slope = add((0.0, jnp.zeros_like(angles)))
        return loss / len(job["labels"]), slope / len(job["labels"])

    def run(angles):
        value, slope = compiled(jnp.asarray(angles))
        return float(value), np.asarray(slope)

    return run


def lightning(job):
    import pennylane as qml
    from pennylane import numpy as tracked

    n, layers = job["n"], job["layers"]
    kind = np.complex128 if job["precision"] == "float64" else np.complex64
    device = qml.device("lightning.qubit", wires=n, c_dtype=kind)

    @qml.qnode(device, diff_method="adjoint")
    def node(angles, x):
        for q in range(n):
            qml.RY(x[:, q], wires=q)
        for layer in range(layers):
            for q in range(n):
                qml.Rot(angles[layer, q, 0], angles[layer, q, 1], angles[layer, q, 2], wires=q)
            ring(n, lambda a, b: qml.CNOT([a, b]))
        return qml.expval(qml.Z(0))

    x, labels = tracked.array(job["x"], requires_grad=False), np.asarray(job["labels"], float)

    def loss(angles):
        values = node(angles, x)
        return tracked.mean(tracked.logaddexp(0.0, values) - labels * values)

    slope_of = qml.grad(loss)

    def run(angles):
        slope = slope_of(tracked.array(angles, requires_grad=True))
        return float(slope_of.forward), np.asarray(slope)

    return run


def qulacs(job):
    from qulacs import Observable, ParametricQuantumCircuit

    n, layers = job["n"], job["layers"]
    operator = Observable(n)
    operator.add_operator(1.0, "Z 0")
    x, labels = np.asarray(job["x"]), np.asarray(job["labels"], float)
    # qulacs turns the other way: RY(t) there is exp(+i t Y / 2).
    circuits = []
    for row in x:
        circuit = ParametricQuantumCircuit(n)
        for q in range(n):
            circuit.add_RY_gate(q, -row[q])
        for _ in range(layers):
            for q in range(n):
                circuit.add_parametric_RZ_gate(q, 0.0)
                circuit.add_parametric_RY_gate(q, 0.0)
                circuit.add_parametric_RZ_gate(q, 0.0)
            ring(n, circuit.add_CNOT_gate)
        circuits.append(circuit)

    def run(angles):
        from qulacs import QuantumState

        state = QuantumState(n)
        values, slopes = np.empty(len(x)), []
        flat = (-np.asarray(angles)).ravel()
        for i, circuit in enumerate(circuits):
            for j, value in enumerate(flat):
                circuit.set_parameter(j, value)
            state.set_zero_state()
            circuit.update_quantum_state(state)
            values[i] = operator.get_expectation_value(state)
            slopes.append(circuit.backprop(operator))
        loss, pulls = head(values, labels)
        return loss, -(pulls @ np.array(slopes)).reshape(angles.shape)

    return run


def mindquantum(job):
    import mindquantum as mq
    from mindquantum.core.circuit import Circuit
    from mindquantum.core.gates import RY, RZ, X
    from mindquantum.core.operators import Hamiltonian, QubitOperator
    from mindquantum.simulator import Simulator

    n, layers = job["n"], job["layers"]
    encoder, ansatz = Circuit(), Circuit()
    for q in range(n):
        encoder += RY(f"x{q}").on(q)
    for layer in range(layers):
        for q in range(n):
            for k, gate in enumerate((RZ, RY, RZ)):
                ansatz += gate(f"a{layer}_{q}_{k}").on(q)

        def cnot(control, target):
            nonlocal ansatz
            ansatz += X.on(target, control)

        ring(n, cnot)
    circuit = encoder.as_encoder() + ansatz.as_ansatz()
    kind = mq.complex128 if job["precision"] == "float64" else mq.complex64
    simulator = Simulator("mqvector", n, dtype=kind)
    hamiltonian = Hamiltonian(QubitOperator("Z0")).astype(kind)
    function = simulator.get_expectation_with_grad(hamiltonian, circuit, parallel_worker=job["threads"])
    x, labels = np.asarray(job["x"]), np.asarray(job["labels"], float)

    def run(angles):
        values, _, slopes = function(x, np.asarray(angles).ravel())
        loss, pulls = head(np.real(values[:, 0]), labels)
        return loss, (pulls @ np.real(slopes[:, 0])).reshape(angles.shape)

    return run


def qiskit_ml(job):
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector
    from qiskit.primitives import StatevectorEstimator
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient
    from qiskit_machine_learning.neural_networks import EstimatorQNN

    n, layers = job["n"], job["layers"]
    inputs, weights = ParameterVector("x", n), ParameterVector("a", 3 * n * layers)
    circuit = QuantumCircuit(n)
    for q in range(n):
        circuit.ry(inputs[q], q)
    place = iter(weights)
    for _ in range(layers):
        for q in range(n):
            circuit.rz(next(place), q)
            circuit.ry(next(place), q)
            circuit.rz(next(place), q)
        ring(n, circuit.cx)
    estimator = StatevectorEstimator()
    network = EstimatorQNN(
        circuit=circuit,
        observables=SparsePauliOp.from_sparse_list([("Z", [0], 1.0)], n),
        input_params=list(inputs),
        weight_params=list(weights),
        estimator=estimator,
        gradient=ParamShiftEstimatorGradient(estimator),
        default_precision=0.0,
    )
    x, labels = np.asarray(job["x"]), np.asarray(job["labels"], float)

    def run(angles):
        flat = np.asarray(angles).ravel()
        values = network.forward(x, flat)[:, 0]
        _, slopes = network.backward(x, flat)
        loss, pulls = head(values, labels)
        return loss, (pulls @ slopes[:, 0]).reshape(angles.shape)

    return run


def ring(n, join):
    """Neighbours, then last with first; two qubits have one pair."""
    for q in range(n - 1):
        join(q, q + 1)
    if n > 2:
        join(n - 1, 0)


def adam(run, angles, n_steps):
    """Plain Adam with a constant rate of 0.05; returns the last loss."""
    first, second, loss = np.zeros_like(angles), np.zeros_like(angles), 0.0
    for step in range(1, n_steps + 1):
        loss, slope = run(angles)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope * slope
        scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
        angles = angles - 0.05 * first / (1 - 0.9**step) / scale
    return loss


def answer(**fields):
    """Send one line."""
    _OUT.write(json.dumps(fields) + "\n")
    _OUT.flush()


def serve(peer):
    """Answer until the input ends."""
    run, angles = None, None
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if "make" in order or "adam" in order:
                job = order.get("make") or order["adam"]
                angles = np.asarray(job["angles"])
                started = time.perf_counter()
                if "adam" in order and peer == "ours":
                    answer(loss=ours_adam(job))
                    continue
                run = globals()[peer](job)
                if "adam" in order:
                    answer(loss=float(adam(run, angles, job["steps"])))
                    continue
                loss, slope = run(angles)
                seconds = time.perf_counter() - started
                answer(loss=float(loss), gradient=np.asarray(slope, float).ravel().tolist(), first=seconds)
            else:
                a, b, calls = time.perf_counter(), time.process_time(), 0
                while calls == 0 or time.perf_counter() - a < order["seconds"]:
                    run(angles)
                    calls += 1
                answer(wall=(time.perf_counter() - a) / calls, cpu=(time.process_time() - b) / calls)
        except Exception as error:  # noqa: BLE001  whatever a peer raises is the answer
            answer(error=f"{type(error).__name__}: {error}"[:300])


if __name__ == "__main__":
    # Libraries print: keep the protocol's line to ourselves.
    _OUT = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.argv[1])
