"""A page that cannot be shown here is said to be, and no browser for terminals starts."""

import webbrowser

import pytest

from lab.terminal import browser


@pytest.fixture
def asked(monkeypatch):
    pages = []
    monkeypatch.setattr(webbrowser, "open", lambda address: pages.append(address) or True)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(browser.sys, "platform", "linux")
    return pages


def test_without_a_screen_no_browser_is_asked_and_the_user_is_told(asked, capsys):
    assert not browser.open_page("file:///r.html", or_else="runs/r.html")
    assert asked == []
    assert capsys.readouterr().err == "note: no browser could be opened here; open runs/r.html yourself\n"


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"])
def test_with_a_screen_or_a_browser_of_choice_it_is_asked(asked, capsys, monkeypatch, name):
    monkeypatch.setenv(name, ":0")
    assert browser.open_page("file:///r.html", or_else="runs/r.html")
    assert asked == ["file:///r.html"]
    assert capsys.readouterr().err == ""


def test_a_machine_of_another_kind_needs_no_such_variable(asked, monkeypatch):
    monkeypatch.setattr(browser.sys, "platform", "darwin")
    assert browser.open_page("file:///r.html", or_else="runs/r.html")


@pytest.mark.parametrize("answer", [False, webbrowser.Error("no runnable browser"), OSError(8, "Exec format error")])
def test_a_browser_that_does_not_start_is_told(asked, capsys, monkeypatch, answer):
    def fails(address):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", fails)
    assert not browser.open_page("file:///r.html", or_else="runs/r.html")
    assert "open runs/r.html yourself" in capsys.readouterr().err
