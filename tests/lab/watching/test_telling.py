"""An alarm reaches other programs, once each and as JSON; what fails is told and ends nothing. Prometheus reads the numbers."""

import http.server
import json
import math
import sys
import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from samples.watched import Counting

from lab.errors import SettingsError
from lab.watching.plain import Standing, plain_standing, standing_of
from lab.watching.protocol import Happening, SignalState
from lab.watching.telling.alarms import Command, Webhook
from lab.watching.telling.prometheus import Endpoint

ABOUT = {"model": "model.onnx", "source": "rows.csv"}
ALARM = Happening("alarm", 6, "The pressure rose.", {"column": "a", "size": math.inf})
SENT = {
    "kind": "alarm", "row": 6, "sentence": "The pressure rose.", "facts": {"column": "a", "size": None}, **ABOUT,
}  # fmt: skip


@pytest.fixture
def listener():
    """Listen on a loopback port; gives the address, what was posted, and the answer to give."""
    posted, answer = [], {"status": 204, "location": None}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(
                (self.path, self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])))
            )
            self.send_response(answer["status"])
            if answer["location"]:
                self.send_header("Location", answer["location"])
            self.end_headers()

        def do_GET(self):
            posted.append(("GET", None, None))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", posted, answer
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_gets_every_alarm_and_no_notice(listener):
    address, posted, _ = listener
    said = []
    webhook = Webhook(f"{address}/hook", ABOUT, said.append)
    webhook.happened(ALARM)
    webhook.happened(Happening("notice", 7, "A column is lost."))
    ((path, kind, content),) = posted
    assert (path, kind, json.loads(content)) == ("/hook", "application/json", SENT)
    assert said == []


@pytest.mark.parametrize(
    ("status", "location", "why"),
    [(500, None, "it answered 500"), (302, "/elsewhere", r"it answered 302 \(it sends us elsewhere\)")],
)
def test_a_webhook_that_does_not_take_an_alarm_is_told(listener, status, location, why):
    address, posted, answer = listener
    answer |= {"status": status, "location": location}
    said = []
    Webhook(address, ABOUT, said.append).happened(ALARM)
    assert len(posted) == 1
    (sentence,) = said
    assert sentence.startswith("the alarm of row 7 did not reach the webhook at 127.0.0.1: ")
    assert __import__("re").search(why, sentence)


def test_nobody_at_the_address_is_told():
    said = []
    Webhook("http://127.0.0.1:9/", ABOUT, said.append).happened(ALARM)
    assert said == ["the alarm of row 7 did not reach the webhook at 127.0.0.1: Connection refused"]


def test_a_command_reads_an_alarm_and_no_shell_takes_part(tmp_path):
    said, heard = [], tmp_path / "heard $(touch oops)"
    write = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    command = Command(f"'{sys.executable}' -c '{write}' '{heard}'", ABOUT, said.append)
    command.happened(ALARM)
    assert json.loads(heard.read_text()) == SENT
    assert said == []
    assert [path.name for path in tmp_path.iterdir()] == [heard.name]


def test_a_command_that_fails_is_told():
    said = []
    Command(f"'{sys.executable}' -c 'raise SystemExit(5)'", ABOUT, said.append).happened(ALARM)
    assert said == [f"the alarm of row 7 did not reach the command {sys.executable}: it ended with 5"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Webhook("ftp://here", ABOUT, print), "begins with http:// or https://"),
        (lambda: Command("'", ABOUT, print), "quote it as for a shell"),
        (lambda: Command("no-such-command-here", ABOUT, print), "there is no such command"),
        (lambda: Endpoint("here:there"), "write PORT, or HOST:PORT"),
    ],
)
def test_what_cannot_be_told_is_said_before_the_watch(make, said):
    with pytest.raises(SettingsError, match=said):
        make()


def standing(n_rows=0):
    monitor = Counting(alarm=5)
    monitor.rows, monitor.labels = n_rows, n_rows
    return Standing(
        "rows.csv", "2026-01-01T00:00:00+00:00", monitor.status(), {"alarms": 1, "unread": 2}, ("odd",), (ALARM,)
    )


def test_prometheus_reads_the_newest_numbers_on_this_machine_only():
    endpoint = Endpoint("0")
    try:
        endpoint.stands(standing(3))
        endpoint.ended(standing(9))
        assert endpoint.address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(endpoint.address, timeout=10) as answer:
            families = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
        with pytest.raises(SettingsError, match="cannot use port"):
            Endpoint(endpoint.address.rpartition(":")[2].partition("/")[0])
    finally:
        endpoint.close()
    values = {name: [sample.value for sample in family.samples] for name, family in families.items()}
    assert values["lab_watch_rows"] == [9]
    assert values["lab_watch_alarms"] == [1]
    assert values["lab_watch_retrain"] == [1]
    assert values["lab_watch_accuracy"] == [90, 88, 92]
    assert [(each.labels, each.value) for each in families["lab_watch_evidence"].samples] == [
        ({"signal": "a"}, 1.0), ({"signal": "b"}, -2.0),
    ]  # fmt: skip
    assert [(each.labels, each.value) for each in families["lab_watch_odd_rows"].samples] == [({"what": "unread"}, 2)]


def test_a_standing_is_read_back_from_plain_values():
    import dataclasses

    found = standing(9)
    nothing = SignalState("c", "model", -math.inf)
    status = dataclasses.replace(found.status, signals=(*found.status.signals, nothing))
    found = dataclasses.replace(found, status=status, newest=())
    assert standing_of(json.loads(json.dumps(plain_standing(found)))) == found
