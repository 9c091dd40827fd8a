"""A watch can be followed on a page: for this user on this machine, with a strict policy, and also without its script."""

import base64
import dataclasses
import hashlib
import http.client
import re
import time
from pathlib import Path

import pytest
from samples import browser
from samples.watched import Counting

from lab.protocol import Estimate
from lab.report.watch import live_page, report_page
from lab.terminal import watch_page
from lab.watching.plain import Standing
from lab.watching.protocol import Happening, SignalState

AXE = Path(__file__).parents[3] / ".peers" / "web" / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = "<script>alert(1)</script>\u202e"


def standing(rows=10, *, alarm=5, newest=()):
    monitor = Counting(alarm=alarm)
    monitor.rows, monitor.labels = rows, 4
    status = dataclasses.replace(monitor.status(), expected=Estimate(0.875, 0.85, 0.9, ""))
    return Standing(
        "rows.csv", "2026-01-01T09:00:00+00:00", status, {"alarms": 1}, ("2 rows that did not parse",), newest
    )


def ask(address, *, host=None, path=None):
    where, _, rest = address.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(where, timeout=10)
    try:
        connection.request("GET", f"/{rest}" if path is None else path, headers={"Host": host or where})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def page(monkeypatch):
    """Give what shows a watch, and the address that was said."""
    opened = []
    monkeypatch.setattr(watch_page, "open_page", lambda address, *, or_else: opened.append(address))
    said = []
    with watch_page.watch_page(said.append) as shown:
        shown.stands(standing())
        address = said[0].removeprefix("the watch can be followed at ")
        token = address.split("/")[3]
        assert token not in opened[0], "the command line of a browser can be read by all"
        yield shown, address


def test_the_page_says_how_the_watch_stands_now(page):
    shown, address = page
    status, headers, content = ask(address)
    assert status == 200
    for words in ("Retrain now", "Column a changed near row 650.", "2 rows that did not parse", "row 651", "87.5 % ("):
        assert words in content
    policy = headers["Content-Security-Policy"]
    script = re.search(r"<script>(.*?)</script>", content, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'; connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "innerHTML" not in script
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in content
    shown.stands(standing(rows=4_321))
    assert "4,321" in ask(address)[2]


def test_the_page_is_this_user_s_on_this_machine(page):
    _, address = page
    where, token = address.split("/")[2:4]
    refused = [
        ask(address, host="evil.example"), ask(address, host=f"localhost:{where.partition(':')[2]}"),
        ask(address, path=f"/{'x' * len(token)}/page"), ask(address, path="/page"), ask(address, path=f"/{token}/state"),
    ]  # fmt: skip
    assert {status for status, _, _ in refused} == {404}


def test_texts_from_the_stream_can_do_nothing_in_either_page():
    happening = Happening("notice", 3, HOSTILE)
    found = standing(newest=(happening,))
    status = dataclasses.replace(found.status, signals=(SignalState(HOSTILE, "column", -1.0),), sentence=HOSTILE)
    found = dataclasses.replace(found, source=HOSTILE, status=status, said=(HOSTILE,))
    for content in (live_page(found), report_page(found)):
        assert "alert(1)</script>" not in content
        assert "\u202e" not in content
        assert content.count("&lt;script&gt;alert(1)") >= 5


def test_a_report_needs_no_script_and_explains_its_words():
    content = report_page(standing())
    assert "<script" not in content
    assert "connect-src" not in content
    assert "85 to 90 %)" in content
    assert "What the terms mean" in content


@pytest.mark.skipif(browser.CHROMIUM is None, reason="Chromium is not on the path")
def test_a_browser_shows_what_is_new_and_that_the_watch_has_ended(monkeypatch, tmp_path):
    *others, no_names = browser.QUIET
    monkeypatch.setattr(browser, "QUIET", [*others, f"{no_names}, EXCLUDE 127.0.0.1"])
    monkeypatch.setattr(watch_page, "open_page", lambda address, *, or_else: None)
    said = []
    with watch_page.watch_page(said.append) as shown:
        shown.stands(standing(alarm=100))
        seen = browser.Browser(said[0].removeprefix("the watch can be followed at "), tmp_path / "profile")
        try:

            def until(expression, wanted, told=None):
                end = time.monotonic() + 30
                while (found := seen.ask(expression)) != wanted:
                    assert time.monotonic() < end, found
                    if told is not None:
                        shown.stands(told)
                    time.sleep(0.05)

            until("document.querySelector('.verdict strong').textContent", "Undecided")
            new = standing(rows=4_321, newest=(Happening("alarm", 5, "it rose"),))
            until("document.querySelector('.verdict strong').textContent", "Retrain now", new)
            until("document.getElementById('heard').textContent", "Column a changed near row 650.")
            until("document.querySelector('.happenings li').textContent", "alarm row 6: it rose")
            if AXE.is_file():
                for width, dark in ((1280, False), (375, True)):
                    seen.show(width, 800, dark=dark)
                    seen.ask(AXE.read_text() + ";0")
                    seen.ask(
                        "window.found = null; axe.run().then(r => { window.found = r.violations.map(v => v.id); }); 0"
                    )
                    until("window.found !== null && window.found.join()", "")
            assert seen.problems == []
            shown._server._files.clear()  # a line that the browser keeps open is answered as long as this process lives
            until("document.getElementById('ended').hidden", False)
        finally:
            seen.close()
