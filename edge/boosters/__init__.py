"""Boosted trees of other libraries as candidates for the device, where the libraries are installed."""
