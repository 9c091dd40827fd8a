"""`lab watch MODEL --data SOURCE`: watch a model in service, for as long as rows come."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import registry
from lab.commands.words import notifier, understand
from lab.errors import DataError, SettingsError
from lab.options import Parser, add_debug, add_json, positive
from lab.settings import read_toml
from lab.terminal.console import say

if TYPE_CHECKING:
    from lab.watching.loop import Roles, Told
    from lab.watching.protocol import Monitor
    from lab.watching.sources.source import Source

__all__ = ["ALARMED", "watch"]

ALARMED = 3
_TOPIC_S = 3.0
"""Seconds in which the first message of a topic comes, if there is one."""
_SEASONS = ("hour", "weekday")
_SOURCE = "a file or folder that grows, a Parquet file, - for standard input, kafka://HOST:PORT/TOPIC, or mqtt://HOST:PORT/TOPIC"


def watch(words: list[str]) -> int:
    """Watch a model until its source ends, and give the exit code.

    Raises
    ------
    LabError
        If the model, a source, the state or a word cannot be used.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    _check(given)
    monitor = _monitor(given)
    from lab.watching.state import StateFile

    state = StateFile(given.state) if given.state else None
    with contextlib.ExitStack() as held:
        if state is not None:
            held.enter_context(state.held())
        rows, labels, roles = _sources(given, monitor, held)
        told = list(_told(given, rows.name, held))
        from lab.watching.loop import Watch

        end_after = given.end_after
        if end_after is not None and "://" in given.data:
            end_after = max(end_after, _TOPIC_S)
        watching = Watch(
            monitor, rows, labels=labels, roles=roles, state=state, told=told, batch=given.batch, stalled_s=given.stalled,
            end_after_s=end_after, end_at_alarm=given.end_at_alarm,
        )  # fmt: skip
        _announce(given, rows, watching.n_rows, notifier(given))
        return ALARMED if watching.run() else 0


def _monitor(given: argparse.Namespace) -> "Monitor":
    """Have the lab of models in service make what watches this one."""
    lab = registry.find("edge")
    watcher: Callable[..., Monitor] | None = getattr(lab, "watcher", None)
    if watcher is None:
        raise SettingsError(f"the lab {lab.name!r} that is installed cannot watch a model; install its newest version")
    reference = None
    if given.reference:
        from lab.data import load

        reference = load.load(given.reference, given.target)
    return watcher(
        given.model, reference=reference, false_alarms=given.false_alarms, season=given.season or "", time=given.time,
        cost_of_waiting=given.cost_of_waiting, cost_of_retraining=given.cost_of_retraining,
    )  # fmt: skip


def _sources(
    given: argparse.Namespace, monitor: "Monitor", held: contextlib.ExitStack
) -> "tuple[Source, Source | None, Roles]":
    from lab.watching.loop import Roles
    from lab.watching.sources.opened import opened

    roles = Roles(given.key, given.label, given.time, given.seconds, seasons=bool(given.season))
    wanted = {*monitor.columns, *roles.named}
    ends = given.end_after == 0
    how: dict[str, Any] = {"ends": ends, "lasts": given.state is not None, "wanted": wanted}
    how["settings"] = read_toml(given.kafka_settings) if given.kafka_settings else None
    rows = opened(given.data, skips=given.skip_taken, **how)
    held.callback(rows.close)
    if not given.labels:
        return rows, None, roles
    labels = opened(given.labels, option="--labels", **how)
    held.callback(labels.close)
    return rows, labels, roles


def _told(given: argparse.Namespace, source: str, held: contextlib.ExitStack) -> "Iterator[Told]":
    """Give all those that are told, in the order in which they hear of a happening."""
    from lab.terminal import watch as shown

    title = f"{given.model.name} on {source}"
    if given.json:
        yield shown.Records()
    elif not given.quiet and shown.is_live():
        yield held.enter_context(shown.screen(title))
    else:
        yield shown.Plain(quiet=given.quiet)
    if given.page:
        from lab.terminal.watch_page import watch_page

        yield held.enter_context(watch_page(say))
    if given.prometheus:
        from lab.watching.telling.prometheus import Endpoint

        endpoint = Endpoint(given.prometheus)
        held.callback(endpoint.close)
        notifier(given)(f"Prometheus can ask at {endpoint.address}")
        yield endpoint
    about = {"model": given.model.name, "source": source}
    if given.webhook or given.on_alarm:
        from lab.watching.telling.alarms import Command, Webhook

        if given.webhook:
            yield Webhook(given.webhook, about, say)
        if given.on_alarm:
            yield Command(given.on_alarm, about, say)


def _announce(given: argparse.Namespace, rows: "Source", n_rows: int, notify: Callable[[str], None]) -> None:
    """Say what is watched, and what of it lasts."""
    notify(f"watching {given.model.name} on {rows.name}" + (f", after row {n_rows:,}" if n_rows else ""))
    if given.state is None:
        notify("this watch is not saved; with --state FILE it can be stopped, and continued later from where it was")
    elif rows.promise:
        notify(f"note: {rows.promise}")


def _check(given: argparse.Namespace) -> None:
    """Raise an error where words do not fit together."""
    if not given.model.is_file():
        raise DataError(f"there is no model {given.model}; name the edge-model.onnx of a run, or an ONNX file")
    if bool(given.target) != bool(given.reference):
        lacking = "--target COLUMN" if given.reference else "--reference TABLE"
        raise SettingsError(f"--reference and --target go together; add {lacking}")
    if given.labels and not given.key:
        raise SettingsError(
            "--labels needs --key COLUMN: the column, in the rows and in the labels, that says which belong together"
        )
    if given.data == "-" and given.labels == "-":
        raise SettingsError("--data and --labels cannot both be standard input; send one of them through a file")
    if given.skip_taken and not (given.state and given.data == "-"):
        raise SettingsError(
            "--skip-taken is for --data - with --state FILE: it skips the rows that the state has taken"
        )
    if given.season and not given.time:
        raise SettingsError("--season needs --time COLUMN: the column of dates or times")


def _parser() -> Parser:
    parser = Parser(
        prog="lab watch",
        description="Watch a model in service: its inputs, its answers and, where labels come, whether they are right.",
        epilog="example: lab watch edge-model.onnx --data rows.csv --state watch.json --page",
    )
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="the edge-model.onnx of a run, or an ONNX file with --reference"
    )
    parser.add_argument("--data", required=True, metavar="SOURCE", help=f"where rows come from: {_SOURCE}")
    parser.add_argument(
        "--labels", metavar="SOURCE", help="where labels come from that are known later, with their keys"
    )
    parser.add_argument(
        "--kafka-settings",
        type=Path,
        metavar="FILE",
        help="settings of Kafka's client in TOML: encryption, passwords and the like",
    )
    parser.add_argument(
        "--reference",
        metavar="TABLE",
        help="a table like the one that the model learned from, where its file holds no profile of it",
    )
    parser.add_argument("--target", metavar="COLUMN", help="the column of the reference that the model predicts")
    for name, what in (
        ("key", "the column that names a row"),
        ("label", "the column of labels"),
        ("time", "the column that says when a row came"),
        ("seconds", "the column that says how many seconds the device took"),
    ):
        parser.add_argument(f"--{name}", metavar="COLUMN", help=what)
    parser.add_argument(
        "--season", type=_seasons, metavar="NAME,...",
        help=f"what repeats in the reference, and is no change ({', '.join(_SEASONS)}); needs --time",
    )  # fmt: skip
    parser.add_argument(
        "--false-alarms", type=_share, default=0.05, metavar="X",
        help="chance of any false alarm ever, however long the watch goes on (default: 0.05)",
    )  # fmt: skip
    parser.add_argument("--cost-of-waiting", type=_amount, metavar="X", help="what a wrong answer of the model costs")
    parser.add_argument(
        "--cost-of-retraining", type=_amount, metavar="X", help="what it costs to train the model again"
    )
    _add_state(parser)
    _add_shown(parser)
    add_debug(parser)
    return parser


def _add_state(parser: Parser) -> None:
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep everything in this file, and go on from it (its log of happenings lies beside it)",
    )
    parser.add_argument(
        "--skip-taken",
        action="store_true",
        help="standard input is fed from its beginning again: skip the rows that were taken",
    )
    parser.add_argument(
        "--stalled",
        type=_amount,
        default=60.0,
        metavar="SECONDS",
        help="say so when no row has come for so long (default: 60)",
    )
    parser.add_argument(
        "--end-after", type=_amount, metavar="SECONDS",
        help="end when no row has come for so long; 0: at the end of what is there, for topics after 3 seconds (default: go on)",
    )  # fmt: skip
    parser.add_argument(
        "--end-at-alarm", action="store_true", help=f"end at the first alarm; exit code {ALARMED}, as after any alarm"
    )
    parser.add_argument(
        "--batch", type=positive, default=2_000, metavar="N", help="rows taken at one time at most (default: 2000)"
    )


def _add_shown(parser: Parser) -> None:
    add_json(parser, what="happenings, and at last the status,", more=": a line each")
    parser.add_argument("--quiet", action="store_true", help="show nothing but alarms")
    parser.add_argument("--page", action="store_true", help="follow it on a page in the browser of this machine")
    parser.add_argument(
        "--prometheus",
        metavar="PORT",
        help="offer its numbers to Prometheus at this port of this machine (HOST:PORT: of another interface)",
    )
    parser.add_argument("--webhook", metavar="URL", help="post every alarm as JSON to this address")
    parser.add_argument("--on-alarm", metavar="COMMAND", help="run this command at every alarm, which it reads as JSON")


def _seasons(text: str) -> str:
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if wrong := [name for name in names if name not in _SEASONS]:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is none of {', '.join(_SEASONS)}")
    return ",".join(names)


def _share(text: str) -> float:
    value = _amount(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return value


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return value
