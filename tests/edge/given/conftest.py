"""Shared by the tests of given models."""

import pytest
from samples.forked import with_guard_forked


@pytest.fixture
def guard_forked(monkeypatch):
    """Try models in forks: for tests of what is refused and taken, and not of how a process is started for it."""
    with_guard_forked(monkeypatch)
