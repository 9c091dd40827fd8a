"""How long does a call take, one after another: latency, batches, and processes that only serve."""
