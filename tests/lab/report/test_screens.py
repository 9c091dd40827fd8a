"""On a projector, a laptop, a phone and on paper: measured in a real browser, which is started once for all of these."""

import colorsys
import dataclasses
import itertools
import json
import re

import pytest
from samples.browser import CHROMIUM, TEXTS, Browser
from samples.records import moving_record

from lab import report
from lab.protocol import Estimate, Figure, Table
from lab.report import charts

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")

LONG = "weighted average of the classical models (greedy ensemble selection)"
SHORT = "one model"
GROUPS = ("quantum model", "classical model", "a group without any row")
PAIR = ("importance by permutation", "surrogate")
SCREENS = {
    "projector": (1920, 1080),
    "laptop": (1280, 800),
    "tablet": (800, 1000),
    "phone": (375, 800),
    "small": (320, 600),
}
PAPER = 703  # width in pixels of the page that A4 leaves between our margins; Letter leaves more


def _spread(place):
    return Estimate(99.0 - place / 3, 98.0 - place / 2, 99.5 - place / 4, "points")


def _record():
    rows = [
        (f"{name} {place}", GROUPS[place % 2], _spread(place)) for place, name in enumerate((LONG, SHORT, LONG, SHORT))
    ]
    many = [(f"{name} number {place}", GROUPS[place % 2], _spread(place)) for place, name in enumerate((SHORT,) * 20)]
    band = [(place / 10, place, place - 0.5, place + 0.5) for place in range(12)]
    figures = (
        Figure("First", "What decides.", charts.interval_plot(rows, axis="ROC AUC (points, of 100)", groups=GROUPS, reference=97.5)),
        Figure("Many rows below a heading of several lines", "Twenty rows.", charts.interval_plot(
            many, axis="time (ms, log scale)", groups=GROUPS, log=True)),
        Figure("Bars", "Bars.", charts.bars([(LONG, 3.0), (SHORT, -1.0)], axis="weight")),
        Figure("Pairs", "Bars side by side.", charts.grouped_bars(
            [(label, group, 1.0 + place) for place, label in enumerate((LONG, SHORT)) for group in PAIR], axis="share", groups=PAIR)),
        Figure("Curves", "Lines.", charts.lines(
            {name: [(1.0, 2.0), (50.0, 3.0)] for name in GROUPS}, x="shots", y="error", points=True)),
        Figure("Prices", "Points close to one another.", charts.scatter(
            [(f"scorecard of up to {place} lines", PAIR[0], 2.5 + place / 10, _spread(place / 8)) for place in range(4)]
            + [("a large one", PAIR[1], 30.0, _spread(0)), ("the largest", PAIR[0], 35.0, _spread(0))],
            x="parts to read", y="score", groups=PAIR, references=(98.0, 97.0), log_x=True)),
        Figure("Shape", "A shape.", charts.shape(band, [(0.0, 0.5, 7), (0.5, 1.1, 12)], x="age", y="contribution (log-odds)")),
        Figure("Cells", "A map.", charts.heat_map([(f"u{x}", y, x - y) for x in range(4) for y in range(3)], x="u", y="v", value="w")),
    )  # fmt: skip
    wide = Table(
        "Wide",
        "Many columns.",
        ("model", *(f"percentile {n} (us)" for n in range(11))),
        ((LONG, *(1e5 * n / 7 for n in range(11))),) * 3,
    )
    tall = Table("Tall", "Many rows.", ("x", "y"), tuple((place / 3, 1000.0 * place / 7) for place in range(60)))
    base = moving_record("a name")
    evidence = dataclasses.replace(base.evidence, figures=(*figures, base.evidence.figures[0]), tables=(wide, tall))
    return dataclasses.replace(base, evidence=evidence, data=base.data | {"seen": _seen()})


def _seen():
    names = [
        "x",
        "W" * 200,
        "<b>bold</b>",
        "\u30c6\u30b9\u30c8" * 30,
        "a_b_" * 40,
        *(f"column {place}" for place in range(30)),
    ]
    columns = [
        {"name": name, "kind": "category", "missing": 0.5, "values": "V" * 99, "use": f"left out: {name}"}
        for name in names
    ]
    return {"rows": 1_000, "columns": columns, "more": 3, "suspicions": [{"code": "T301", "sentence": "W" * 300}]}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screens")
    report.write(_record(), folder / "report.html")
    started = Browser((folder / "report.html").as_uri(), folder / "profile")
    yield started
    started.close()


def _unfold(browser, is_open=True):
    browser.ask(f"document.querySelectorAll('.part').forEach(e => {{ e.open = {str(is_open).lower()}; }})")


@pytest.fixture(params=SCREENS)
def screen(request, browser):
    browser.show(*SCREENS[request.param])
    _unfold(browser)
    browser.ask("scrollTo(0, 0)")
    return browser


def _sizes(pictures):
    return [text["scale"] * text["size"] for picture in pictures for text in picture["texts"]]


def test_the_text_of_pictures_can_be_read_from_the_back_of_a_room_and_on_a_phone(screen):
    least = 22 if screen.ask("innerWidth") == 1920 else 12
    pictures = screen.ask(TEXTS)
    assert len(pictures) == len(_record().evidence.figures), "each figure shows one picture"
    assert min(_sizes([picture for picture in pictures if picture["first"]])) >= least
    assert min(_sizes(pictures)) >= least


def test_the_page_uses_the_screen_and_is_never_wider(screen):
    width = screen.ask("innerWidth")
    assert screen.ask("document.documentElement.scrollWidth") <= width
    assert screen.ask("document.querySelector('h2').getBoundingClientRect().width") >= 0.78 * width


def test_no_text_of_a_picture_is_cut_or_lies_on_another(screen):
    for picture in screen.ask(TEXTS):
        left, top, right, bottom = picture["box"]
        for text in picture["texts"]:
            a, b, c, d = text["box"]
            assert min(a - left, b - top, right - c, bottom - d) >= -1, (text, picture["box"])
            assert "\u2026" not in text["words"]
        for one, other in itertools.combinations(picture["texts"], 2):
            a, b = one["box"], other["box"]
            across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert across <= 1 or down <= 3, (one["words"], other["words"])
    first, many, *_ = ({text["words"] for text in picture["texts"]} for picture in screen.ask(TEXTS))
    assert {f"{name} {place}" for place, name in enumerate((LONG, SHORT, LONG, SHORT))} <= first, "labels stand in full"
    assert {f"{SHORT} number {place}" for place in range(20)} <= many, "every row has its label"


MARKS = """(() => { const s = [...document.querySelectorAll('.first svg')].find(s => s.checkVisibility());
  const middle = e => { const r = e.getBoundingClientRect(); return [(r.top + r.bottom) / 2, r.top, r.bottom]; };
  return [[...s.querySelectorAll('.role-axis-label text')].filter(t => /model/.test(t.textContent)).map(middle),
          [...s.querySelectorAll('.mark-symbol.role-mark path')].map(middle)]; })()"""


def test_a_label_stands_beside_its_row_or_just_above_it(screen):
    labels, marks = screen.ask(MARKS)
    assert len(labels) == len(marks) == 4
    apart = marks[1][0] - marks[0][0]
    for label, mark in zip(labels, marks, strict=True):
        if screen.ask("innerWidth") >= 1280:
            assert abs(label[0] - mark[0]) < 4
        else:
            assert 0 <= mark[1] - label[2] + 3 < apart / 4


EDGES = """(() => { const s = [...document.querySelectorAll('.first svg')].find(s => s.checkVisibility());
  const lines = [...s.querySelectorAll('.mark-rule.role-mark line')];
  const box = e => (({left, top, right, bottom}) => [left, top, right, bottom])(e.getBoundingClientRect());
  return [...s.querySelectorAll('.role-axis-label text')].filter(t => /model/.test(t.textContent)).map(t => ({
    crossed: lines.filter(l => { const [a, b] = [box(l), box(t)];
      return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] && a[2] - a[0] < 3; }).map(l =>
        (l.compareDocumentPosition(t) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0),
    order: getComputedStyle(t).paintOrder, width: parseFloat(getComputedStyle(t).strokeWidth), edge: getComputedStyle(t).stroke,
    page: getComputedStyle(document.body).backgroundColor})); })()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_lines_that_cross_the_first_picture_on_a_phone_stop_at_the_letters_of_its_labels(browser, dark):
    browser.show(*SCREENS["phone"], dark=dark)
    labels = browser.ask(EDGES)
    assert sum(bool(label["crossed"]) for label in labels) >= 2, "the picture has a line that would cross labels"
    for label in labels:
        assert all(label["crossed"]), "labels are painted after lines"
        assert label["order"].startswith("stroke")
        assert label["edge"] == label["page"]
        assert label["width"] >= 4


def test_a_legend_shows_the_groups_that_have_a_mark(browser):
    browser.show(1280, 800)
    legend = browser.ask(
        "[...document.querySelector('.first svg').querySelectorAll('.role-legend-label text')].map(t => t.textContent)"
    )
    assert tuple(legend) == GROUPS[:2]


def test_the_contents_lead_to_every_part_and_there_is_a_way_back(browser):
    browser.show(1280, 800)
    _unfold(browser, False)
    links = browser.ask("[...document.querySelectorAll('nav a')].map(a => [a.getAttribute('href'), a.textContent])")
    titles = [item.title for item in (*_record().evidence.figures[1:], *_record().evidence.tables)]
    assert set(titles) <= {words for _, words in links}
    first_screen = browser.ask("document.querySelector('nav').getBoundingClientRect().top + scrollY")
    assert first_screen >= 790, "the first screen stands alone"
    for target, words in links:
        browser.ask(f"document.querySelector('nav a[href=\"{target}\"]').click()")
        found = f"document.querySelector({json.dumps(target)})"
        heading = f"({found}.closest('.part')?.querySelector('h3') || {found})"
        assert browser.ask(f"{heading}.firstChild.textContent").strip() == words
        assert -1 <= browser.ask(f"{heading}.getBoundingClientRect().top") < 800, "its heading is seen"
        assert browser.ask(f"{found}.checkVisibility({{contentVisibilityAuto: true}})"), (
            "the link opens what it leads to"
        )
    browser.ask("document.querySelector('#appendix .up').click()")
    assert browser.ask("scrollY") < 100


def test_a_report_has_three_depths_and_the_third_is_folded(browser):
    browser.show(1280, 800)
    _unfold(browser, False)
    seen = "[...document.querySelectorAll({})].map(e => e.checkVisibility({{contentVisibilityAuto: true}}))"
    assert not any(browser.ask(seen.format("'.part table, .part li, .part pre, .part figure, .part svg'")))
    assert all(browser.ask(seen.format("'h1, .verdict, .first figcaption, .plain *, nav *, .part > summary'")))
    screens = browser.ask("document.querySelector('#terms').getBoundingClientRect().bottom + scrollY") / 800
    assert screens < 6, "first screen, two of plain words, contents and headings"


def test_the_plain_page_takes_two_screens_at_most_and_follows_the_first(browser):
    browser.show(1280, 800)
    place = browser.ask(
        "(({top, height}) => [top + scrollY, height])(document.querySelector('.plain').getBoundingClientRect())"
    )
    figure = browser.ask("document.querySelector('.first figure').getBoundingClientRect().bottom + scrollY")
    assert place[0] >= figure
    assert place[1] <= 2 * 800
    headings = browser.ask(
        "[...document.querySelectorAll('.plain h2, .plain h3')].map(e => e.firstChild.textContent.trim())"
    )
    assert headings == [
        "What to do next", "How likely is it?", "In plain words", "What we did", "What we found", "What we do not know",
    ]  # fmt: skip


def test_a_term_is_explained_by_its_first_use_with_a_key_and_no_script(browser):
    browser.show(1280, 800)
    names = browser.ask(
        "[...document.querySelectorAll('.term-here')].map(e => e.popoverTargetElement?.firstChild.textContent)"
    )
    listed = browser.ask("[...document.querySelectorAll('#terms ~ details th')].map(e => e.textContent)")
    assert len(names) == len(set(names)) > 3
    assert set(names) <= set(listed)
    first = "[...document.querySelectorAll('.term-here')].find(e => e.checkVisibility({contentVisibilityAuto: true}))"
    shown = f"{first}.popoverTargetElement.checkVisibility()"
    assert not browser.ask(shown)
    browser.ask(f"{first}.focus()")
    browser.press("Enter", 13)
    assert browser.ask(shown)
    browser.press("Escape", 27)
    assert not browser.ask(shown)


def test_everything_that_can_be_used_is_reached_by_the_keyboard(browser):
    browser.show(1280, 800)
    browser.ask("document.activeElement.blur(); scrollTo(0, 0); getSelection().removeAllRanges()")
    wanted = (
        "[...document.querySelectorAll('a, summary, input, select, button')]"
        ".filter(e => e.checkVisibility({contentVisibilityAuto: true}) && !e.disabled)"
    )
    count = browser.ask(f"{wanted}.length")
    browser.ask("window.reached = new Set(); document.addEventListener('focusin', e => reached.add(e.target))")
    for _ in range(count + 40):
        browser.press("Tab", 9)
    assert browser.ask(f"{wanted}.filter(e => !reached.has(e)).map(e => e.outerHTML)") == []
    _unfold(browser, False)
    browser.ask("document.querySelector('.part summary').focus()")
    browser.press("Enter", 13)
    assert browser.ask("document.querySelector('.part').open")
    browser.ask("document.querySelector('.part').open = false")


CONTRAST = """(() => {
  const channels = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) return c;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || !['svg', 'SCRIPT', 'STYLE'].every(n => e.tagName !== n)) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e), [a, b] = [light(channels(e.closest('svg') ? style.fill : style.color)), light(ground(e))];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 40)]);
  }
  return found.sort((a, b) => a[0] - b[0]).slice(0, 3).concat([[found.length, '']]); })()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser, dark):
    browser.show(1280, 800, dark=dark)
    _unfold(browser)
    for answer in ("yes", "no", "undecided"):
        browser.ask(f"document.querySelector('.verdict').className = 'verdict {answer}'")
        *worst, (many, _) = browser.ask(CONTRAST)
        assert many > 100
        assert worst[0][0] >= 4.5, worst
    browser.ask("document.querySelector('.verdict').className = 'verdict no'")


def test_a_verdict_is_said_by_a_word_and_a_sign_of_its_own_and_not_by_colour_alone(browser):
    signs = set()
    for answer in ("yes", "no", "undecided"):
        browser.ask(f"document.querySelector('.verdict').className = 'verdict {answer}'")
        signs.add(browser.ask("getComputedStyle(document.querySelector('.verdict strong'), '::before').content"))
    browser.ask("document.querySelector('.verdict').className = 'verdict no'")
    assert len(signs) == 3
    assert browser.ask("document.querySelector('.verdict strong').textContent") == "Not yet"


def test_on_paper_the_verdict_has_a_border_and_dark_words_and_nothing_is_folded_or_wider(browser):
    _unfold(browser, False)
    browser.show(PAPER, 1000, printed=True)
    try:
        style = "getComputedStyle(document.querySelector('.verdict strong'))"
        assert browser.ask(f"{style}.backgroundColor") == "rgba(0, 0, 0, 0)"
        assert max(map(int, re.findall(r"\d+", browser.ask(f"{style}.color"))[:3])) < 80
        assert browser.ask(f"{style}.borderTopColor") == browser.ask(f"{style}.color")
        assert float(browser.ask(f"{style}.borderTopWidth").removesuffix("px")) >= 2
        seen = "[...document.querySelectorAll('td, li, pre')].filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length"
        assert browser.ask(seen) == 0
        wide = (
            "[...document.querySelectorAll('table, svg, pre')]"
            f".filter(e => e.getBoundingClientRect().right > {PAPER} + 1 && e.checkVisibility())"
        )
        assert browser.ask(f"{wide}.map(e => e.outerHTML.slice(0, 200))") == []
        assert browser.ask("[...document.querySelectorAll('.up, .slider')].every(e => !e.checkVisibility())")
        kept = "new Set([...document.querySelectorAll({})].map(e => getComputedStyle(e).{})).values().toArray().join()"
        assert browser.ask(kept.format("'h2, h3, summary'", "breakAfter")) == "avoid"
        assert browser.ask(kept.format("'figure, tr, .verdict'", "breakInside")) == "avoid"
        tallest = "Math.max(...[...document.querySelectorAll('figure')].map(e => e.getBoundingClientRect().height))"
        assert browser.ask(tallest) < 940, "a figure fits a page of Letter"
        assert min(_sizes(browser.ask(TEXTS))) > 8, "6 points"
    finally:
        browser.show(1280, 800)


def test_no_colour_of_a_group_is_near_one_of_the_verdict():
    for colour in charts.COLOURS:
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
        assert saturation < 0.15 or 180 < 360 * hue < 320, colour


def test_a_table_writes_its_units_and_aligns_its_numbers(browser):
    cells = browser.ask(
        "[...document.querySelectorAll('#table-1 th')].map(e => [e.textContent, getComputedStyle(e).textAlign])"
    )
    assert cells[0] == ["model", "left"]
    assert cells[1:] == [[f"percentile {n} (\u00b5s)", "right"] for n in range(11)]
    words = browser.ask("[...document.querySelectorAll('td.n')].map(e => e.textContent)")
    assert not [word for word in words if re.search("[eE]", word) and not word.startswith(("less", "between"))]
    assert "1,140" in words, "8 sevenths of a thousand, to three digits"
