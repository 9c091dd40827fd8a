"""Places stand side by side, and what was lost on one of them is said."""

from edge.load.sweep import LoadRun
from edge.places import evidence as place_evidence
from edge.places.device_rows import Placed
from edge.places.process import Machine, ProcessRow
from edge.places.trials import PlacesRow
from lab.protocol import Estimate

LABELS = {"mlp": "neural network"}


def run(view, misses=(0.0, 0.0, 0.004)):
    one, tail = Estimate(1.0, 0.9, 1.1, "ms"), Estimate(1.2, 1.08, 1.32, "ms")
    return LoadRun(view, "", 1_000.0, 1.0, 1_000, 1.0, Estimate(*misses, "share"), one, one, tail, None, None, None, ())


def measured(*runs):
    return Placed(ProcessRow(1.0, runs, Machine("3", {}, "S", "P", 2, None, "g"), (0,), 1, 50.04))


def test_what_was_lost_on_a_device_is_said():
    row = PlacesRow(
        {"device a": {"mlp": measured(run("hot"))}, "device b": {"mlp": Placed(lost="the device disappeared")}}
    )
    places = place_evidence.lines_of(row)
    table = place_evidence.place_table(places, LABELS, 5.0)
    assert [line[-1] for line in table.rows] == ["", "the device disappeared"]
    assert place_evidence.lost(places, LABELS) == (
        "on device b the results of neural network were lost (the device disappeared); the others are kept",
    )


def test_a_place_is_listed_with_its_machine_and_late_answers_in_percent():
    row = PlacesRow({"device a": {"mlp": measured(run("hot"), run("rate", misses=(0.02, 0.01, 0.03)))}})
    table = place_evidence.place_table(place_evidence.lines_of(row), LABELS, 5.0)
    assert table.columns[-3:] == ("later than 5 ms at --rate (%)", "interval  ", "peak memory (MiB)")
    assert table.rows == (
        ("device a", "P", 1, 1, "neural network", 1.0, "0.9 to 1.1", 1.2, "1.08 to 1.32", 2.0, "1 to 3", 50.0),
    )
