"""The loop of a watch: late labels, silence, what is wrong with rows, and a state that belongs to one watch."""

import dataclasses
import json

import pytest
from samples.watched import Counting

from lab.errors import DataError, InputError
from lab.watching import columns, late, loop
from lab.watching import keys as newest_keys
from lab.watching.loop import Roles, Watch
from lab.watching.protocol import Happening
from lab.watching.sources.growing import GrowingFile
from lab.watching.sources.source import Piece, Unread
from lab.watching.sources.text import columns_of
from lab.watching.state import StateFile


class Given:
    """A source of pieces that are known beforehand; None is a moment without any."""

    repeats, promise = True, ""

    def __init__(self, *pieces, name="rows", identity="given"):
        self.name, self.identity = name, identity
        self._pieces = list(pieces)
        self.at = self.n_kept = 0

    def read(self, most, patience_s):
        if self.at == len(self._pieces):
            return Piece(ended=True)
        self.at += 1
        return self._pieces[self.at - 1] or Piece()

    def place(self):
        return {"at": self.at}

    def seek(self, place):
        self.at = place["at"]
        return ()

    def kept(self):
        self.n_kept = self.at

    def close(self):
        pass


class Heard:
    def __init__(self):
        self.happenings, self.standings, self.last = [], [], None

    def happened(self, happening):
        self.happenings.append(happening)

    def stands(self, standing):
        self.standings.append(standing)

    def ended(self, standing):
        self.last = standing

    def sentences(self):
        return [each.sentence for each in self.happenings]


def piece(*keys, unread=(), **columns):
    made = {"id": list(keys), "a": [1.0] * len(keys), "b": ["x"] * len(keys), **columns}
    return Piece(
        {name: cells for name, cells in made.items() if cells is not None}, tuple(Unread(*each) for each in unread)
    )


def labels(**cells):
    return Piece({"id": list(cells), "label": list(cells.values())})


def watched(rows, label_pieces=None, *, monitor=None, state=None, roles=None, **how):
    """Run a watch; gives its monitor and what was heard."""
    heard, monitor = Heard(), monitor or Counting()
    source = None if label_pieces is None else Given(*label_pieces, name="labels", identity="labels")
    roles = roles or Roles(key="id", label="label" if source else None)
    rows = rows if isinstance(rows, Given) else Given(*rows)
    Watch(monitor, rows, labels=source, roles=roles, state=state, told=(heard,), **how).run()
    return monitor, heard


def test_labels_are_given_when_their_rows_have_come_whoever_is_first():
    first = watched(
        [piece("1", "2"), piece("3"), piece("4")], [labels(**{"3": 1}), labels(**{"1": 0}), labels(**{"9": 1})]
    )
    monitor, heard = first
    assert (monitor.labels, monitor.unknown) == (2, 1)
    assert heard.last.counts["labels read"] == 3


def test_labels_that_come_after_the_last_row_are_read_to_their_end():
    monitor, _ = watched([piece("1", "2", "3")], [None, labels(**{"1": 1}), labels(**{"2": 1}), labels(**{"3": 1})])
    assert monitor.labels == 3


def test_a_label_whose_row_is_long_gone_is_given_all_the_same(monkeypatch):
    monkeypatch.setattr(newest_keys, "WINDOW", 3)
    monkeypatch.setattr(late, "PATIENCE_ROWS", 4)
    pieces = [piece(*(f"{i}-{j}" for j in range(4))) for i in range(4)]
    given = []

    class Asked(Counting):
        def take_labels(self, labels):
            given.append((self.rows, dict(labels)))
            return super().take_labels(labels)

    monitor, _ = watched(pieces, [None, labels(**{"0-0": 1}), None, None], monitor=Asked())
    assert given == [(12, {"0-0": 1})], "after it has waited for four rows"
    assert monitor.labels == 1


def test_while_too_many_labels_wait_no_more_are_read(monkeypatch):
    monkeypatch.setattr(late, "WAITING", 2)
    asked = []

    class Asked(Given):
        def read(self, most, patience_s):
            asked.append(most)
            return super().read(most, patience_s)

    source = Asked(labels(**{"7": 1, "8": 1}), labels(**{"9": 1}), name="labels", identity="labels")
    monitor = Counting()
    Watch(
        monitor,
        Given(piece("1"), piece("2"), piece("7", "8"), piece("9")),
        labels=source,
        roles=Roles("id", "label"),
        batch=5,
    ).run()
    assert asked[0] == 2
    assert len(asked) < 5
    assert monitor.labels == 3


def test_labels_of_other_rows_make_room_for_those_behind_them(monkeypatch):
    monkeypatch.setattr(late, "WAITING", 20)
    monkeypatch.setattr(late, "SILENT_ROWS", 2)
    older = [labels(**{f"old-{i}-{j}": 1 for j in range(10)}) for i in range(9)]
    known = labels(**{"1": 1, "2": 0, "3": 1})
    monitor, heard = watched([piece("1", "2", "3"), *[None] * 30], [*older, known])
    assert (monitor.labels, monitor.unknown) == (3, 90)
    said = "too many labels wait for rows that do not come; the oldest are given up, so that those behind them are read"
    assert heard.sentences().count(said) == 1
    assert heard.last.counts["labels given up"] == 80
    assert "80 labels that waited in vain for their rows" in heard.last.said
    monitor, heard = watched([piece("1", "2", "3")], [*older, known])
    assert (monitor.labels, monitor.unknown) == (3, 90), "at the end all are read, however many wait"


def test_labels_that_are_ahead_of_their_rows_are_not_given_up_while_rows_pause(monkeypatch):
    monkeypatch.setattr(late, "WAITING", 20)
    monkeypatch.setattr(late, "SILENT_ROWS", 5)
    keys = [f"{i}" for i in range(200)]
    rows = [part for i in range(0, 200, 2) for part in (piece(*keys[i : i + 2]), None)]
    given = [labels(**dict.fromkeys(keys[i : i + 10], 1)) for i in range(0, 200, 10)]
    monitor, heard = watched(rows, given)
    assert (monitor.labels, monitor.unknown) == (200, 0)
    assert "labels given up" not in heard.last.counts


@pytest.mark.parametrize("apart", [False, True])
def test_of_several_labels_of_a_row_the_first_counts_however_they_are_cut(apart, tmp_path):
    state = StateFile(tmp_path / "state.json")
    first, second = [("1", "a"), ("2", "b")], [("1", "c"), ("2", "d")]
    pieces = [first, second] if apart else [first + second]
    given = [Piece({"id": [key for key, _ in part], "label": [label for _, label in part]}) for part in pieces]
    taken = []

    class Asked(Counting):
        def take_labels(self, labels):
            taken.append(dict(labels))
            return super().take_labels(labels)

    rows = [piece("1", "2"), piece("3")]
    _, heard = watched(rows, given, monitor=Asked(), state=state)
    assert {key: label for part in taken for key, label in part.items()} == dict(first)
    assert heard.last.counts["repeated labels"] == 2
    said = "a label came for a row that had one; the first counts, and such labels are counted and left out"
    assert heard.sentences().count(said) == 1
    _, heard = watched(
        [*rows, piece("1")], [*given, labels(**{"1": "e"}), labels(**{"2": "f"})], monitor=Asked(), state=state
    )
    assert taken[-1] == {"1": "e"}, "a row whose key comes again has no label yet"
    assert heard.last.counts["repeated labels"] == 3


def test_what_is_missing_is_no_key():
    nothing = [float("nan"), "", None]
    seen = []

    class Asked(Counting):
        def take(self, batch):
            seen.extend(batch.keys)
            return super().take(batch)

    given = Piece({"id": [*nothing, "7", 8.0], "label": [1, 1, 1, 1, float("nan")]})
    monitor, heard = watched([piece(*nothing, *nothing, "7", 8.0)], [given], monitor=Asked())
    assert seen == [None] * 6 + ["7", "8"]
    assert "twice" not in heard.last.counts
    assert (monitor.labels, monitor.unknown, heard.last.counts["labels read"]) == (1, 0, 1)


def test_labels_behind_a_run_of_lines_that_do_not_parse_are_read(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("id,label\n1,x\n" + "corrupt\n" * 50 + "2,x\n")
    source = GrowingFile(path, ends=True)
    monitor = Counting()
    Watch(monitor, Given(piece("1", "2")), labels=source, roles=Roles("id", "label"), batch=10).run()
    source.close()
    assert monitor.labels == 2


@pytest.mark.parametrize(
    ("given", "roles", "said"),
    [
        (Piece({"id": ["1"], "x": [1], "y": [2]}), Roles("id"), "which column of the labels is the label"),
        (Piece({"key": ["1"], "x": [1]}), Roles("id"), "the labels have no column 'id'; columns: key, x"),
        (Piece({"id": ["1"], "lable": [1]}), Roles("id", "label"), "no column 'label'; did you mean 'lable'"),
    ],
)
def test_labels_without_their_columns_are_refused(given, roles, said):
    with pytest.raises(DataError, match=said):
        watched([piece("1")], [given], roles=roles)


def test_rows_with_labels_of_their_own_are_given_with_them():
    monitor, _ = watched([piece("1", "2", "3", label=["yes", None, "no"])], roles=Roles("id", "label"))
    assert monitor.labels == 2


def test_what_is_wrong_with_rows_is_told_once_counted_and_ends_nothing():
    pieces = [
        piece("1", "2", at=["2026-01-01", "2026-01-02T10:00"], unread=[(1, "it is no JSON"), (2, "it is no JSON")]),
        piece("3", "1", at=["2026-01-01", "soon"], unread=[(0, "it is no JSON")]),
        piece("2", at=[5.0]),
    ]
    monitor, heard = watched(pieces, roles=Roles(key="id", time="at"))
    assert monitor.rows == 5
    assert heard.sentences() == [
        "after row 1, a row of rows cannot be read: it is no JSON; such rows are counted and left out",
        "the key of row 4 has come before; both rows are watched (looked for among the newest 100,000 keys)",
        "time goes backwards in 'at' at row 3; rows are watched in the order in which they come",
        "'at' holds no time at row 4; the row is watched all the same",
        "rows has ended after row 5",
    ]
    assert heard.last.counts == {"unread": 3, "twice": 2, "backwards": 2, "timeless": 1, "alarms": 0, "labels read": 0}
    assert heard.last.said[0] == "3 rows that did not parse"


def test_times_are_the_monitor_s_where_it_looks_for_seasons():
    seen = []

    class Asked(Counting):
        def take(self, batch):
            seen.append(sorted(batch.columns))
            return super().take(batch)

    pieces = [piece("1", "2", at=[2.0, 1.0])]
    _, heard = watched(pieces, monitor=Asked(), roles=Roles(key="id", time="at", seasons=True))
    assert (seen, heard.sentences()) == ([["a", "at", "b"]], ["rows has ended after row 2"])
    watched(pieces, monitor=Asked(), roles=Roles(key="id", time="at"))
    assert seen[1] == ["a", "b"]


def test_a_column_that_is_lost_is_told_once_and_ends_nothing():
    _, heard = watched([piece("1"), piece("2", id=None, b=None), piece("3", id=None)], roles=Roles(key="id"))
    assert heard.sentences() == [
        "the column 'id' is missing from row 2 on; the watch goes on without it",
        "the column 'b' is lost",  # by the monitor
        "rows has ended after row 3",
    ]


def test_times_that_are_none_are_told_where_the_monitor_looks_for_seasons_too():
    _, heard = watched(
        [piece("1", "2", "3", at=["2026-01-02", "soon", "2026-01-01"])], roles=Roles("id", time="at", seasons=True)
    )
    assert heard.sentences()[0] == "'at' holds no time at row 2; the row is watched all the same"
    assert (heard.last.counts["timeless"], "backwards" in heard.last.counts) == (1, False)


def test_a_header_that_comes_again_is_told_once():
    again = [dataclasses.replace(piece(f"{i}"), header_again=True) for i in range(3)]
    monitor, heard = watched([piece("a", "b"), *again])
    assert monitor.rows == 5
    assert (
        heard.sentences()[0]
        == "a header comes again after row 3 of rows; it is no row, and what follows it is read in its order"
    )
    assert len(heard.sentences()) == 2
    assert heard.last.counts["headers"] == 3


@pytest.mark.parametrize("cut", [1, 5, 50])
def test_objects_may_get_their_columns_later_however_they_are_cut(monkeypatch, cut):
    monkeypatch.setattr(columns, "ENOUGH", 20)

    def objects(n, label_from, name="label"):
        known = []
        rows = [{"id": f"{i}", "a": 1.0} | ({name: "x"} if i >= label_from else {}) for i in range(n)]
        return [Piece(columns_of(rows[at : at + cut], known), widens=True) for at in range(0, n, cut)]

    monitor, heard = watched(objects(15, 10), roles=Roles("id", "label"))
    assert (monitor.rows, monitor.labels) == (15, 5)
    assert heard.sentences() == ["the column 'b' is lost", "rows has ended after row 15"]
    for n in (15, 60):
        _, heard = watched(objects(n, 0, "lable"), roles=Roles("id", "label"))
        told = [each for each in heard.sentences() if "have no column 'label'; did you mean 'lable'" in each]
        assert len(told) == 1, "after rows enough, or at the end"
    monitor, heard = watched([piece(*map(str, range(50)))], objects(50, 20), roles=Roles("id", "label"))
    assert monitor.labels == 30
    with pytest.raises(DataError, match="the labels have no column 'label'; did you mean 'lable'"):
        watched([piece(*map(str, range(50)))], objects(50, 0, "lable"), roles=Roles("id", "label"))
    with pytest.raises(DataError, match="rows has no column of the model; it has x, and the model knows a, b"):
        watched([Piece({"x": [1]}, widens=True)], roles=Roles())


def test_a_source_without_a_row_is_refused_unless_more_may_come(tmp_path):
    with pytest.raises(
        DataError, match="there is nothing to watch in rows: no header and no row; name a source of rows"
    ):
        watched([None])
    monitor, _ = watched([None], state=StateFile(tmp_path / "state.json"))
    assert monitor.rows == 0
    monitor, _ = watched([Piece({"id": [], "a": []})])
    assert monitor.rows == 0
    with pytest.raises(DataError, match="rows has no column of the model; it has x, y"):
        watched([Piece({"x": (), "y": ()})])


def test_rows_without_any_column_of_the_model_are_refused():
    with pytest.raises(DataError, match="rows has no column of the model; it has id, x, and the model knows a, b"):
        watched([piece("1", a=None, b=None, x=[1])])
    with pytest.raises(DataError, match="rows has no column 'ID'; did you mean 'id'"):
        watched([piece("1")], roles=Roles(key="ID"))


def test_a_source_that_is_silent_is_told_and_that_it_comes_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])

    class Slow(Given):
        def read(self, most, patience_s):
            now[0] += 40
            return super().read(most, patience_s)

    rows = [piece("1"), None, None, None, piece("2"), None, None, piece("3")]
    _, heard = watched(Slow(*rows), stalled_s=60)
    assert heard.sentences() == [
        "nothing has come from rows for 2 min; the watch goes on",
        "rows are coming from rows again, after 3 min without any",
        "rows has ended after row 3",
    ]
    monitor, _ = watched(Slow(piece("1"), None, None, None, piece("2")), end_after_s=100)
    assert monitor.rows == 1
    monitor, _ = watched(Slow(piece("1"), None, None, None, piece("2")), [labels(**{"2": 1})], stalled_s=60)
    assert monitor.labels == 1, "a label waits for its row, however silent the rows are"


def test_a_watch_goes_on_from_its_state_as_if_nothing_had_been(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_SAVED_EVERY_S", 0.0)
    monkeypatch.setattr(loop, "_SAVING_SHARE", float("inf"))
    pieces = [piece(*(f"{i}-{j}" for j in range(40))) for i in range(30)]
    expected, _ = watched(pieces, [None, labels(**{"0-0": 1, "0-9": 0})])
    heard, source = Heard(), Given(*pieces)
    for _ in range(5):
        state = StateFile(tmp_path / "state.json")
        with state.held():
            monitor = Counting()
            given = Given(None, labels(**{"0-0": 1, "0-9": 0}), name="labels", identity="labels")
            watch = Watch(monitor, Given(*pieces), labels=given, roles=Roles("id", "label"), state=state, told=(heard,))
            for _ in range(7):
                watch.step()
    assert source.at == 0
    assert monitor.rows == expected.rows
    assert monitor.seen == expected.seen
    log = [json.loads(line) for line in (tmp_path / "state.happenings.jsonl").read_text().splitlines()]
    assert [each["row"] for each in log if each["kind"] == "alarm"] == [700]
    assert [each.row for each in heard.happenings if each.kind == "alarm"] in ([700], [700, 700])


def test_an_alarm_that_was_stored_and_not_told_is_told_at_the_next_start(tmp_path):
    class Dead(Heard):
        def happened(self, happening):
            if happening.kind == "alarm":
                raise KeyboardInterrupt

    state = StateFile(tmp_path / "state.json")
    with pytest.raises(KeyboardInterrupt):
        Watch(Counting(alarm=1), Given(piece("1", "2", "3")), roles=Roles("id"), state=state, told=(Dead(),)).run()
    _, heard = watched([piece("1", "2", "3")], monitor=Counting(alarm=1), state=StateFile(tmp_path / "state.json"))
    assert [each.kind for each in heard.happenings].count("alarm") == 1
    _, heard = watched([piece("1", "2", "3")], monitor=Counting(alarm=1), state=StateFile(tmp_path / "state.json"))
    assert [each.kind for each in heard.happenings].count("alarm") == 0, "and not again"


def test_the_log_holds_each_happening_once_however_the_last_watch_ended(tmp_path):
    one, two, three = (Happening("notice", row, f"sentence {row}") for row in range(3))
    path, log = tmp_path / "state.json", tmp_path / "state.happenings.jsonl"

    def logged():
        return [json.loads(line)["row"] for line in log.read_text().splitlines()]

    def again():
        state = StateFile(path)
        assert state.read({}) is not None
        return state

    state = StateFile(path)
    assert state.read({}) is None
    state.write({"belongs_to": {}}, [one], "now")
    state.write({"belongs_to": {}}, [two], "now")
    whole = log.read_bytes()
    for left in (whole, whole + b'{"row": 99', whole[: whole.index(b"\n") + 9], whole[: whole.index(b"\n") + 1]):
        log.write_bytes(left)  # killed after, before, within and ahead of writing the last line
        again()
        assert logged() == [0, 1]
    log.unlink()
    again().write({"belongs_to": {}}, [three], "now")
    assert logged() == [1, 2], "what somebody removed is gone, and the rest goes on"


def test_an_interrupt_ends_a_watch_with_how_it_stood():
    class Interrupted(Given):
        def read(self, most, patience_s):
            if self.at == 1:
                raise KeyboardInterrupt
            return super().read(most, patience_s)

    heard = Heard()
    with pytest.raises(KeyboardInterrupt):
        Watch(Counting(), Interrupted(piece("1", unread=[(0, "why")])), roles=Roles("id"), told=(heard,)).run()
    assert heard.last.newest == tuple(heard.happenings)


def test_what_is_confirmed_to_a_source_is_stored_already(tmp_path):
    stored = []

    class Strict(Given):
        def kept(self):
            super().kept()
            stored.append(
                json.loads((tmp_path / "state.json").read_text())["sealed"]["value"]["places"]["rows"]["at"] == self.at
            )

    watched(Strict(piece("1"), piece("2")), state=StateFile(tmp_path / "state.json"))
    assert stored
    assert all(stored)


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "state.json"
    watched([piece("1")], [labels(**{"1": 1})], state=StateFile(path))
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"monitor": Counting(name="two")}, "belongs to a watch of another model, or of other settings"),
        ({"rows": Given(piece("1"), identity="elsewhere")}, "belongs to a watch of another source of rows"),
        ({"label_pieces": None}, "belongs to a watch of another source of labels"),
    ],
)
def test_a_state_of_another_watch_is_refused(stored, change, said):
    how = {"rows": [piece("1")], "label_pieces": [labels(**{"1": 1})], **change}
    with pytest.raises(InputError, match=f"state.json {said}"):
        watched(how.pop("rows"), how.pop("label_pieces"), state=StateFile(stored), **how)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-9],
        lambda content: content.replace(b'"rows": 1', b'"rows": 2'),
        lambda content: b"",
        lambda content: b"[]",
    ],
)
def test_a_state_that_is_damaged_is_refused_and_stays_as_it_is(stored, damage):
    stored.write_bytes(damage(stored.read_bytes()))
    before = stored.read_bytes()
    with pytest.raises(
        InputError, match=r"state.json cannot be used as the state of a watch: .* move it away to begin anew"
    ):
        watched([piece("1")], [labels(**{"1": 1})], state=StateFile(stored))
    assert stored.read_bytes() == before


def test_a_state_of_another_version_is_refused(stored, monkeypatch):
    monkeypatch.setattr("lab.watching.state.SCHEMA", 3)
    with pytest.raises(InputError, match=r"was written by another version \(schema 2, not 3\)"):
        watched([piece("1")], [labels(**{"1": 1})], state=StateFile(stored))


def test_two_watches_do_not_share_a_state(tmp_path):
    path = tmp_path / "state.json"
    refused = pytest.raises(InputError, match=r"another watch uses .*state.json")
    with StateFile(path).held(), refused, StateFile(path).held():
        pass


def test_what_a_watch_holds_is_bounded(monkeypatch, tmp_path):
    monkeypatch.setattr(newest_keys, "WINDOW", 50)
    monkeypatch.setattr(late, "WAITING", 20)
    monkeypatch.setattr(late, "PATIENCE_ROWS", 30)
    sizes = []
    for n_pieces in (40, 400):
        path = tmp_path / f"{n_pieces}.json"
        pieces = [piece(*(f"{i:05}-{j}" for j in range(10)), unread=[(0, "why")]) for i in range(n_pieces)]
        known = [labels(**{f"none-{i:05}-{j}": 1 for j in range(4)}) for i in range(n_pieces)]
        monitor = Counting(alarm=10**9)
        monitor.keys = type("Nothing", (dict,), {"__setitem__": lambda self, key, value: None})()
        watched(pieces, known, monitor=monitor, state=StateFile(path))
        sizes.append(path.stat().st_size)
    assert sizes[1] < 1.05 * sizes[0]
