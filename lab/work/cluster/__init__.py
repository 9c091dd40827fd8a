"""Trials run on a Dask cluster: what is sent there, what comes back, and what happens when a part of it vanishes."""
