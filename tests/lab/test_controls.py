"""Controls are counted as they answer, and a small round of every lab's own is right."""

from pathlib import Path

import pytest

from lab import controls, registry
from lab.errors import TrialsFailedError
from lab.protocol import Control


def yes(*, seed):
    return "yes"


def by_seed(*, seed):
    return ("yes", "no", "undecided")[seed % 3]


def broken(*, seed):
    raise RuntimeError("no table")


class Asked:
    name = "asked"

    def __init__(self, *asked):
        self.asked = asked

    def prepare(self, notify):
        notify("preparing")

    def controls(self):
        return self.asked


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Run the controls' trials here: these functions live in a test module."""
    from lab.work import trials

    class Here:
        def __init__(self, dataset, workers):
            self.dataset = dataset

        def run(self, work, *, beside):
            return (trials.run_here(trial, self.dataset, inputs) for trial, inputs in work)

        def close(self):
            pass

    monkeypatch.setattr(trials, "Workers", Here)


def test_answers_are_counted_and_undecided_is_not_wrong(tmp_path):
    lab = Asked(Control("a", "yes is true", ("no",), yes), Control("b", "no is true", ("yes",), by_seed))
    found = controls.run_controls(lab, seeds=6, out=tmp_path, workers=1)
    first, second = found["controls"]
    assert (first["yes"], first["no"], first["undecided"], first["wrong"]["events"]) == (6, 0, 0, 0)
    assert (second["yes"], second["no"], second["undecided"], second["wrong"]["events"]) == (2, 2, 2, 2)
    assert (found["wrong"]["events"], found["wrong"]["of"]) == (2, 12)
    assert controls.known_rates(lab, tmp_path) == found


def test_a_control_that_fails_is_an_error_and_not_a_right_answer(tmp_path):
    lab = Asked(Control("a", "yes is true", ("no",), yes), Control("b", "no is true", ("yes",), broken))
    with pytest.raises(TrialsFailedError, match="2 of 4 controls failed"):
        controls.run_controls(lab, seeds=2, out=tmp_path, workers=1)
    assert controls.known_rates(lab, tmp_path) is None


@pytest.mark.parametrize(("name", "seeds"), [("interpretability", 8), ("quantum", 20)])
def test_the_rates_that_come_with_a_lab_are_within_the_promise(name, seeds):
    rates = controls.known_rates(registry.find(name), out=Path("nowhere"))
    assert rates["seeds"] >= seeds
    assert rates["wrong"]["rate"] <= 0.05


@pytest.mark.parametrize(
    ("name", "control"), [("interpretability", "parity"), ("quantum", "circuit-parity"), ("quantum", "separable")]
)
def test_one_seed_of_a_control_is_not_answered_wrongly(name, control):
    """Where a side truly wins, and where it cannot; `lab controls` asks all of them many times."""
    (asked,) = (each for each in registry.find(name).controls() if each.name == control)
    assert asked.function(seed=0) not in asked.wrong
