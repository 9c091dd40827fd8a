"""What is known of real devices: gates and noise of their models, readout, shots, rates, and the way to a machine."""
