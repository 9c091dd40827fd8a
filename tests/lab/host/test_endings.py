"""Told to end, the lab ends as after Ctrl-C; told to ignore it, it goes on."""

import os
import signal
import subprocess
import sys

import pytest

from lab.host.endings import Ended, as_interrupts

SIGNALS = [signal.SIGTERM, signal.SIGHUP]


def told(number, cleaned):
    """Be told to end, and then once more by each signal while cleaning up."""
    with as_interrupts():
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            for again in SIGNALS:
                os.kill(os.getpid(), again)
            cleaned.append(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_an_interrupt_with_a_code_of_its_own_and_cleaning_up_is_not_interrupted(number):
    before, cleaned = signal.getsignal(number), []
    with pytest.raises(KeyboardInterrupt) as caught:
        told(number, cleaned)
    assert isinstance(caught.value, Ended)
    assert (caught.value.exit_code, caught.value.name) == (128 + number, number.name)
    assert cleaned == [number]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", SIGNALS)
def test_what_was_ignored_before_stays_ignored(number):
    code = (
        "import os, signal, sys\nfrom lab.host.endings import as_interrupts\n"
        f"signal.signal({int(number)}, signal.SIG_IGN)\n"
        f"with as_interrupts():\n    os.kill(os.getpid(), {int(number)}); print('goes on')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "goes on\n"


def test_a_handler_of_the_program_that_calls_us_stays(monkeypatch):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with as_interrupts():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]
