"""A fitted readable model laid open: weights, rules, lines, curves, and a panel to move its inputs."""
