"""The same classifier by PennyLane under JAX, fitted from a JSON job on stdin: runs in the peers' environment.

Data re-uploading with trained scalings, Rot and a CNOT line, Adam on the mean cross-entropy of all rows. The step is one
`jit`-compiled function, as in the qml-benchmarks collection; the time from the first line of work to the last step
includes its compilation, as a user's `fit` does.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml


def main():
    job = json.load(sys.stdin)
    began = time.perf_counter()
    n, layers, steps = job["n"], job["layers"], job["steps"]

    @qml.qnode(qml.device("default.qubit", wires=n), interface="jax", diff_method="backprop")
    def node(angles, scalings, x):
        for layer in range(layers):
            for q in range(n):
                qml.RY(scalings[layer, q] * x[:, q], wires=q)
            for q in range(n):
                qml.Rot(*angles[layer, q], wires=q)
            for q in range(n - 1):
                qml.CNOT([q, q + 1])
        return qml.expval(qml.Z(n - 1))

    def loss(parameters, x, labels):
        logits = parameters["gain"] * node(parameters["angles"], parameters["scalings"], x) + parameters["bias"]
        return jnp.mean(jnp.logaddexp(0.0, logits) - labels * logits)

    @jax.jit
    def step(i, parameters, first, second, x, labels):
        value, slopes = jax.value_and_grad(loss)(parameters, x, labels)
        rate = job["rate"] * 0.5 * (1 + jnp.cos(jnp.pi * (i - 1) / steps))
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, second, slopes)

        def move(p, m, v):
            return p - rate * (m / (1 - 0.9**i)) / (jnp.sqrt(v / (1 - 0.999**i)) + 1e-8)

        return value, jax.tree.map(move, parameters, first, second), first, second

    parameters = {
        "angles": jnp.asarray(job["angles"]),
        "scalings": jnp.ones((layers, n)),
        "gain": jnp.asarray(1.0),
        "bias": jnp.asarray(0.0),
    }
    first = jax.tree.map(jnp.zeros_like, parameters)
    second = jax.tree.map(jnp.zeros_like, parameters)
    x, labels = jnp.asarray(job["x"]), jnp.asarray(job["labels"], jnp.float32)
    for i in range(1, steps + 1):
        value, parameters, first, second = step(float(i), parameters, first, second, x, labels)
    value = float(value)
    seconds = time.perf_counter() - began
    values = np.asarray(node(parameters["angles"], parameters["scalings"], jnp.asarray(job["test_x"])))
    chosen = float(parameters["gain"]) * values + float(parameters["bias"]) > 0
    right = np.mean(chosen == np.asarray(job["test_labels"], bool))
    print(json.dumps({"seconds": seconds, "loss": value, "accuracy": float(right)}))


main()
