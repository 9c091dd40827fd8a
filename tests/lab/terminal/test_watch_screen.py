"""A person at a terminal sees how a watch stands below what happened; a text from the stream steers nothing."""

import io

from rich.console import Console
from rich.live import Live
from samples.watched import Counting

from lab.terminal import watch
from lab.terminal.watch import Plain, Screen
from lab.watching.plain import Standing
from lab.watching.protocol import Happening


def standing(rows, *, alarms=1):
    monitor = Counting(alarm=5)
    monitor.rows = rows
    return Standing("rows.csv", "now", monitor.status(), {"alarms": alarms}, ("2 rows that did not parse",), ())


def test_the_last_picture_stands_below_what_happened():
    shown = io.StringIO()
    with Live(
        console=Console(file=shown, width=100, force_terminal=True, color_system=None), auto_refresh=False
    ) as live:
        screen = Screen("model on rows", live)
        screen.stands(standing(3, alarms=0))
        screen.happened(Happening("alarm", 6, "It rose \x1b]0;title\x07."))
        screen.ended(standing(1_234))
    text = shown.getvalue()
    assert "\x1b]0;" not in text
    assert "alarm  row 7  It rose" in text
    last = text[text.rindex("model on rows") :]
    assert "1,234 rows (2 rows that did not parse), 0 labels, 1 alarm: Column a changed near row 650." in " ".join(
        last.split()
    )
    assert "Retrain now? yes: Waiting costs more." in last
    assert "2 higher" in last


def test_lines_say_how_it_stands_once_a_minute(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    plain, quiet = Plain(), Plain(quiet=True)
    for seconds in range(0, 200, 10):
        now[0] = float(seconds)
        plain.stands(standing(seconds))
        quiet.stands(standing(seconds))
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0] for line in said] == ["60 rows", "120 rows", "180 rows"]
