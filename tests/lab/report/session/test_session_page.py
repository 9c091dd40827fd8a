"""A session is one file that loads nothing and can be shown, led and printed: measured in a browser, and read as markup."""

import base64
import dataclasses
import hashlib
import json
import re
import time
from pathlib import Path

import pytest
from samples import sessions
from samples.browser import CHROMIUM, Browser
from samples.pages import Page
from samples.records import HOSTILE

from lab.protocol import Estimate, Figure
from lab.report import charts
from lab.report.compact import compact
from lab.report.pictures import svg
from lab.report.session import agenda, notes, page, script, story

RECORDS = (sessions.priced(), sessions.limited(), sessions.tried())
TITLE = "The board, in May"
KINDS = [
    "cover", *["verdict"] * 3,
    "picture", "prices", "sure", "change", "do",
    "picture", "limits", "sure", "change", "do",
    "picture", "what-if", "sure", "change", "do",
    "end",
]  # fmt: skip
STEERING = "".join(chr(code) for code in (0x1B, 0x200B, 0x202E, 0x2066, 0xFEFF))
AXE = Path(__file__).parents[4] / ".peers" / "web" / "node_modules" / "axe-core" / "axe.min.js"
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")


@pytest.fixture(scope="module")
def text():
    made, missing = page.html(RECORDS, TITLE)
    assert missing == ()
    return made


@pytest.fixture(scope="module")
def browser(text, tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; CI installs it")
    folder = tmp_path_factory.mktemp("session")
    (folder / "session.html").write_text(text, encoding="utf-8")
    started = Browser((folder / "session.html").as_uri(), folder / "profile")
    started.show(1920, 1080)
    yield started
    assert not started.problems, started.problems
    started.close()


def test_a_run_has_a_verdict_and_three_to_six_screens_of_its_story():
    shown = story.screens(RECORDS, TITLE)
    assert [screen.kind for screen in shown] == KINDS
    assert shown[0].title == TITLE
    assert [screen.title for screen in shown[1:4]] == [each.question.text for each in RECORDS]
    for run in range(3):
        assert 3 <= sum(screen.run == run for screen in shown) - 1 <= 6
    assert sum(screen.minutes for screen in shown) == 60 == agenda.MINUTES
    assert all(screen.minutes >= 1 and screen.notes.say for screen in shown)


def test_what_is_said_is_what_the_records_say():
    shown = story.screens(RECORDS, TITLE)
    notes = {screen.kind: screen.notes for screen in shown if screen.run in (1, None)}
    assert "Undecided. It may fit." in notes["verdict"].say
    assert notes["do"].say == ("Take the forest.",)
    assert "The answer could change with more rows." in notes["change"].say
    assert any("latency (p99) at most 1 ms" in said for said in notes["limits"].say)
    sure = next(screen for screen in shown if screen.kind == "sure")
    assert sure.notes.say[:2] == ("Better: very unlikely (2 in 100).", "Worse: very likely (98 in 100).")
    assert any("wrong in 0 of 10 cases" in line for line in sure.lines)
    (price,) = [screen.notes for screen in shown if screen.kind == "prices"]
    # (2 x 30 + 1) circuits for 500 rows, 60 steps, 1,024 shots of 0.35 ms, and 60 jobs of 2 s, at 1.6 dollars a second
    dollars = 1.6 * (60 * 2 + 61 * 500 * 60 * 1024 * 0.00035)
    assert price.say[0].startswith(f"Training once, parameter-shift: {round(dollars, -4):,.0f} dollars")


def test_the_title_counts_the_questions_and_names_the_table():
    assert story.title_of(RECORDS) == "3 questions about a name"
    assert story.title_of([RECORDS[0], sessions.limited(text="other")]) == "2 questions about 2 tables"


def test_one_script_and_one_style_are_allowed_by_their_hashes_and_nothing_is_loaded(text):
    seen = Page(text)
    (policy,) = [a["content"] for _, a in seen.tags if a.get("http-equiv") == "Content-Security-Policy"]
    digests = []
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digests.append(base64.b64encode(hashlib.sha256(content.encode()).digest()).decode())
    style, code = digests
    allowed = f"style-src 'sha256-{style}'; script-src 'sha256-{code}'"
    assert policy == f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    assert not {"img", "iframe", "object", "embed", "link", "base", "form"} & {tag for tag, _ in seen.tags}
    for tag, attributes in seen.tags:
        assert not {"src", "srcset", "action", "data", "style"} & attributes.keys(), (tag, attributes)
        assert attributes.get("href", "#")[0] == "#"
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"\beval\b|new Function|innerHTML|fetch\(|import\(|@import|url\((?!#)", text)


def test_every_link_leads_to_one_place_and_every_report_is_inside(text):
    seen = Page(text)
    names = [a["id"] for _, a in seen.tags if "id" in a]
    assert len(set(names)) == len(names)
    assert {a["href"][1:] for _, a in seen.tags if "href" in a} <= set(names)
    assert {a["for"] for _, a in seen.tags if "for" in a} <= set(names)
    assert text.count('<details class="report"') == len(RECORDS)
    for record in RECORDS:
        for each in (*record.evidence.figures[1:], *record.evidence.tables):
            assert each.title in "".join(seen.text)
    assert text.count("data-model=") == 3, "a panel is there once"


def test_the_script_of_the_hour_gives_every_screen_its_time_and_its_sentences():
    written = script.text(RECORDS, TITLE)
    shown = story.screens(RECORDS, TITLE)
    assert written.startswith(script.MARK)
    for place, screen in enumerate(shown, 1):
        part = written.split(f"\n## Screen {place}: ")[1].split("\n## ")[0]
        begin = sum(each.minutes for each in shown[: place - 1])
        assert f"From minute {begin}, {screen.minutes} min." in part
        for said in (*screen.notes.say, *screen.notes.ask, *(each.answer for each in screen.notes.asked)):
            assert said in re.sub(r"\\(.)", r"\1", part)
    assert "(In the evidence: \u201cRepeat it\u201d)" in written
    assert f"\n60 minutes, {len(shown)} screens.\n" in written


def test_a_script_that_takes_more_than_an_hour_says_so():
    many = RECORDS * 5
    shown = story.screens(many, TITLE)
    said = f"\n{sum(screen.minutes for screen in shown)} minutes, {len(shown)} screens. So many screens take more than an hour: "
    assert said in script.text(many, TITLE)


def test_the_room_is_asked_for_what_would_decide_only_where_nothing_is_decided():
    for answer in ("yes", "no", "undecided"):
        verdict = dataclasses.replace(RECORDS[1].verdict, answer=answer)
        (first, *_) = notes.change(dataclasses.replace(RECORDS[1], verdict=verdict)).ask
        assert first.startswith("Can we have this, and when: ") == (answer == "undecided")


def test_hostile_words_are_inert_in_the_script():
    written = script.text([sessions.limited(text=f"{HOSTILE} [x](javascript:y) `z` | *w*")], HOSTILE)
    assert not re.search(r"(?<!\\)<(?!!--)", written), "no tag"
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)`", written), "no link, no code"
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}, "no further column"


def _sizes(browser):
    return browser.ask(
        """[...document.querySelectorAll('.screen *, .bar *')].filter(e => e.checkVisibility()
        && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(e => [['text', 'tspan'].includes(e.tagName)
        ? parseFloat(e.closest('text').getAttribute('font-size') ?? e.closest('[font-size]').getAttribute('font-size'))
          * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b)
        : parseFloat(getComputedStyle(e).fontSize), e.tagName + ' ' + e.textContent.slice(0, 30)])"""
    )


def test_a_chance_is_a_bar_as_long_as_it_is_likely_beside_its_words(browser):
    bars = browser.ask(
        """[...document.querySelectorAll('#s7 .chances p')].map(p => [
        p.querySelector('span').textContent, p.querySelector('b').textContent,
        p.querySelector('rect').getBoundingClientRect().width / p.querySelector('svg').getBoundingClientRect().width])"""
    )
    assert [bar[:2] for bar in bars] == [["better", "very unlikely (2 in 100)"], ["worse", "very likely (98 in 100)"]]
    assert [bar[2] for bar in bars] == pytest.approx([0.023, 0.977], abs=0.001)


def test_every_text_of_a_screen_can_be_read_from_the_last_row(browser):
    browser.show(1920, 1080)
    smallest = sorted(_sizes(browser))[:3]
    assert smallest[0][0] >= 22, smallest


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 800), (375, 800)])
def test_no_screen_is_wider_than_the_window_and_none_is_lower(browser, size):
    browser.show(*size)
    assert browser.ask("document.documentElement.scrollWidth") <= size[0]
    heights = browser.ask(
        "[...document.querySelectorAll('.screen')].map(e => Math.round(e.getBoundingClientRect().height))"
    )
    assert min(heights) >= size[1] - 1
    if size[0] >= 1280:
        assert heights == [size[1]] * len(KINDS), "what a screen holds fits into it"
    browser.show(1920, 1080)


def until(holds):
    """Wait for what another window does in its own time; gives what holds at the end."""
    end = time.monotonic() + 30
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def at(browser):
    return int(browser.ask("document.querySelector('.place').textContent").split(" / ")[0])


def seen(browser):
    """Give the numbers of the screens that fill the window."""
    return browser.ask(
        """[...document.querySelectorAll('.screen')].map((e, at) => [at + 1, e.getBoundingClientRect()])
        .filter(([, box]) => Math.abs(box.top) < 2 && box.bottom > innerHeight - 2).map(([at]) => at)"""
    )


RIGHT, LEFT, SPACE, HOME, END, ESCAPE = (
    ("ArrowRight", 39), ("ArrowLeft", 37), (" ", 32), ("Home", 36), ("End", 35), ("Escape", 27),
)  # fmt: skip


def test_keys_turn_the_screens(browser):
    steps = [
        (HOME, 1),
        (RIGHT, 2),
        (SPACE, 3),
        (RIGHT, 4),
        (LEFT, 3),
        (END, len(KINDS)),
        (RIGHT, len(KINDS)),
        (HOME, 1),
        (LEFT, 1),
    ]
    for key, expected in steps:
        browser.press(*key)
        assert (at(browser), seen(browser)) == (expected, [expected])
    browser.ask("[...document.querySelectorAll('.bar button')][1].click()")
    assert at(browser) == 2


def test_keys_in_a_control_belong_to_the_control(browser):
    browser.ask(f"document.querySelectorAll('.screen')[{KINDS.index('limits')}].scrollIntoView()")
    browser.ask("document.querySelector('.limits input[type=range]').focus({preventScroll: true})")
    before = browser.ask("document.querySelector('.limits input[type=number]').value"), browser.ask("scrollY")
    browser.press(*RIGHT)
    after = browser.ask("document.querySelector('.limits input[type=number]').value"), browser.ask("scrollY")
    assert (after[0] != before[0], after[1]) == (True, before[1])
    browser.press(*ESCAPE)
    assert browser.ask("document.activeElement === document.body")


def test_a_key_leads_to_the_evidence_of_a_screen_and_another_one_back(browser):
    place = KINDS.index("limits") + 1
    browser.press(*HOME)
    for _ in range(place - 1):
        browser.press(*RIGHT)
    browser.press("e", 69)
    assert browser.ask("document.activeElement.id") == "r2-figure-2"
    assert browser.ask("document.getElementById('report-2').open")
    assert browser.ask("document.activeElement.closest('.part').open")
    assert -2 <= browser.ask("document.activeElement.closest('.part').getBoundingClientRect().top") <= 40
    browser.press(*ESCAPE)
    assert seen(browser) == [place]
    for number in range(1, len(KINDS) + 1):
        link = f"document.querySelector('#s{number} .to-evidence')"
        assert browser.ask(f"{link} === null || document.querySelector({link}.getAttribute('href')) !== null")


def test_the_presenter_has_a_second_window_with_this_screen_the_next_notes_and_a_clock(browser):
    browser.press(*HOME)
    browser.press("p", 80)
    with browser.window("#presenter"):
        titles = "[...document.querySelectorAll('.preview .screen')].map(e => e.querySelector('h1, h2').textContent)"
        until(lambda: browser.ask("document.querySelector('#desk .said-here p') !== null"))
        assert browser.ask(titles) == [TITLE, RECORDS[0].question.text]
        browser.press(*RIGHT)
        assert browser.ask(titles) == [each.question.text for each in RECORDS[:2]]
        said = browser.ask("document.querySelector('.said-here').textContent")
        assert "Undecided. It may fit." in said
        assert re.search(r"\d\d:\d\d.*0:\d\d of 60 min", browser.ask("document.querySelector('.clock').textContent"))
        assert browser.ask("document.querySelectorAll('.preview [id], .preview :not(.screen) > .notes').length") == 0
    until(lambda: at(browser) == 2)
    assert (at(browser), seen(browser)) == (2, [2])
    browser.press(*RIGHT)
    with browser.window("#presenter"):
        plan = "document.querySelector('.plan').textContent"
        assert until(lambda: browser.ask(plan).startswith(f"Screen 3 of {len(KINDS)}, "))
    browser.go(browser.ask("location.href"))  # the page of the room is loaded anew
    with browser.window("#presenter"):
        browser.press(*RIGHT)
    until(lambda: at(browser) == 4)
    assert seen(browser) == [4]
    with browser.window("#presenter"):
        browser.ask("window.close()")


def test_a_message_of_another_window_turns_nothing(browser):
    browser.press(*HOME)
    browser.ask("postMessage({session: 'at', at: 5}, '*')")
    browser.ask("new Promise(done => setTimeout(done, 50))")
    assert at(browser) == 1


def test_without_a_script_all_is_there(browser, text, tmp_path):
    plain = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    (tmp_path / "plain.html").write_text(plain, encoding="utf-8")
    here = browser.ask("location.href")
    try:
        browser.go((tmp_path / "plain.html").as_uri())
        assert browser.ask(
            "[...document.querySelectorAll('.screen')].every(e => e.checkVisibility() && e.offsetHeight > 300)"
        )
        assert browser.ask("[...document.querySelectorAll('.notes')].every(e => e.checkVisibility())")
        assert browser.ask("document.querySelectorAll('.moves:not([hidden]), .controls:not([hidden])').length") == 0
        used = browser.ask(
            "[document, ...document.querySelectorAll('.notes')].map(e => e.querySelectorAll('.term-here').length)"
        )
        assert (used[0] > 0, set(used[1:])) == (True, {0}), "terms are explained where the room sees them"
        browser.ask("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        seen = "e.checkVisibility() || e.closest('[hidden]')"
        assert (
            browser.ask(
                f"[...document.querySelectorAll('p, li, td, th, h2')].filter(e => !({seen})).map(e => e.textContent)"
            )
            == []
        )
    finally:
        browser.go(here)


def test_on_paper_a_screen_is_a_page(browser):
    for width, height in ((8.27, 11.69), (8.5, 11.0)):  # A4 and Letter
        printed = browser.pdf(paperWidth=width, paperHeight=height, preferCSSPageSize=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(KINDS)
        across, down = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed).groups())
        assert (round(across / 72, 1), round(down / 72, 1)) == (round(height, 1), round(width, 1))
    browser.show(1003, 708, printed=True)  # Letter without the margins, the lower and narrower of the two
    lost = """[...document.querySelectorAll('.screen')]
        .map(e => [e.className, e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth])
        .filter(([, down, across]) => down > 1 || across > 1)"""
    assert browser.ask(lost) == []
    browser.show(1920, 1080)


@in_a_browser
def test_hostile_names_are_words_everywhere(tmp_path):
    name = HOSTILE + STEERING
    made = [sessions.limited(text=name, unmeasured=("given",)), sessions.priced(name), sessions.tried(name)]
    page.write(made, tmp_path / "session.html", name)
    browser = Browser((tmp_path / "session.html").as_uri(), tmp_path / "profile")
    try:
        assert browser.ask("document.title").startswith(HOSTILE)
        assert browser.ask("document.querySelectorAll('img, iframe, [onerror], [onload]').length") == 0
        assert browser.ask("document.querySelectorAll('script').length") == 1
        whole = browser.ask("document.documentElement.outerHTML + document.documentElement.textContent")
        assert not set(STEERING) & set(whole)
        browser.move("document.querySelector('.limits input')", "1e-9")
        assert HOSTILE in browser.ask("document.querySelector('.limits .answer').textContent")
        assert not browser.problems, browser.problems
    finally:
        browser.close()


def test_a_compact_drawing_has_every_mark_and_text_in_its_place(browser):
    rows = [(f"model {place}", "ab"[place % 2], Estimate(1.0 + place / 7, 0.5, 2.0, "points")) for place in range(5)]
    drawings = [
        Figure("t", "c", charts.interval_plot(rows, axis="points", groups=["a", "b"], reference=1.2)),
        Figure("t", "c", charts.lines({"a": [(0.0, 1.0), (1.0, 2.5)], "b": [(0.3, 1.0)]}, x="x", y="y", points=True)),
        Figure("t", "c", charts.heat_map([(f"u{x}", y, x - y) for x in range(3) for y in range(3)], x="u", y="v", value="w")),
    ]  # fmt: skip
    look = """markup => { const box = document.createElement('div'); box.innerHTML = markup; document.body.append(box);
      const marks = [...box.querySelectorAll('path, line, rect, text')].filter(e => e.getAttribute('d') !== 'M0,0h0v0h0Z');
      const found = marks.map(e => {
        const { x, y, width, height } = e.getBoundingClientRect(), s = getComputedStyle(e);
        return [e.textContent, [x, y, width, height].map(v => Math.round(5 * v)),
          s.strokeDasharray.replace('1px, 0px', 'none'), s.fill, s.stroke, s.strokeWidth, s.fontSize, s.textAnchor, s.opacity]; });
      box.remove(); return found; }"""
    for figure in drawings:
        whole = svg(figure).split("</svg>")[0] + "</svg>"
        small = compact(whole)
        assert len(small) < 0.7 * len(whole)
        one, other = (browser.ask(f"({look})({json.dumps(markup)})") for markup in (whole, small))
        assert len(one) == len(other) > 10
        for before, after in zip(one, other, strict=True):
            assert (before[0], before[2:]) == (after[0], after[2:])
            assert all(abs(a - b) <= 1 for a, b in zip(before[1], after[1], strict=True)), "a fifth of a pixel"


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm install --prefix .peers/web axe-core)")
@pytest.mark.parametrize("size", [(1280, 800), (375, 800)])
def test_axe_finds_no_violation(browser, size):
    browser.show(*size)
    browser.ask(AXE.read_text(encoding="utf-8") + "; 0")
    browser.ask(
        "window.found = null; axe.run().then(result => { window.found = result.violations.map(v => v.id); }); 0"
    )
    until(lambda: browser.ask("window.found !== null"))
    assert browser.ask("window.found") == []
    browser.show(1920, 1080)
