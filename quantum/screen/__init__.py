"""Could a quantum model help here at all? A look at kernels, before anything is trained."""
