"""A record made by hand, with hostile texts wherever a user's text can stand."""

import dataclasses

from lab.protocol import Estimate, Evidence, Figure, Frame, Input, Question, Table, Term, Verdict, WhatIf
from lab.record import Record
from lab.report import charts

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
            "seen": {
                "rows": 12,
                "columns": [{"name": text, "kind": text, "missing": 0.25, "values": text, "use": text}],
                "more": 1,
                "suspicions": [{"code": "T301", "sentence": text}],
            },
        },
        settings={"seed": 0, "metric": text},
        evidence=Evidence(
            {"difference": estimate},
            {"label": text},
            (Figure(text, text, plot), Figure(text, text, bars), Figure(text, text, curve)),
            (Table(text, text, (text, "n"), ((text, 1.0), (None, 2))),),
            (text,),
        ),
        verdict=Verdict(
            "no", "Not yet", f"{text}.", (text,), f"{text} again.", (f"{text} now.",), {text: 0.02, "level": 0.98}
        ),
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


def moving_record(text: str = HOSTILE) -> Record:
    """Make a record with a slider of three frames and a panel of every kind of input and term."""
    curves = [charts.lines({text: [(0.0, 1.0), (1.0, step)]}, x=text, y=text) for step in (1.0, 2.0, 3.0)]
    frames = tuple(Frame(label, curve) for label, curve in zip((text, "b", "c"), curves, strict=True))
    inputs = (
        Input(text, "number", 40.0, 0.0, 99.0, whole=False, can_be_missing=True),
        Input("flag", "boolean", 1.0),
        Input("job", "category", "b", choices=(text, "b"), can_be_missing=True),
        Input("since", "date", 20_000.0, 19_000.0, 21_000.0),
    )
    spline = ((0.3,), (1.0, -0.5), (0.2, 0.1, 0.03, -0.001))
    terms = (
        Term(text, (0,), ((50.0,),), spline, origins=(0.0, 50.0)),
        Term("flag", (1,), ((0.5,),), (0.0, -0.4, 0.7)),
        Term("job", (2,), ((text, "b"),), (0.11, 0.22, 0.33, 0.44)),
        Term("since", (3,), ((19_723.25, 20_500.0),), (0.0, 0.1, -0.2, 0.3)),
        Term("pair", (0, 2), ((10.0, 60.0), (text, "b")), ((0.0,) * 4, (1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12.5))),
    )
    panel = WhatIf(text, text, text, "logit", -8.0, inputs, terms)
    record = hostile_record(text)
    figures = (Figure(text, text, curves[2], frames), *record.evidence.figures)
    return dataclasses.replace(record, evidence=dataclasses.replace(record.evidence, figures=figures, panels=(panel,)))
