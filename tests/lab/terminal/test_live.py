"""A run can be followed: the page is for this user on this machine, shows no verdict and no row, and ends with the run."""

import base64
import hashlib
import http.client
import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import browser
from samples.here import in_this_process
from samples.small_lab import Counting, Settings, SmallLab

from lab import flow
from lab.protocol import ALONE, Dataset
from lab.report import page
from lab.terminal import live
from lab.work.resume import Progress

PLANTED = 0.718281828459


class Strict(SmallLab):
    """May be judged only after its last trial."""

    def __init__(self):
        self.judged = 0

    def judge(self, evidence, settings):
        self.judged += 1
        return super().judge(evidence, settings)


@pytest.fixture
def dataset():
    features = pd.DataFrame(
        {"a": np.r_[PLANTED, np.arange(39.0)], "who": ["Zebulon Quill", *["x", "y", "z"] * 13]}
    ).astype({"who": object})
    target = np.arange(40) % 2
    kinds = {"a": "number", "who": "category"}
    return Dataset("cases", features, target, "y", ("no", "yes"), kinds, "0" * 64, (), ALONE)


class Artist:
    """Draws nothing, at no cost."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def svg(self, figure, spec):
        return f"<svg><text>{figure.title}</text></svg>"


@pytest.fixture
def artist(request, monkeypatch):
    """Pictures are drawn where a test looks at them."""
    if "browser" not in request.node.name:
        for module in (live.live, page):
            monkeypatch.setattr(module, "Artist", Artist)


@pytest.fixture
def opened(artist, monkeypatch):
    """What the browser of the user is asked to open."""
    pages = []
    monkeypatch.setattr(live, "open_page", lambda address, *, or_else: pages.append(address))
    monkeypatch.setattr(live, "_LEAST_S", 0.0)
    monkeypatch.setattr(live, "_SHARE", 1e9)
    in_this_process(monkeypatch)
    return pages


def ask(address, name, *, host=None, method="GET"):
    where, _, path = address.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(where, timeout=10)
    try:
        connection.putrequest(method, f"/{path.rpartition('/')[0]}/{name}", skip_host=True)
        connection.putheader("Host", host or where)
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def followed(lab, dataset, settings, out, look=lambda address, progress: None, patience_s=0.1):
    """Run a lab as `lab run --live` does; `look` is called after each trial."""
    said = []
    with live.live_view(lab, dataset, settings, seed=0, files=[], notify=said.append) as view:
        address = said[0].rpartition(" ")[2]

        def watch(progress):
            view.watch(progress)
            look(address, progress)

        done = flow.run(lab, dataset, settings, out=out, opened=view.opened, watch=watch)
        view.finish(done.folder / "report.html", patience_s=patience_s)
        return done, address, {name: ask(address, name) for name in ("page", "state", "picture", "report")}


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "marks").mkdir()
    return Settings(marks=str(tmp_path / "marks"))


def test_a_run_that_is_followed_shows_what_is_known_so_far_without_a_verdict_and_becomes_its_report(
    dataset, opened, settings, tmp_path
):
    lab, seen = Strict(), []

    def look(address, progress):
        seen.append((lab.judged, ask(address, "state")[2], ask(address, "picture")))

    done, _, last = followed(lab, dataset, settings, tmp_path / "runs", look)
    states = [json.loads(state) for _, state, _ in seen]
    assert [(state["done"], state["total"], state["finished"]) for state in states] == [
        (n, 2, False) for n in (0, 1, 2)
    ]
    assert [state["ended"] for state in states] == [[], ["count-0"], ["count-1", "count-0"]]
    assert [status for _, _, (status, _, _) in seen] == [404, 200, 200]
    assert seen[1][2][2].startswith("<svg")
    assert states[1]["basis"] == "After 1 of 2 trials: no verdict, and it may still change."
    assert [judged for judged, _, _ in seen] == [0, 0, 0]
    assert "So far, not a verdict" in last["page"][2]
    assert json.loads(last["state"][2])["finished"]
    assert last["report"][2] == (done.folder / "report.html").read_text(encoding="utf-8")


def test_a_run_that_is_followed_finds_the_same(dataset, opened, settings, tmp_path):
    plain = flow.run(SmallLab(), dataset, settings, out=tmp_path / "plain").record
    done, _, _ = followed(SmallLab(), dataset, settings, tmp_path / "runs")
    assert (done.record.evidence, done.record.verdict) == (plain.evidence, plain.verdict)


def test_what_is_served_holds_no_cell_of_the_table(dataset, opened, settings, tmp_path):
    bodies = []
    names = ("page", "state", "picture")
    look = lambda address, progress: bodies.extend(ask(address, name)[2] for name in names)  # noqa: E731
    _, _, last = followed(SmallLab(), dataset, settings, tmp_path / "runs", look)
    everything = " ".join([*bodies, *(body for _, _, body in last.values())])
    assert "cases" in everything
    for cell in ("Zebulon", str(PLANTED)[:6]):
        assert cell not in everything


def test_only_this_page_s_own_names_are_served_under_its_own_host_and_path(dataset, opened, settings, tmp_path):
    refused = []

    def look(address, progress):
        where, _, path = address.removeprefix("http://").partition("/")
        token = path.partition("/")[0]
        assert where.startswith("127.0.0.1:")
        assert len(token) >= 32
        assert token not in opened[0], "the command line of a browser can be read by all"
        wrong = address.replace(token, "x" * len(token))
        refused.append(ask(wrong, "state"))
        refused.append(ask(address, "state", host="localhost:" + where.partition(":")[2]))
        refused.append(ask(address, "state", host="evil.example"))
        refused.extend(
            ask(address, name) for name in ("", "../page", "..%2fpage", "../../etc/passwd", "record.json", "trials")
        )
        refused.append(ask(address, "report"))
        refused.append(ask(address, "result", method="POST"))

    followed(SmallLab(), dataset, settings, tmp_path / "runs", look)
    assert {(status, body) for status, _, body in refused} == {(404, ""), (409, "")}
    assert sum(status == 409 for status, _, _ in refused) == 3, "a result is taken from no page"


def test_the_page_may_run_its_own_script_only_and_ask_nobody_else(dataset, opened, settings, tmp_path):
    _, _, last = followed(SmallLab(), dataset, settings, tmp_path / "runs")
    _, headers, body = last["page"]
    script = re.search(r"<script>(.*?)</script>", body, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = headers["Content-Security-Policy"]
    assert policy.split("; ")[0] == "default-src 'none'"
    assert f"script-src 'sha256-{digest}'; connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "innerHTML" not in script
    for name in ("state", "picture"):
        assert last[name][1]["Content-Security-Policy"] == "default-src 'none'"
    assert "connect-src" not in last["report"][1]["Content-Security-Policy"]


def test_nothing_is_served_any_more_when_a_run_was_interrupted(dataset, opened, settings, tmp_path):
    addresses = []

    def look(address, progress):
        addresses.append(address)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        followed(SmallLab(), dataset, settings, tmp_path / "runs", look)
    with pytest.raises(ConnectionRefusedError):
        ask(addresses[0], "state")
    assert not Path(opened[0].removeprefix("file://")).exists()


def test_a_section_that_cannot_do_without_missing_rows_stops_nothing(dataset, opened, settings, tmp_path, monkeypatch):
    whole = Counting.evidence

    def only_whole(self, context, rows):
        if len(rows) < 2:
            raise KeyError("count-1")
        return whole(self, context, rows)

    monkeypatch.setattr(Counting, "evidence", only_whole)
    done, _, last = followed(SmallLab(), dataset, settings, tmp_path / "runs")
    assert last["picture"][0] == 404
    assert done.record.verdict.answer in ("yes", "no")


@pytest.mark.parametrize(
    ("exclusive", "stored", "failed", "alone"),
    [
        ((False, False), 0, 0, False),
        ((False, True), 0, 0, False),
        ((False, True), 1, 0, True),
        ((True, True), 0, 0, True),
        ((False, True), 0, 1, True),
    ],
)
def test_nothing_is_gathered_while_trials_run_alone(
    dataset, opened, settings, tmp_path, monkeypatch, exclusive, stored, failed, alone
):
    import dataclasses

    plan = Counting.plan
    monkeypatch.setattr(
        Counting, "plan", lambda self, context: [
            dataclasses.replace(trial, exclusive=is_so) for trial, is_so in zip(plan(self, context), exclusive, strict=True)
        ]
    )  # fmt: skip
    looked = []
    monkeypatch.setattr(live.Live, "_look", lambda self, progress: looked.append(progress))
    with live.live_view(SmallLab(), dataset, settings, seed=0, files=[], notify=lambda sentence: None) as view:
        view._rows = dict.fromkeys(["count-0", "count-1"][:stored], object())
        view._rows.setdefault("other", object())
        view.watch(Progress(stored + failed, 2, failed, 0))
        assert bool(looked) != alone
        pause = json.loads(view._server.file("state").content)["pause"]
    assert pause == (5.0 if alone else 1.0)


@pytest.mark.skipif(browser.CHROMIUM is None, reason="Chromium is not on the path")
def test_a_browser_shows_the_run_and_ends_at_its_report(dataset, opened, settings, tmp_path, monkeypatch):
    *others, no_names = browser.QUIET
    monkeypatch.setattr(browser, "QUIET", [*others, f"{no_names}, EXCLUDE 127.0.0.1"])
    pages, seen = [], []

    def until(expression, wanted):
        end = time.monotonic() + 30
        while (found := pages[0].ask(expression)) != wanted:
            assert time.monotonic() < end, found
            time.sleep(0.05)

    def look(address, progress):
        if not pages:
            pages.append(browser.Browser(address, tmp_path / "profile"))
        until("document.getElementById('counts').textContent", f"{progress.done} of 2 trials")
        seen.append(pages[0].ask("[...document.querySelectorAll('#trials li')].map((each) => each.textContent).join()"))
        if progress.done:
            until("document.querySelectorAll('#picture svg text').length > 2", True)

    try:
        done = followed(SmallLab(), dataset, settings, tmp_path / "runs", look, patience_s=30)[0]
        until("document.location.pathname.split('/').pop()", "report")
        until("document.querySelector('.verdict strong').textContent", done.record.verdict.headline)
        assert seen == ["", "count-0", "count-1,count-0"]
        assert pages[0].problems == []
    finally:
        for page in pages:
            page.close()
