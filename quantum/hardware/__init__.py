"""What real hardware would take and do: price, noise, readout, shots, and runs on a machine."""
