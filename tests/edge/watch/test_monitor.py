"""What a watch says depends on the rows alone: not on how they were cut, nor on how often it was stopped and taken up again."""

import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples.watch_rows import PROFILE, alarms, batches, calendar, monitor, prices, profile, rows, watched

from edge.watch.sealing import opened
from lab.errors import InputError
from lab.watching.protocol import Batch

N = 900


def changed(seed=3):
    columns, labels = rows(seed, N)
    columns["heat"][500:] += 8
    columns["kind"][600:700] = "z"
    columns["alarms"][::97] = np.nan
    return columns, labels


def told(said):
    return sorted((each.row, each.kind, each.sentence) for each in said)


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, N - 1), max_size=6, unique=True).map(sorted))
def test_nothing_depends_on_how_rows_are_cut_into_batches(cuts):
    columns, labels = changed()
    whole, parts = monitor(), monitor()
    expected = told(watched(whole, columns, labels))
    assert told(watched(parts, columns, labels, cuts=cuts)) == expected
    assert parts.state() == whole.state()
    assert parts.status() == whole.status()


@settings(max_examples=8, deadline=None)
@given(stops=st.lists(st.integers(1, N - 1), min_size=1, max_size=3, unique=True).map(sorted))
def test_a_watch_that_is_taken_up_again_goes_on_bit_by_bit(stops):
    columns, labels = changed()
    keys = [f"k{row}" for row in range(N)]
    labels = np.where(np.arange(N) % 3 == 0, labels, None)
    whole = monitor()
    watched(whole, columns, labels, keys=keys, cuts=stops)
    once = monitor()
    for batch in batches(columns, labels, keys=keys, cuts=stops):
        once.take(batch)
        again = monitor()
        again.resume(once.state())
        assert again.state() == once.state()
        once = again
    assert once.state() == whole.state()
    late = {f"k{row}": "hot" for row in range(0, N, 7)}
    assert told(once.take_labels(late)) == told(whole.take_labels(late))
    assert once.state() == whole.state()


def test_a_state_of_another_watch_and_a_damaged_one_are_refused_in_one_sentence():
    watch = monitor()
    watched(watch, *changed())
    state = watch.state()
    for other in (monitor(seed=1), monitor(model="other"), monitor(false_alarms=0.01), monitor(predicts=False)):
        with pytest.raises(InputError, match="another model, or with other settings"):
            other.resume(state)
    for damaged in (state[:-1], state[:200] + b"x" + state[201:], state + b"x"):
        with pytest.raises(InputError, match="damaged"):
            monitor().resume(damaged)
    for foreign in (b"", b"{}"):
        with pytest.raises(InputError, match="form"):
            monitor().resume(foreign)
    for number in (b"1", b"9"):
        with pytest.raises(InputError, match="written by another version of this program; begin the watch anew"):
            monitor().resume(b"lab watch state " + number + state[17:])


def layout(value):
    """Give what a state is made of: names, kinds of values, and types of arrays; what is not there yet may be anything."""
    if isinstance(value, dict):
        return {name: layout(each) for name, each in value.items()}
    if isinstance(value, list):
        return [len(value), *sorted({repr(layout(each)) for each in value})]
    return f"{value.dtype} {value.ndim}" if isinstance(value, np.ndarray) else type(value).__name__


def test_the_number_of_the_form_is_raised_with_every_change_to_what_a_state_holds():
    """If this fails, raise the number in `edge.watch.sealing`, and write down the new number and the new digest here."""
    known = profile(times=np.arange(1_500) / 24, seasons=("hour",), is_own=False)
    watch = monitor(calendar=calendar("hour"), known=known)
    columns, labels = changed()
    columns["time"] = np.arange(N) * 3_600.0
    watched(
        watch, columns, np.where(np.arange(N) < 300, "hot", labels), keys=[f"k{row}" for row in range(N)], cuts=(600,)
    )
    state = watch.state()
    found = layout(opened(state, watch.identity))
    assert [name for name, part in found.items() if part == "NoneType"] == [], "every part is there"
    assert (state[:18], hashlib.sha256(repr(found).encode()).hexdigest()[:16]) == (
        b"lab watch state 3\n",
        "83f8d92f91070022",
    )


def test_false_alarms_are_as_rare_as_promised():
    raised = sum(bool(alarms(watched(monitor(seed=s, false_alarms=0.2), *rows(1_000 + s, 1_500)))) for s in range(25))
    assert raised <= 9  # binomial: 1 in 100 runs of 25 at 0.2 have more


LATER = np.arange(4_000) >= 2_000


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("heat", lambda v: np.where(LATER, v + 2, v), "mean 49.91 before"),
        ("heat", lambda v: np.where(LATER, 50 + 2 * (v - 50), v), "standard deviation"),
        ("heat", lambda v: np.where(LATER & (np.arange(4_000) % 4 == 0), np.nan, v), "missing values"),
        ("heat", lambda v: np.where(LATER, v * 1_000, v), "mean 49.91 before"),
        ("heat", lambda v: np.where(LATER & (np.arange(4_000) % 4 == 0), "broken", v), "cannot be read"),
        ("alarms", lambda v: np.where(LATER & (np.arange(4_000) % 10 == 0), 1.0, v), "mean 0.0"),
        ("kind", lambda v: np.where(LATER & (np.arange(4_000) % 10 == 0), "new", v), "hardly has"),
        ("open", lambda v: np.where(LATER, 0.0, v), "share of true"),
    ],
)
def test_a_change_is_seen_with_its_beginning_its_column_and_its_size(name, change, words):
    columns, _ = rows(8, 4_000)
    columns[name] = change(columns[name])
    watch = monitor()
    found = alarms(watched(watch, columns))
    assert name in found
    assert found[name].facts["earliest"] <= 2_000 <= found[name].facts["latest"]
    assert 2_000 <= found[name].row < 3_000
    assert words in found[name].facts["change"]
    assert {each for each in found if each in columns} == {name}
    state = next(each for each in watch.status().signals if each.name == name)
    assert (state.alarm, state.start[1:]) == (
        found[name].row,
        (found[name].facts["earliest"], found[name].facts["latest"]),
    )
    assert state.evidence >= 0


def test_nothing_is_said_where_nothing_changed():
    watch = monitor()
    assert watched(watch, *rows(21, 2_000)) == []
    status = watch.status()
    assert (status.rows, status.labels, status.advice.answer) == (2_000, 2_000, "no")
    assert status.accuracy.low <= status.expected.value <= status.accuracy.high
    assert all(each.evidence < 0 for each in status.signals)


def flipped(n_rows=3_000, at=1_500, seed=5):
    columns, labels = rows(seed, n_rows)
    turned = (np.arange(n_rows) >= at) & (np.random.default_rng(0).random(n_rows) < 0.35)
    return columns, np.where(turned, np.where(labels == "hot", "cold", "hot"), labels)


def test_labels_that_mean_something_else_are_told_from_data_and_make_the_estimate_withdrawn():
    watch = monitor()
    found = alarms(watched(watch, *flipped()))
    assert {"errors"} <= set(found) <= {"errors", "calibration"}
    assert found["errors"].facts["earliest"] <= 1_500 <= found["errors"].facts["latest"]
    status = watch.status()
    assert status.sentence.startswith("What the columns mean for the labels changed")
    assert status.expected is None
    assert status.advice.answer == "yes"
    assert "points" in status.advice.reason


@pytest.mark.parametrize(("wrong", "training", "answer"), [(1.0, 10.0, "yes"), (1.0, 1e6, "no")])
def test_prices_decide_whether_to_train_again(wrong, training, answer):
    watch = monitor(costs=prices(wrong, training))
    watched(watch, *flipped())
    assert watch.status().advice.answer == answer


def moved(at, n_rows=3_000, share=0.12):
    """A share of the labels is wrong throughout, and a column that says nothing of them moves."""
    columns, labels = rows(22, n_rows)
    columns["open"] = np.where(np.arange(n_rows) >= at, 1.0, columns["open"])
    wrong = np.random.default_rng(1).random(n_rows) < share
    return columns, np.where(wrong, np.where(labels == "hot", "cold", "hot"), labels)


def right(columns, labels):
    """Whether the model is right."""
    return np.where(columns["heat"] > 50, "hot", "cold") == labels


def test_what_a_change_costs_is_held_against_the_labels_of_the_stream_before_it():
    watch = monitor(known=profile(is_own=False))
    columns, labels = moved(1_500, share=0.04)
    assert set(alarms(watched(watch, columns, labels))) == {"open"}
    kept = right(columns, labels)
    lost = 100 * (kept[:1_500].mean() - kept[1_500:].mean())
    said = watch.status().advice
    assert said.answer in ("no", "undecided")
    assert f"the model {'loses' if lost >= 0 else 'gains'} {abs(lost):.1f} points of accuracy" in said.reason
    assert "in training" not in said.reason


@pytest.mark.parametrize(("is_own", "where"), [(False, "in training"), (True, "on the reference")])
def test_where_few_labels_came_before_a_change_it_says_what_the_loss_is_held_against(is_own, where):
    watch = monitor(known=profile(is_own=is_own))
    watched(watch, *moved(100, 1_000, 0.1))
    said = watch.status().advice
    assert said.reason.startswith("Since the change the model is ")
    assert f"less accurate than {where} (" in said.reason


def test_the_loss_of_a_model_that_was_bad_from_its_first_row_is_counted_from_there_alone():
    watch = monitor(known=profile(is_own=False), costs=prices(1.0, 1e6))
    columns, labels = moved(1_500, share=0.35)
    found = alarms(watched(watch, columns, labels))
    assert {"errors beyond those in training", "open"} <= set(found)
    status = watch.status()
    paid = 2 * sum(PROFILE.answered.right) - right(columns, labels).sum()
    assert f"In wrong answers beyond those in training the model has cost about {paid} so far" in status.advice.reason


def test_labels_that_come_late_count_as_those_that_come_with_their_row():
    columns, labels = flipped()
    keys = [f"k{row}" for row in range(len(labels))]
    with_rows, later = monitor(), monitor()
    expected = alarms(watched(with_rows, columns, labels))["errors"].facts
    watched(later, columns, keys=keys)
    assert later.status().labels == 0
    found = alarms(later.take_labels(dict(zip(keys, labels.tolist(), strict=True))))["errors"]
    assert found.facts == expected | {"noticed": 2_999}
    assert later.status().labels == with_rows.status().labels == 3_000


def late(order, seed=5, *, is_own=True):
    """A watch whose rows come first, and then their labels in some order; and what was said of these."""
    columns, labels = flipped(2_000, 1_000, seed)
    keys = [f"k{row}" for row in range(2_000)]
    watch = monitor(known=profile(is_own=is_own))
    watched(watch, columns, keys=keys)
    return watch, alarms(watch.take_labels({keys[row]: labels[row] for row in order}))


@pytest.mark.parametrize(("is_own", "at"), [(False, 1_000), (True, 0)])
def test_where_labels_do_not_come_in_the_order_of_rows_no_row_is_named(is_own, at):
    """The last label comes first: before and since are those of the labels; held against a reference the very first are others."""
    watch, found = late(range(1_999, -1, -1), is_own=is_own)
    errors = found["errors"]
    assert "changed near label " in errors.sentence
    assert errors.sentence.endswith("since, in the order in which labels came, which is not that of their rows.")
    assert [errors.facts[name] for name in ("began", "earliest", "latest")] == [None] * 3
    assert errors.facts["earliest_label"] <= at <= errors.facts["latest_label"]
    status = watch.status()
    state = next(each for each in status.signals if each.name == "errors")
    assert state.start is None
    assert state.change.endswith("since, in the order in which labels came, which is not that of their rows")
    assert status.sentence.startswith("What the columns mean for the labels changed, first near label ")
    assert status.advice.answer == "yes"
    assert status.advice.reason.startswith("From the first row on the model is ")
    again = monitor(known=profile(is_own=is_own))
    again.resume(watch.state())
    assert again.status() == status


@pytest.mark.parametrize("jitter", [0, 40])
def test_labels_that_come_nearly_in_the_order_of_rows_name_a_row(jitter):
    """Some labels come a little late, and one in fifty very much so."""
    rng = np.random.default_rng(3)
    ranks = np.arange(2_000) + rng.uniform(0, jitter, 2_000) + 400 * (rng.random(2_000) < jitter / 2_000)
    _, found = late(np.argsort(ranks))
    assert found["errors"].facts["earliest"] <= 1_000 <= found["errors"].facts["latest"]
    assert "near row " in found["errors"].sentence


def test_labels_in_an_order_of_their_own_name_no_row():
    """A change of the order in which they came there is not: half of them are of either side of it."""
    watch, found = late(np.random.default_rng(0).permutation(2_000), seed=7)
    assert all(each.facts["began"] is None for each in found.values() if each.facts["earliest_label"] > 0)
    assert all(each.start is None for each in watch.status().signals if each.kind == "model")


def test_labels_for_a_row_that_is_not_looked_at_yet_and_for_no_row():
    columns, labels = rows(2, 150)
    keys = [f"k{row}" for row in range(150)]
    watch = monitor()
    watched(watch, columns, keys=keys)
    said = watch.take_labels({"k120": labels[120], "nobody": "hot", "else": "hot", "k3": "lukewarm", "k4": ""})
    assert [each.facts["notice"] for each in said] == ["class", "unknown"]
    assert watch.status().labels == 1
    more, _ = rows(4, 50)
    watch.take(Batch({name: values.tolist() for name, values in more.items()}, 150, keys=["k5", *keys[1:50]]))
    assert watch.status().labels == 2


def test_columns_that_come_and_go_or_change_their_type_are_told_once_and_end_nothing():
    columns, _ = rows(6, 1_000)
    del columns["open"]
    columns["heat"] = np.array(["hot"] * 1_000, dtype=object)
    watch = monitor()
    first, *others = batches(columns, cuts=[250, 500])
    others = [dataclasses.replace(each, columns={**each.columns, "brand": [0] * each.n_rows}) for each in others]
    said = [each for batch in (first, *others) for each in watch.take(batch) if each.kind == "notice"]
    assert [(each.facts["notice"], each.row) for each in said] == [
        ("lost column", 0),
        ("type column", 0),
        ("new column", 250),
    ]
    assert watch.rows == 1_000
    assert watch.status().sentence.startswith("The device or the source of the rows changed")


def test_columns_that_the_model_does_not_use_are_no_news_and_said_in_one_sentence():
    columns, _ = rows(6, 400)
    columns |= {"id": np.arange(400), "day": np.arange(400)}
    watch = monitor()
    said = watched(watch, columns, cuts=[50])
    assert [each.sentence for each in said] == [
        "The stream has columns that the model does not use: 'id' and 'day'; they are not watched."
    ]
    assert said[0].facts == {"notice": "unused columns", "columns": ["id", "day"]}
    again = monitor()
    again.resume(watch.state())
    more = {name: values[:50].tolist() for name, values in columns.items()} | {"later": [0] * 50}
    assert [each.facts["column"] for each in again.take(Batch(more, 400))] == ["later"]


@pytest.mark.parametrize(
    ("n_rows", "sentence", "answer"),
    [
        (0, "Nothing can be said yet: rows are looked at 100 at a time, and none has come.", "undecided"),
        (99, "Nothing can be said yet: rows are looked at 100 at a time, and 99 have come.", "undecided"),
        (100, "Nothing has changed in 100 rows, as far as can be told from chance.", "no"),
        (350, "Nothing has changed in 300 rows, as far as can be told from chance; 50 more wait until 100 have come.", "no"),
    ],
)  # fmt: skip
def test_rows_that_are_not_looked_at_yet_are_not_said_to_be_as_before(n_rows, sentence, answer):
    columns, labels = rows(21, 400)
    columns["heat"][300:] += 1_000
    watch = monitor()
    watched(watch, {name: values[:n_rows] for name, values in columns.items()}, labels[:n_rows])
    status = watch.status()
    assert (status.rows, status.sentence, status.advice.answer) == (n_rows, sentence, answer)


def test_a_column_that_is_called_as_a_signal_of_the_model_is_a_column():
    names = {
        "heat": "errors beyond those in training",
        "kind": "errors",
        "open": "calibration",
        "alarms": "seconds per row",
    }
    renamed = [dataclasses.replace(each, name=names[each.name]) for each in PROFILE.columns]
    watch = monitor(known=dataclasses.replace(PROFILE, columns=tuple(renamed)), predicts=False)
    columns, _ = rows(8, 1_500)
    columns["heat"][700:] += 8
    columns["open"][700:] = 1
    found = alarms(watched(watch, {names[name]: values for name, values in columns.items()}))
    assert set(found) == {names["heat"], names["open"]}
    assert found[names["heat"]].sentence.startswith("The column 'errors beyond those in training' changed near row ")
    said = watch.status()
    assert said.sentence.startswith("The data changed, first near row ")
    assert "wrong more often" not in said.sentence
    assert "from the first row on" not in said.advice.reason.casefold()


def labelled(*parts, n_rows=100):
    """A watch that takes rows by their keys, and labels in between; and what was told."""
    columns, _ = rows(2, n_rows)
    watch, told, first = monitor(), [], 0
    for part in parts:
        if isinstance(part, dict):
            told += watch.take_labels(part)
            continue
        cells = {name: values[first : first + len(part)].tolist() for name, values in columns.items()}
        told += watch.take(Batch(cells, first, keys=part))
        first += len(part)
    return watch, [each.facts["notice"] for each in told if each.kind == "notice"]


def waits(watch):
    """Rows that wait for a label, by key, and rows whose label came."""
    held = opened(watch.state(), watch.identity)
    return dict(zip(held["waiting"]["keys"], held["waiting"]["rows"].tolist(), strict=True)), held["accuracy"][
        "recent"
    ][:, 0].tolist()


REST = [f"k{place}" for place in range(98)]


def test_of_two_rows_with_a_key_the_later_gets_the_label_wherever_they_wait():
    together, told = labelled(["a", "a"], {"a": "hot"}, REST)
    assert told == ["repeated"]
    assert waits(together) == ({key: place + 2 for place, key in enumerate(REST)}, [1])
    apart, told = labelled(["a", *REST, "b"], ["a"], {"a": "hot"}, ["c"] * 99, n_rows=200)
    assert told == ["repeated"]
    assert "a" not in waits(apart)[0]
    assert waits(apart)[1] == [100]
    between, told = labelled(["a"], {"a": "hot"}, ["a", *REST])
    assert told == []
    assert (waits(between)[0]["a"], waits(between)[1]) == (1, [0])


def test_a_label_that_came_before_its_row_was_looked_at_comes_once():
    watch, told = labelled(["a"], {"a": "hot"}, {"a": "cold"}, ["b", *REST])
    assert told == ["unknown"]
    assert waits(watch)[1] == [0]


def test_an_empty_key_is_no_key():
    watch, told = labelled(["", "", "a", *REST[1:]], {"": "hot", "a": "hot"})
    assert told == ["unknown"]
    assert "" not in waits(watch)[0]
    early, told = labelled(["", "a"], {"": "hot", "a": "hot"}, REST)
    assert told == ["unknown"]
    assert waits(early)[1] == [1]


def test_rows_that_do_not_follow_are_a_fault_of_the_caller():
    watch = monitor()
    with pytest.raises(ValueError, match="begins with row 5"):
        watch.take(Batch({"heat": [1.0]}, 5))
    with pytest.raises(ValueError, match="differ in length"):
        watch.take(Batch({"heat": [1.0], "open": [1.0, 0.0]}, 0))


def test_times_of_the_device_are_watched_where_it_tells_them():
    columns, _ = rows(12, 2_000)
    seconds = np.random.default_rng(1).lognormal(-7, 0.3, 2_000) * np.where(np.arange(2_000) >= 1_000, 3, 1)
    watch = monitor()
    found = alarms(watched(watch, columns, seconds=seconds.tolist()))
    assert list(found) == ["seconds per row"]
    assert "median" in found["seconds per row"].sentence
    assert watch.status().sentence.startswith("The device or the source of the rows changed")


def waves(first, n_rows):
    """Days since 1970, 100 rows an hour, and a wave over the day."""
    days = (first + np.arange(n_rows)) / 2_400
    return days, 6 * np.sin(2 * np.pi * np.floor(days * 24 + 1e-9) / 24)


def seasonal(named):
    """A reference with a wave over the day, and a watch of it."""
    from samples import watch_rows

    days, wave = waves(0, 4_800)
    columns, labels = rows(99, 4_800)
    columns["heat"] += wave
    table = dataclasses.replace(
        watch_rows.reference(4_800),
        features=watch_rows.pd.DataFrame(columns), target=(labels == "hot").astype(np.int64),
    )  # fmt: skip
    places = watch_rows.seasons_at(days, ("hour",)) if named else None
    known = watch_rows.profile_of(table, seed=1, seasons=places, n_seasons=24 if named else 1)
    return monitor(known=known, calendar=calendar("hour") if named else None, predicts=False)


def test_what_comes_again_every_day_is_no_change_where_the_season_is_named():
    columns, _ = rows(31, 4_800)
    days, wave = waves(0, 4_800)
    columns["heat"] += wave
    columns["time"] = days * 86_400
    assert alarms(watched(seasonal(named=True), columns, cuts=[77, 1_234])) == {}
    assert "heat" in alarms(watched(seasonal(named=False), columns))
    columns["heat"][2_400:] += 2
    assert "heat" in alarms(watched(seasonal(named=True), columns))


def test_time_that_goes_backwards_is_told_once():
    columns, _ = rows(31, 300)
    columns["time"] = np.arange(300)[::-1].astype(float)
    said = watched(seasonal(named=True), columns, cuts=[100])
    assert [each.facts["notice"] for each in said if each.kind == "notice"] == ["time backwards"]


def test_what_is_held_does_not_grow_with_the_stream():
    watch = monitor(predicts=False)
    columns, _ = rows(40, 5_000)
    sizes = []
    for turn in range(16):
        watch.take(Batch({name: values.tolist() for name, values in columns.items()}, 5_000 * turn))
        sizes.append(len(watch.state()))
    assert sizes[-1] - sizes[7] < 0.35 * sizes[7]


def test_the_model_of_a_run_is_watched_by_answers_that_are_no_history():
    """Other models gave them: they say what to expect, and no rank is taken among them."""
    watch = monitor(known=profile(is_own=False))
    assert watched(watch, *rows(21, 600)) == []
    assert watch.status().expected is not None
    assert monitor(known=profile(is_own=False)).identity != monitor(known=PROFILE).identity


@pytest.mark.parametrize("is_own", [True, False])
def test_errors_are_held_against_those_of_the_very_model_alone(is_own):
    """From the first row on three labels in ten are wrong: only who knows how often the model was right can tell."""
    columns, labels = rows(31, 1_500)
    wrong = np.random.default_rng(1).random(1_500) < 0.3
    turned = np.where(wrong, np.where(labels == "hot", "cold", "hot"), labels)
    found = alarms(watched(monitor(known=profile(is_own=is_own)), columns, turned))
    assert ("errors" in found) == is_own
    if is_own:
        assert (found["errors"].facts["began"], found["errors"].facts["earliest"]) == (0, 0)
        assert found["errors"].row < 600
