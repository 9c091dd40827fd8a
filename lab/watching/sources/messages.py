"""How do the messages of a topic become rows? Each holds a JSON object, or some, a line each."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from lab.watching.protocol import Cell
from lab.watching.sources.source import Piece, Unread
from lab.watching.sources.text import columns_of

__all__ = ["Message", "rows_of"]

Message = tuple[bytes, Mapping[str, Cell]]
"""What it holds, and what is known of it beside that: its topic, its key."""


def rows_of(messages: Iterable[Message], known: list[str], wanted: Collection[str]) -> Piece:
    """Turn messages into rows; what is known beside them is a column where it is wanted and they have none of that name."""
    rows: list[dict[str, Any]] = []
    unread: list[Unread] = []
    for content, beside in messages:
        more = {name: cell for name, cell in beside.items() if name in wanted}
        for line in content.splitlines():
            try:
                row = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                unread.append(Unread(len(rows), "the message is no JSON"))
                break
            if not isinstance(row, dict):
                unread.append(Unread(len(rows), "the message is no JSON object"))
                break
            rows.append({**more, **row})
    return Piece(columns_of(rows, known), tuple(unread), widens=True)
