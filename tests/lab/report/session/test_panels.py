"""The panels of a session agree with the labs' own rules: in Python, and in a browser, for budgets and prices that nobody ran."""

import dataclasses
import json

import numpy as np
import pytest
from samples import sessions
from samples.browser import CHROMIUM, Browser

from edge.budget.decision import decide
from lab import record
from lab.protocol import Estimate
from lab.report.session import limits, page, prices
from lab.report.session.digits import three
from quantum.hardware.rates import Price

MOVING = ("p99_ms", "misses", "size_mb", "memory_mb", "drop")


def budgets(many, seed):
    """Draw budgets around what was measured, as the five controls of the panel take them."""
    middles = np.array([0.9, 1.2, 1.4, 90.0, 0.8])
    return (middles * np.random.default_rng(seed).lognormal(0, 0.8, size=(many, 5))).tolist()


def decided(made, allowed):
    """Ask the lab's own rule; gives status, candidate, and the status of every item of every candidate."""
    p99, misses, size, memory, drop = allowed
    settings = dataclasses.replace(
        sessions.EDGE,
        p99_ms=p99,
        max_misses=misses / 100,
        size_mb=size,
        memory_mb=memory,
        max_drop=drop / sessions.FACTOR,
    )
    facts = {key: value for key, value in made.evidence.facts.items() if key in ("size", "curve_fault")}
    ask = {"settings": settings, "factor": sessions.FACTOR, "facts": facts}
    found = decide(sessions.NAMES, made.evidence.estimates, **ask)
    each = {name: decide([name], made.evidence.estimates, **ask).items for name in sessions.NAMES}
    return found.status, found.name, {name: [item.status for item in items] for name, items in each.items()}


def allowed_of(panel, given):
    moving = iter(given)
    return [next(moving) if limit.moves else limit.allowed for limit in panel.limits]


@pytest.mark.parametrize("facts", [None, {"size": 90_000}], ids=["the rows used", "more rows"])
@pytest.mark.parametrize("seed", range(4))
def test_the_outcome_for_any_budgets_is_the_decision_of_the_lab(seed, facts):
    made = sessions.limited(seed, facts=facts)
    panel = limits.read(made.evidence)
    seen = set()
    for given in budgets(60, seed):
        status, name, items = decided(made, given)
        found = limits.outcome(panel, allowed_of(panel, given))
        assert (found.status, sessions.NAMES[found.chosen]) == (status, name)
        assert [list(row) for row in found.cells] == list(items.values())
        seen.add(status)
    assert len(seen) > 1, "budgets that all answer alike would show nothing"


def test_of_what_nothing_can_be_said_the_outcome_is_not_certain():
    made = sessions.limited(facts={"size": 90_000, "curve_fault": dict.fromkeys(sessions.NAMES, "the scores fall")})
    known = made.evidence.estimates
    estimates = {name: found for name, found in known.items() if not name.endswith("at_size")}
    made = dataclasses.replace(made, evidence=dataclasses.replace(made.evidence, estimates=estimates))
    panel, wide = limits.read(made.evidence), [1e3, 100.0, 1e3, 1e4, 100.0]
    assert decided(made, wide)[0] == limits.outcome(panel, allowed_of(panel, wide)).status != "pass"


def test_a_candidate_that_was_not_measured_leaves_a_no_open():
    none = [1e-6] * 5
    for missing, answer in (((), "fail"), (("given",), "undecided")):
        panel = limits.read(sessions.limited(unmeasured=missing).evidence)
        assert limits.outcome(panel, allowed_of(panel, none)).status == answer


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"limits": "yes"},
        {"limits": [], "candidates": ["mlp"], "labels": {"mlp": "m"}},
        {"limits": [{"name": "x"}], "candidates": ["mlp"], "labels": {"mlp": "m"}},
        {"limits": sessions.limited().evidence.facts["limits"], "candidates": ["unknown"], "labels": {}},
        {"prices": {"works": []}},
        {"prices": 3},
    ],
)
def test_a_record_that_says_nothing_of_the_kind_has_no_panel(facts):
    evidence = dataclasses.replace(sessions.limited().evidence, facts=facts)
    assert limits.read(evidence) is prices.read(evidence) is None


def rates(many, seed):
    rng = np.random.default_rng(seed)
    return [
        {"rate": float(rng.lognormal()), "shots": int(rng.integers(1, 10_000)), "time": float(1e-4 * rng.lognormal())}
        for _ in range(many)
    ]


def test_a_price_at_any_rate_is_the_price_of_the_lab():
    panel = prices.read(sessions.priced().evidence)
    for at in rates(20, 1):
        for work in panel.works:
            found = prices.priced(
                work, shots=at["shots"], overhead_s=panel.overhead_s, execution_s=at["time"], rate=at["rate"]
            )
            expected = Price.of(
                work.circuits * at["shots"], jobs=work.jobs, overhead_s=2.0, execution_s=at["time"], rate=at["rate"]
            )
            assert (found.seconds, found.dollars) == pytest.approx((expected.seconds, expected.dollars), abs=1e-6)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; CI installs it")
    folder = tmp_path_factory.mktemp("panels")
    page.write([sessions.limited(), sessions.priced()], folder / "session.html", "Panels")
    started = Browser((folder / "session.html").as_uri(), folder / "profile")
    yield started
    started.close()


MOVE = """(panel, values) => {
  const boxes = [...panel.querySelectorAll('input[type="number"]')];
  boxes.forEach((box, at) => { box.value = values[at]; });
  boxes[0].dispatchEvent(new Event('input'));
}"""


def test_in_a_browser_any_budgets_give_the_decision_of_the_lab(browser):
    made, panel = sessions.limited(), limits.read(sessions.limited().evidence)
    asked = budgets(150, 7)
    found = browser.ask(
        f"(() => {{ const panel = document.querySelector('.limits'), move = {MOVE}; return {json.dumps(asked)}.map(values => {{"
        " move(panel, values); return [panel.dataset.status, Number(panel.dataset.chosen), JSON.parse(panel.dataset.cells),"
        " panel.querySelector('.answer').textContent, panel.querySelectorAll('.said .pass').length]; }); })()"
    )
    for given, (status, chosen, cells, said, kept) in zip(asked, found, strict=True):
        expected, name, items = decided(made, given)
        assert (status, sessions.NAMES[chosen], cells) == (expected, name, list(items.values()))
        assert said == limits.outcome(panel, allowed_of(panel, given)).said
        assert kept == (expected == "pass")
    assert {status for status, *_ in found} == {"pass", "undecided", "fail"}


def test_in_a_browser_the_page_says_at_first_what_it_says_without_a_script(browser):
    text = page.html([sessions.limited(), sessions.priced()], "Panels")[0]
    for kind in ("limits", "prices"):
        browser.ask(
            f"document.querySelectorAll('.{kind} input[type=number]').forEach(box => {{ box.value = box.defaultValue; }})"
        )
        browser.ask(f"document.querySelector('.{kind} input[type=number]').dispatchEvent(new Event('input'))")
        parts = ", ".join(f"'.{kind} {part}'" for part in (".said", "tbody th", "td", ".allowed"))
        cells = f"[{parts}].flatMap(part => [...document.querySelectorAll(part)]).map(e => e.textContent.replace(/\\s+/g, ' ').trim())"
        live = browser.ask(cells)
        plain = f"(() => {{ const document = new DOMParser().parseFromString({json.dumps(text)}, 'text/html'); return {cells}; }})()"
        assert live == browser.ask(plain)
        assert len(live) > 10
    assert not browser.problems, browser.problems


def test_in_a_browser_any_rates_give_the_price_of_the_lab(browser):
    asked = rates(60, 5)
    values = [[at["rate"], at["shots"], at["time"]] for at in asked]
    found = browser.ask(
        f"(() => {{ const panel = document.querySelector('.prices'), move = {MOVE}; return {json.dumps(values)}.map(values => {{"
        " move(panel, values); return [JSON.parse(panel.dataset.found), panel.querySelector('.answer').textContent]; }); })()"
    )
    works = prices.read(sessions.priced().evidence).works
    for at, (each, said) in zip(asked, found, strict=True):
        for work, price in zip(works, each, strict=True):
            expected = Price.of(
                work.circuits * at["shots"], jobs=work.jobs, overhead_s=2.0, execution_s=at["time"], rate=at["rate"]
            )
            assert (price["seconds"], price["dollars"]) == pytest.approx((expected.seconds, expected.dollars), abs=1e-5)
        assert said == f"{three(each[0]['dollars'])} dollars"
    browser.ask(f"({MOVE})(document.querySelector('.prices'), {json.dumps(values[0])})")
    browser.move("document.querySelector('.prices select')", "1")
    assert browser.ask("document.querySelector('.prices .of').textContent").startswith(works[1].name)


def test_a_slider_moves_its_number_and_a_number_that_is_none_changes_nothing(browser):
    box, slider = (f"document.querySelector('.limits input[type={kind}]')" for kind in ("number", "range"))
    browser.move(slider, "0")
    low = float(browser.ask(f"{box}.value"))
    browser.move(slider, "200")
    high = float(browser.ask(f"{box}.value"))
    panel = limits.read(sessions.limited().evidence)
    assert (low, high) == (panel.limits[0].low, panel.limits[0].high)
    browser.move(box, "-3")
    assert browser.ask("document.querySelector('.limits .allowed').textContent") == "at most 1.00 ms"


def test_the_facts_of_a_panel_come_back_from_disk(tmp_path):
    for made, read in ((sessions.limited(), limits.read), (sessions.priced(), prices.read)):
        record.write(made, tmp_path / "record.json")
        assert read(record.read(tmp_path).evidence) == read(made.evidence) is not None


def test_an_estimate_of_another_name_is_not_taken_for_a_candidate():
    evidence = sessions.limited().evidence
    estimates = {**evidence.estimates, "given.p99_ms": Estimate(0.1, 0.1, 0.1, "ms")}
    panel = limits.read(dataclasses.replace(evidence, estimates=estimates))
    assert [each.label for each in panel.candidates] == [sessions.LABELS[name] for name in sessions.NAMES]


def test_a_panel_whose_budgets_would_give_another_answer_says_what_the_run_answers():
    made = sessions.limited()
    panel = limits.read(made.evidence)
    status = limits.outcome(panel, [limit.allowed for limit in panel.limits]).status
    answer = {"pass": "yes", "undecided": "undecided", "fail": "no"}[status]
    other = "undecided" if answer != "undecided" else "no"
    for given, is_said in ((answer, False), (other, True)):
        verdict = dataclasses.replace(made.verdict, answer=given, sentence="It fell near row 12.")
        text, _ = page.html([dataclasses.replace(made, verdict=verdict)], "Board")
        assert ("not all that the answer of the run rests on" in text) is is_said
