"""`lab look DATA`: what was understood of a table, column by column, before anything is learned from it."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.codes import check_codes
from lab.commands.reading import about, add_table
from lab.commands.words import understand
from lab.errors import SettingsError
from lab.host.files import write_bytes
from lab.numbers import rough_share
from lab.options import Parser, add_debug, add_json
from lab.terminal import tables
from lab.terminal.console import show, show_whole

if TYPE_CHECKING:
    from lab.looked import Looked

__all__ = ["look"]

_SUSPECTED = 3


def look(words: list[str]) -> int:
    """Show what was understood of a table, and give the exit code.

    Raises
    ------
    LabError
        If the table cannot be read, or another file would be lost.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    allowed = check_codes(given.allow)
    said = about(given)
    found = _looked(given.data, said)
    if given.json:
        columns = [{**dataclasses.asdict(each), "use": found.uses[each.name]} for each in found.contents.columns]
        suspicions = [{"code": code, "sentence": sentence} for code, sentence in found.suspicions]
        rest = {"name": found.name, "rows": found.contents.rows, "notes": found.notes, "suspicions": suspicions}
        show_whole(json.dumps({**rest, "columns": columns}, indent=1, ensure_ascii=False) + "\n")
    else:
        _show(found)
    if given.write is not None:
        _write(given.write, found, said)
        if not given.json:
            show(f"Written: {given.write}. Edit it, and give it back with --schema {given.write}")
    return _SUSPECTED if given.gate and any(code not in allowed for code, _ in found.suspicions) else 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab look",
        description="Say what was understood of a table: kinds of columns, what is missing, what is left out, and what is suspected.",
        epilog="example: lab look data.csv --target churn --write table.toml",
    )
    add_table(parser)
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="also write it as a file to edit, and to give back with --schema"
    )
    parser.add_argument(
        "--gate", action="store_true", help=f"exit code {_SUSPECTED} if anything is suspected that is not allowed"
    )
    parser.add_argument(
        "--allow", action="append", default=[], metavar="CODE",
        help="a suspicion that is none here, such as T301 (lab explain T301 says what it is; repeatable)",
    )  # fmt: skip
    add_json(parser, what="table's description")
    add_debug(parser)
    return parser


def _looked(source: str, said: dict[str, Any]) -> "Looked":
    """Read a table, and judge its columns where the target is known."""
    from lab.data import builtin
    from lab.data.load import check, read_source
    from lab.data.positive import with_positive
    from lab.data.seen import seen
    from lab.doubts import doubts_about
    from lab.looked import Looked, looked_at

    read = read_source(source, said)
    target = said["target"] or (builtin.about(source).target if read.is_builtin else None)
    if target is None:
        uses = dict.fromkeys(read.table.column_names, "feature")
        return Looked(read.name, seen(read.table, read.name, person=said["by"]), uses, read.notes)
    rest = {word: said[word] for word in ("drop", "task", "by", "time", "independent", "weights")}
    dataset = check(read.table, target, name=read.name, content=read.content, **rest)
    dataset = dataclasses.replace(dataset, notes=(*read.notes, *dataset.notes))
    if said["positive"] is not None:
        dataset = with_positive(dataset, said["positive"])
    return looked_at(dataset, doubts_about(dataset, dataset, seed=0))


def _show(found: "Looked") -> None:
    show(f"{found.name}: {found.contents.rows:,} rows, {len(found.contents.columns)} columns")
    drawn = tables.empty()
    for head in ("column", "kind", "missing", "values", "use"):
        drawn.add_column(head, justify="right" if head == "missing" else "left", overflow="fold")
    tables.fill(
        drawn,
        [
            (each.name, each.kind, rough_share(each.missing), each.values, found.uses[each.name])
            for each in found.contents.columns
        ],
    )
    show_whole(tables.drawn(drawn, tables.width()))
    shown = (" was left out: ", "(possible leakage)")  # in the table, and among what is suspected
    told = [note for note in found.notes if not (note.startswith("column ") and any(words in note for words in shown))]
    suspected = [f"{code}: {sentence}" for code, sentence in found.suspicions]
    for title, lines in (("How it was read", told), ("Suspected (lab explain CODE says more)", suspected)):
        if lines:
            show(title)
            for line in lines:
                show(f"  - {line}")
    show("Say otherwise with --as COLUMN=KIND, --drop COLUMN, --missing WORD; lab look --help lists all of it.")


def _write(path: Path, found: "Looked", said: dict[str, Any]) -> None:
    from lab.reading.declaration import written

    if path.exists():
        raise SettingsError(f"{path} exists; move it, or choose another name with --write")
    how = said["how"]
    kinds = {column: f"{kind}:{form}" if form else kind for column, (kind, form) in how.kinds.items()}
    texts = {word: said[word] for word in ("target", "by", "time", "weights", "positive")}
    texts |= {"encoding": how.encoding, "sheet": how.sheet, "table": how.table, "missing": list(how.missing)}
    columns, comments = {}, {}
    for each in found.contents.columns:
        use = found.uses[each.name]
        if each.kind in ("number", "category", "date", "boolean"):
            columns[each.name] = kinds.get(each.name, each.kind)
        if use.startswith("left out: "):
            columns[each.name] = "drop"
            comments[each.name] = use.removeprefix("left out: ")
    texts["independent"] = said["independent"]
    try:
        write_bytes(path, written(texts, columns, comments).encode())
    except OSError as error:
        raise SettingsError(
            f"cannot write {path}: {error.strerror or error}; choose another file with --write"
        ) from error
