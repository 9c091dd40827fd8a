"""The exact simulator: states, expectations, gradients and training, compiled once for the processor."""
