"""Places stand side by side, and what was lost on one of them is said."""

from edge.places import evidence as place_evidence

LABELS = {"mlp": "neural network"}


def within(value):
    return {"value": value, "low": 0.9 * value, "high": 1.1 * value, "unit": "ms", "confidence": 0.95}


def test_what_was_lost_on_a_device_is_said():
    runs = [{"view": "hot", "p50": within(1.0), "p99": within(1.2)}]
    device = {"processor": "P", "cores": 2}
    measured = {"service_ms": 1.0, "runs": runs, "device": device, "cores": [0], "threads": 1, "peak_mib": 50.0}
    row = {"places": {"device a": {"mlp": measured}, "device b": {"mlp": {"lost": "the device vanished"}}}}
    table = place_evidence.place_table(row, LABELS, 5.0)
    assert [line[-1] for line in table.rows] == ["", "the device vanished"]
    assert place_evidence.lost(row, LABELS) == (
        "on device b the rows of neural network were lost (the device vanished); the others stand",
    )
