"""The start page shows the newest verdict of each lab on one screen, is kept current, and takes nothing from others but drawings."""

import dataclasses

import pytest
from samples import sessions
from samples.browser import CHROMIUM, Browser
from samples.records import HOSTILE

from lab import report
from lab.commands.running import keep_start
from lab.errors import SettingsError

LABS = ("edge", "interpretability", "quantum")


DRAWING = '<figure><svg xmlns="http://www.w3.org/2000/svg" class="tight"><path d="M0,0h9v9"/></svg></figure>'


def stored(out, made, day, *, name=None, whole=False):
    """Put a finished run of a January day there, with its whole report or only a drawing."""
    made = dataclasses.replace(made, run=made.run | {"started": f"2026-01-{day:02}T12:00:00+00:00", "seconds": 300.0})
    folder = sessions.stored(out, made, name or f"202601{day:02}-1200-{made.lab}-t")
    (folder / "report.html").write_text(DRAWING)
    if whole:
        report.write(made, folder / "report.html")
    (folder / "fingerprint.txt").write_text("1" * 64 + "\n")
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder with a run of each lab, two of them of quantum."""
    out = tmp_path_factory.mktemp("start") / "runs"
    stored(out, sessions.tried(), 1, whole=True)
    stored(out, sessions.limited(), 2, whole=True)
    stored(out, sessions.priced("an old table"), 3)
    stored(out, sessions.priced(), 4, whole=True)
    assert report.write_start(out, LABS) == out / "start.html"
    return out


@pytest.fixture(scope="module")
def browser(filled, tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; CI installs it")
    started = Browser((filled / "start.html").as_uri(), tmp_path_factory.mktemp("profile"))
    yield started
    assert not started.problems, started.problems
    started.close()


def test_the_newest_verdict_of_each_lab_stands_on_one_screen_in_order(browser):
    browser.show(1280, 800)
    cards = browser.ask(
        """[...document.querySelectorAll('.card')].map(card => [
        card.querySelector('.about').innerText, card.querySelector('h2').textContent,
        card.querySelector('strong').textContent, card.querySelector('a').getAttribute('href'), card.getBoundingClientRect().bottom,
        card.querySelector('svg').getBoundingClientRect().height])"""
    )
    assert [card[3] for card in cards] == [
        "20260104-1200-quantum-t/report.html", "20260102-1200-edge-t/report.html", "20260101-1200-interpretability-t/report.html",
    ]  # fmt: skip
    for (about, question, answer, _, bottom, height), lab in zip(
        cards, ("quantum", "edge", "interpretability"), strict=True
    ):
        assert about.startswith(f"{lab} on a name\n2026-01-0")
        assert about.endswith(", 5 min")
        assert (question.endswith("?"), answer) == (True, "Undecided")
        assert bottom <= 800
        assert height > 60
    assert browser.ask("document.documentElement.scrollWidth") <= 1280
    links = browser.ask("[...document.querySelectorAll('table a')].map(a => a.textContent)")
    assert [link[:8] for link in links] == ["20260104", "20260103", "20260102", "20260101"], "all runs, newest first"


def test_on_a_phone_the_cards_stand_below_each_other(browser):
    browser.show(375, 800)
    assert browser.ask("document.documentElement.scrollWidth") <= 375
    assert (
        len(set(browser.ask("[...document.querySelectorAll('.card')].map(card => card.getBoundingClientRect().left)")))
        == 1
    )


def test_every_run_keeps_it_current(filled, tmp_path, capsys):
    out = tmp_path / "runs"
    assert keep_start(filled) == filled / "start.html"
    stored(out, sessions.limited(), 5)
    keep_start(out)
    first = (out / "start.html").read_text()
    stored(out, sessions.tried("later"), 6)
    keep_start(out)
    assert "later" not in first
    assert "What do we give up on later?" in (out / "start.html").read_text()
    assert capsys.readouterr().err == ""


def test_a_page_of_somebody_else_is_left_alone_and_costs_no_run_its_verdict(tmp_path, capsys):
    out = tmp_path / "runs"
    stored(out, sessions.limited(), 5)
    (out / "start.html").write_text("<p>mine</p>")
    with pytest.raises(SettingsError, match="is not a start page of ours and is left as it is"):
        report.write_start(out, LABS)
    assert keep_start(out) is None
    assert "note: the start page was not written: " in capsys.readouterr().err
    assert (out / "start.html").read_text() == "<p>mine</p>"


def test_a_damaged_record_and_an_unfinished_run_are_left_out(tmp_path):
    out = tmp_path / "runs"
    stored(out, sessions.limited(), 5)
    (stored(out, sessions.priced(), 6) / "record.json").write_text("{")
    (stored(out, sessions.tried(), 7) / "report.html").unlink()
    page = report.write_start(out, LABS).read_text()
    assert page.count('class="card"') == 1
    assert "edge" in page


@pytest.mark.parametrize(
    "drawing",
    [
        '<svg class="tight"><script>document.title = "hacked"</script></svg>',
        '<svg class="tight"><a href="https://example.org"><path d="M0,0"/></a></svg>',
        '<svg class="tight"><path onclick="alert(1)" d="M0,0"/></svg>',
        '<svg class="tight"><foreignObject><p>x</p></foreignObject></svg>',
        '<svg class="tight"><path d="M0,0"></svg>',
        "no drawing",
    ],
)
def test_of_a_report_only_a_drawing_is_taken(tmp_path, drawing):
    out = tmp_path / "runs"
    (stored(out, sessions.limited(), 5) / "report.html").write_text(f"<figure>{drawing}</figure>")
    page = report.write_start(out, LABS).read_text()
    assert "<svg" not in page
    assert "Can a model of a name run in 1 ms?" in page


def test_hostile_names_are_words_and_folders_are_quoted(tmp_path):
    out = tmp_path / "runs"
    stored(out, sessions.limited(text=HOSTILE), 5, name="a#b?c %22 d")
    page = report.write_start(out, LABS).read_text()
    assert HOSTILE not in page
    assert 'href="a%23b%3Fc%20%2522%20d/report.html"' in page
    assert "<script" not in page


def test_open_writes_the_page_and_says_where_it_is(lab, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)))
    called = lab("open")
    assert (called.code, "no folder runs" in called.err) == (2, True)
    (tmp_path / "runs").mkdir()
    called = lab("open", "runs")
    assert (called.code, "no finished run in runs; run a lab first" in called.err) == (2, True)
    stored(tmp_path / "runs", sessions.limited(), 5)
    called = lab("open")
    assert (called.code, called.out) == (0, "runs/start.html\n")
    assert opened == [(tmp_path / "runs" / "start.html").as_uri()]
    assert "no browser could be opened here; open runs/start.html yourself" in called.err
    assert lab("open", "--no-browser").err == ""
