"""`lab batch FILE.toml`: many runs, one after another, and one table of their verdicts."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.commands.batch_file import Asked, asked_in, tables_in
from lab.commands.running import keep_start, result_of
from lab.commands.words import check_out, notifier, understand, writing_in
from lab.errors import LabError
from lab.host.refusals import explained
from lab.options import Parser, add_common
from lab.terminal import tables
from lab.terminal.console import say, show, show_whole
from lab.wording import count

if TYPE_CHECKING:
    from lab.flow import Finished

__all__ = ["batch"]


def batch(words: list[str]) -> int:
    """Carry out the runs of a file, show their verdicts together, and give the exit code: 2 where a table or more failed.

    Raises
    ------
    LabError
        If the file, or a run in it, cannot be used: before any of them begins.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    asked = tables_in(given.file, given) if given.file.is_dir() else asked_in(given.file, given)
    if given.out.exists():
        check_out(given.out)
    found = [_carried_out(one, at, len(asked), given) for at, one in enumerate(asked, 1)]
    keep_start(given.out)
    rows = _rows(asked, found)
    if given.json:
        show_whole(json.dumps({"runs": rows, "tables": len(rows)}, indent=1) + "\n")
    else:
        _show(rows)
    return 2 if any(row["fault"] for row in rows) else 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab batch",
        description="Carry out many runs, one after another, and show their verdicts in one table, with those that stay when all are "
        "taken together. Repeated, it goes on where it stopped; a table that fails is named, and the others go on.",
        epilog="example: lab batch tables.toml, with [[run]], lab = 'edge', data = 'churn.csv', target = 'churn' in it",
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a TOML file with [[run]] tables, or a folder of tables (needs --lab and --target)"
    )  # fmt: skip
    parser.add_argument("--lab", metavar="LAB", help="the lab of all runs that name none")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict of all runs that name none")
    parser.add_argument("--again", action="store_true", help="run all anew, even what is finished already")
    add_common(parser)
    return parser


def _carried_out(one: Asked, at: int, of: int, given: argparse.Namespace) -> "Finished | str":
    """Carry out a run; gives the sentence that says why, where that cannot be done."""
    from lab.commands.run import carry_out

    notifier(given)(f"{at} of {of}: {one.lab} on {one.data}")
    try:
        with writing_in(given.out):
            return carry_out(one.words)
    except LabError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - what is wrong with one table costs the others nothing
        reason = str(explained(error) or f"this is our fault: {type(error).__name__}: {' '.join(str(error).split())}")
    say(f"note: {one.lab} on {one.data} failed: {reason}")
    return reason


def _rows(asked: "list[Asked]", found: "list[Finished | str]") -> list[dict[str, Any]]:
    """Put what came of the runs together, with whether each answer stays among all."""
    from lab.runs.together import chance_wrong, kept_by_holm

    doubts = [None if isinstance(each, str) else chance_wrong(each.record.verdict) for each in found]
    rows = []
    for one, each, doubt, kept in zip(asked, found, doubts, kept_by_holm(doubts), strict=True):
        result = {"fault": each} if isinstance(each, str) else {"fault": None} | result_of(each)
        rows.append({"lab": one.lab, "data": one.data, "chance_wrong": doubt, "stays": kept} | result)
    return rows


def _show(rows: list[dict[str, Any]]) -> None:
    table = tables.empty()
    for name in ("lab", "data", "verdict", "all together", "said"):
        table.add_column(name, overflow="fold")
    tables.fill(table, [[row["lab"], row["data"], *_outcome(row)] for row in rows])
    show_whole(tables.drawn(table, tables.width()))
    answers = [row for row in rows if row["fault"] is None and row["verdict"]["answer"] != "undecided"]
    stay = sum(row["stays"] for row in rows)
    show(
        f"{count(len(rows), 'table')}: {len(answers)} answered yes or no, of which {stay} still hold when all are judged together "
        "(Holm's rule: at most a 2.5 % chance that for any of these the opposite answer is true)"
    )


def _outcome(row: dict[str, Any]) -> tuple[str, str, str]:
    if row["fault"] is not None:
        return "failed", "", row["fault"]
    answer, sentence = row["verdict"]["answer"], row["verdict"]["sentence"]
    if answer == "undecided":
        return answer, "", sentence
    if row["chance_wrong"] is None:
        return answer, "not said", sentence
    return answer, "stays" if row["stays"] else "not sure", sentence
