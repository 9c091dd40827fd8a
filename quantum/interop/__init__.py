"""The circuit for other libraries: PennyLane and Qiskit."""
