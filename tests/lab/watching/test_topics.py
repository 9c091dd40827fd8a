"""Topics of real brokers: every message is taken once, over breaks and restarts. Mosquitto, and the broker inside Kafka's client."""

import json
import threading
import time

import pytest
from samples import brokers

from lab.errors import DataError, InputError
from lab.watching.sources.mqtt import _ON_THE_WAY
from lab.watching.sources.opened import opened

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


@pytest.fixture(scope="module")
def kafka():
    with brokers.kafka() as (address, send):
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
