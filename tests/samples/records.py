"""A record made by hand, with hostile texts wherever a user's text can stand."""

from lab import charts
from lab.protocol import Estimate, Evidence, Figure, Question, Table, Verdict
from lab.record import Record

HOSTILE = "</script></style><script>document.title='hacked'</script><img src=x onerror=alert(1)>&amp;'\""


def hostile_record(text: str = HOSTILE) -> Record:
    estimate = Estimate(1.0, 0.5, 1.5, "points")
    plot = charts.interval_plot([(text, text, estimate), ("b", "c", estimate)], axis=text, groups=[text, "c"])
    bars = charts.bars([(text, 1.0)], axis=text)
    curve = charts.lines({text: [(0.0, 1.0), (1.0, 2.0)]}, x=text, y=text, points=True)
    return Record(
        lab="quantum",
        question=Question(f"Does it help on {text}?", "quantum computing"),
        data={
            "name": text,
            "digest": "0" * 64,
            "n_rows": 10,
            "target": text,
            "classes": {text: 5, "b": 5},
            "columns": {text: "number"},
            "notes": [f"column {text!r} was left out"],
        },
        settings={"seed": 0, "metric": text},
        evidence=Evidence(
            {"difference": estimate},
            {"label": text},
            (Figure(text, text, plot), Figure(text, text, bars), Figure(text, text, curve)),
            (Table(text, text, (text, "n"), ((text, 1.0), (None, 2))),),
            (text,),
        ),
        verdict=Verdict("no", "Not yet", f"{text}.", (text,)),
        controls=None,
        trials={"total": 2, "failed": {text: text}},
        environment={
            "python": "3",
            "packages": {"numpy": "2"},
            "system": "s",
            "processor": text,
            "cores": 1,
            "memory_gib": 1.0,
            "governor": "g",
        },
        run={"command": f"lab run quantum {text}", "started": "2026-01-01T00:00:00+00:00", "seconds": 1.0},
    )
