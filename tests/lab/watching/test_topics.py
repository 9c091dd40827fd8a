"""Topics of real brokers: every message is taken once, over breaks and restarts.

Mosquitto, Tansu (a broker of Kafka's protocol), and the broker inside Kafka's client.
"""

import json
import threading
import time
import types

import pytest
from samples import brokers

from lab.errors import DataError, InputError
from lab.watching.sources.mqtt import _ON_THE_WAY
from lab.watching.sources.opened import opened

needs_tansu = pytest.mark.skipif(brokers.TANSU is None, reason="Tansu is not installed")
needs_mosquitto = pytest.mark.skipif(brokers.MOSQUITTO is None, reason="mosquitto is not installed")


def contents(numbers):
    return [json.dumps({"a": number}).encode() for number in numbers]


def taken(source, n_rows):
    """Read until so many rows have come, and no more; gives column a."""
    cells, end = [], time.monotonic() + 20
    while len(cells) < n_rows:
        cells += source.read(n_rows - len(cells), 0.2).columns.get("a", ())
        assert time.monotonic() < end, cells
    return cells


def stored(source):
    return json.loads(json.dumps(source.place()))


def died(source):
    """Let a source end as a process does that is killed: without a word to its broker."""
    source._is_closed = True
    source._client.loop_stop()
    source._client.socket().close()


@pytest.fixture
def mqtt(tmp_path):
    with brokers.mosquitto(tmp_path) as port, brokers.publisher(port) as send:
        yield f"mqtt://127.0.0.1:{port}/fleet/+/rows", send


@needs_mosquitto
def test_messages_that_come_while_nothing_listens_are_kept_by_the_broker(mqtt):
    address, send = mqtt
    source = opened(address, wanted=("topic",))
    source.read(1, 0.0)
    send("fleet/7/rows", [b"nonsense", b"[1]", *contents(range(10))])
    assert taken(source, 10) == list(range(10))
    source.kept()
    source.close()
    send("fleet/8/rows", contents(range(10, 20)))
    again = opened(address, wanted=("topic",))
    again.seek(stored(source))
    piece = again.read(1, 5.0)
    assert piece.columns == {"topic": ["fleet/8/rows"], "a": [10]}
    assert taken(again, 9) == list(range(11, 20))
    again.kept()
    again.close()


@needs_mosquitto
def test_messages_that_a_state_has_taken_are_not_taken_twice_and_the_others_are(mqtt):
    address, send = mqtt
    source = opened(address)
    source.read(1, 0.0)
    send("fleet/7/rows", contents(range(30)))
    assert taken(source, 10) == list(range(10))
    place = stored(source)  # the state is stored, and nothing is confirmed
    taken(source, 10)  # taken by a process that dies before it stores them
    died(source)
    again = opened(address)
    again.seek(place)
    assert taken(again, 20) == list(range(10, 30))
    again.kept()
    assert again.read(1, 0.3).n_rows == 0
    again.close()


@needs_mosquitto
def test_a_message_whose_confirmation_was_lost_is_not_taken_twice(mqtt, monkeypatch):
    address, send = mqtt
    source = opened(address)
    source.read(1, 0.0)
    send("fleet/7/rows", contents(range(10)))
    taken(source, 10)
    monkeypatch.setattr(source._client, "ack", lambda number, quality: None)
    source.kept()  # the state is stored, and what confirms it is lost
    send("fleet/7/rows", contents(range(10, 15)))
    assert taken(source, 5) == list(range(10, 15))
    place = stored(source)
    died(source)
    again = opened(address)
    again.seek(place)
    assert again.read(100, 1.0).n_rows == 0
    again.kept()
    send("fleet/7/rows", contents([15]))
    assert taken(again, 1) == [15]
    again.close()


@needs_mosquitto
def test_more_messages_than_may_wait_lie_before_the_answer_of_an_earlier_session(mqtt):
    from paho.mqtt.client import MQTTMessage

    address, _ = mqtt
    first = opened(address)
    first.read(1, 0.0)
    died(first)
    source = opened(address)
    subscribe = source._client.subscribe

    def late(*arguments, **options):
        def after_all_that_was_kept():
            for content in contents(range(2 * _ON_THE_WAY)):
                message = MQTTMessage(topic=b"fleet/7/rows")
                message.payload = content
                source._on_message(source._client, None, message)
            subscribe(*arguments, **options)

        threading.Thread(target=after_all_that_was_kept).start()

    source._client.subscribe = late
    assert taken(source, 2 * _ON_THE_WAY) == list(range(2 * _ON_THE_WAY))
    source.close()


@needs_mosquitto
def test_a_broker_that_is_started_again_is_found_again(tmp_path):
    with brokers.mosquitto(tmp_path) as port:
        source = opened(f"mqtt://127.0.0.1:{port}/rows")
        source.read(1, 0.0)
        with brokers.publisher(port) as send:
            send("rows", contents([1]))
        assert taken(source, 1) == [1]
        source.kept()
        time.sleep(0.2)
    with brokers.mosquitto(tmp_path, port) as port, brokers.publisher(port) as send:
        send("rows", contents([2]))
        told, cells, end = [], [], time.monotonic() + 20
        while not cells:
            piece = source.read(1, 0.5)
            cells, told = list(piece.columns.get("a", ())), [*told, *piece.told]
            assert time.monotonic() < end
        source.close()
    assert cells == [2]
    assert "broke" in told[0]


def test_a_broker_that_does_not_answer_is_said():
    source = opened(f"mqtt://127.0.0.1:{brokers.free_port()}/rows")
    with pytest.raises(DataError, match=r"no broker answers at 127.0.0.1:\d+ \(Connection refused\)"):
        source.read(1, 0.0)


@needs_mosquitto
def test_a_broker_that_refuses_is_said(tmp_path):
    (tmp_path / "users").write_text("")
    with brokers.mosquitto(tmp_path, more=f"password_file {tmp_path}/users\n", anonymous=False) as port:
        source = opened(f"mqtt://somebody@127.0.0.1:{port}/rows")
        with pytest.raises(DataError, match="refuses us"):
            source.read(1, 0.0)
        source.close()


@pytest.fixture(scope="module", params=["kafka", pytest.param("tansu", marks=needs_tansu)])
def kafka(request):
    with pytest.MonkeyPatch.context() as patch, getattr(brokers, request.param)() as (address, send):
        if (
            request.param == "kafka"
        ):  # the one inside the client knows no identifiers, and leaves the question unanswered
            patch.setattr("lab.watching.sources.kafka._IDENTIFIER_S", 0.1)
        yield address, send


@pytest.fixture(scope="module")
def tansu():
    with brokers.tansu() as (address, send):
        yield address, send


def test_a_topic_of_kafka_goes_on_at_the_offsets_of_the_state(kafka):
    address, send = kafka
    send("fleet", contents(range(25)), keys=[f"key {number}" for number in range(25)])
    source = opened(f"kafka://{address}/fleet", wanted=("key",))
    first = source.read(10, 20.0)
    assert first.columns["key"][:2] == ["key 0", "key 1"]
    place = stored(source)
    taken(source, 15)
    source.close()
    again = opened(f"kafka://{address}/fleet", wanted=("key",))
    assert again.seek(place) == ()
    assert [*first.columns["a"], *taken(again, 25 - first.n_rows)] == list(range(25))
    again.close()


def test_a_topic_of_kafka_that_was_made_anew_is_told_and_read_from_its_beginning(kafka):
    address, send = kafka
    send("anew", contents(range(3)))
    source = opened(f"kafka://{address}/anew")
    (told,) = source.seek({"offsets": {"0": 99}, "columns": []})
    assert "the topic was made anew" in told
    assert taken(source, 3) == [0, 1, 2]
    source.close()


@needs_tansu
def test_rows_of_all_partitions_are_taken_once_over_restarts(tansu):
    address, _ = tansu
    brokers.making_if_needed(address, "wide", 3)
    producer = __import__("confluent_kafka").Producer({"bootstrap.servers": address})
    for number, content in enumerate(contents(range(3_000))):
        producer.produce("wide", content, partition=number % 3)
    assert producer.flush(20) == 0
    cells, place, told = [], None, []
    for n_rows in (700, 1, 1_299, 1_000):
        source = opened(f"kafka://{address}/wide")
        told += source.seek(place) if place else ()
        cells += taken(source, n_rows)
        place = stored(source)
        source.close()
    assert sorted(cells) == list(range(3_000))
    assert told == []


@needs_tansu
@pytest.mark.parametrize("n_new", [2, 9])
def test_a_topic_of_the_same_name_is_not_the_same_topic(tansu, n_new):
    address, send = tansu
    name = f"again{n_new}"
    send(name, contents(range(4)))
    source = opened(f"kafka://{address}/{name}")
    assert taken(source, 4) == [0, 1, 2, 3]
    place = stored(source)
    source.close()
    brokers.deleting(address, name)
    send(name, contents(range(100, 100 + n_new)))
    again = opened(f"kafka://{address}/{name}")
    assert again.seek(place) == (f"the topic {name} was made anew; it is read from its oldest message",)
    assert taken(again, n_new) == list(range(100, 100 + n_new))
    again.close()


@needs_tansu
def test_a_topic_that_is_made_anew_while_it_is_read_is_told_and_read_from_its_beginning(tansu, monkeypatch):
    address, send = tansu
    send("live", contents(range(4)))
    source = opened(f"kafka://{address}/live")
    assert taken(source, 4) == [0, 1, 2, 3]
    brokers.deleting(address, "live")
    send("live", contents(range(100, 109)))
    monkeypatch.setattr("lab.watching.sources.kafka._LOOKED_EVERY_S", 0.0)
    cells, told, end = [], [], time.monotonic() + 20
    while len(cells) < 9:
        piece = source.read(9, 0.2)
        cells, told = [*cells, *piece.columns.get("a", ())], [*told, *piece.told]
        assert time.monotonic() < end, cells
    assert cells == list(range(100, 109))
    said = "the topic live: it was made anew, and is read from its oldest message; 4 rows before this may count twice"
    assert [each for each in told if "anew" in each] == [said]
    place = stored(source)
    source.close()
    send("live", contents([109]))
    again = opened(f"kafka://{address}/live")
    assert (again.seek(place), taken(again, 1)) == ((), [109])
    again.close()


def identifiers(monkeypatch, *names):
    """Have the brokers answer so when they are asked for a topic's identifier."""
    answers = iter(names)
    monkeypatch.setattr("lab.watching.sources.kafka.KafkaTopic._asked_identifier", lambda self: next(answers))


def test_offsets_of_another_topic_of_the_same_name_are_not_taken(kafka, monkeypatch):
    address, send = kafka
    send("other", contents(range(6)))
    identifiers(monkeypatch, "one", "two", "")
    source = opened(f"kafka://{address}/other")
    taken(source, 4)
    place = stored(source)
    source.close()
    another = opened(f"kafka://{address}/other")
    assert another.seek(place) == ("the topic other was made anew; it is read from its oldest message",)
    assert taken(another, 6) == list(range(6))
    another.close()
    unasked = opened(f"kafka://{address}/other")
    assert unasked.place()["made"] == ""
    assert (unasked.seek(place), taken(unasked, 2)) == ((), [4, 5]), "where one is not known, nothing is concluded"
    assert unasked.place()["made"] == "one", "nor is what was known forgotten"
    unasked.close()


def test_another_identifier_while_a_topic_is_read_begins_it_anew(kafka, monkeypatch):
    address, send = kafka
    send("turned", contents(range(6)))
    answer = ["one"]
    monkeypatch.setattr("lab.watching.sources.kafka.KafkaTopic._asked_identifier", lambda self: answer[0])
    monkeypatch.setattr("lab.watching.sources.kafka._LOOKED_EVERY_S", 0.0)
    source = opened(f"kafka://{address}/turned")
    assert taken(source, 4) == [0, 1, 2, 3]
    answer[0] = ""  # nobody answers: nothing is concluded
    assert taken(source, 1) == [4]
    answer[0] = "two"
    cells, told, end = [], [], time.monotonic() + 20
    while len(cells) < 6:
        piece = source.read(6 - len(cells), 0.5)
        cells, told = [*cells, *piece.columns.get("a", ())], [*told, *piece.told]
        assert time.monotonic() < end, cells
    assert cells == list(range(6))
    assert [each for each in told if "anew" in each] == [
        "the topic turned: it was made anew, and is read from its oldest message; 1 row before this may count twice"
    ]
    assert source.place()["made"] == "two"
    source.close()


def test_the_newest_message_may_be_known_late_and_then_nothing_is_read_twice(kafka, monkeypatch):
    address, send = kafka
    send("late", contents(range(6)))
    monkeypatch.setattr("lab.watching.sources.kafka.KafkaTopic._asked_identifier", lambda self: "this one")
    source = opened(f"kafka://{address}/late")
    taken(source, 4)
    place = stored(source)
    source.close()
    again = opened(f"kafka://{address}/late")
    real = again._consumer
    again._consumer = types.SimpleNamespace(
        get_watermark_offsets=lambda *_, **__: (0, 3), assign=real.assign, consume=real.consume, close=real.close
    )
    assert (again.seek(place), taken(again, 2)) == ((), [4, 5])
    again.close()


def test_a_topic_or_a_broker_of_kafka_that_is_not_there_is_said(kafka, monkeypatch):
    with pytest.raises(DataError, match="there is no topic 'none'"):
        opened(f"kafka://{kafka[0]}/none")
    monkeypatch.setattr("lab.watching.sources.kafka._ANSWER_S", 0.5)
    with pytest.raises(DataError, match="no broker answers at"):
        opened(f"kafka://127.0.0.1:{brokers.free_port()}/rows")


def test_settings_of_kafka_s_client_are_taken_and_unknown_ones_refused(kafka):
    source = opened(f"kafka://{kafka[0]}/fleet", settings={"client.id": "here"})
    source.close()
    for settings in ({"no.such.setting": 1}, {"security.protocol": "nothing"}):
        with pytest.raises(InputError, match=r"does not take these settings: .*; mend the file of --kafka-settings"):
            opened(f"kafka://{kafka[0]}/fleet", settings=settings)


@pytest.mark.parametrize(("module", "address", "extra"), [
    ("confluent_kafka", "kafka://here/rows", "kafka"), ("paho.mqtt.client", "mqtt://here/rows", "mqtt"),
])  # fmt: skip
def test_a_client_that_is_not_installed_is_named_with_its_extra(monkeypatch, module, address, extra):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(InputError, match=rf"\[{extra}\]"):
        opened(address)
