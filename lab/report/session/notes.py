"""What is said at a screen, asked of the room, and answered? Whole sentences, made of what the record holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.protocol import WhatIf
from lab.record import Record
from lab.report.panel import first_state
from lab.report.session.digits import three
from lab.report.session.limits import Limits, outcome
from lab.report.session.prices import Price, Prices, rate_in_words
from lab.report.session.prices import priced as price_of
from lab.wording import amount, capital, count, exact, likelihood, of_the_worst, wrong_share

__all__ = [
    "Asked",
    "Notes",
    "change",
    "cover",
    "end",
    "limited",
    "picture",
    "priced",
    "steps",
    "sure",
    "verdict",
    "what_if",
]

_MOST_ASKED = 4


@dataclass(frozen=True)
class Asked:
    """What people ask, the answer, and the part of the report in which it stands (the end of an anchor)."""

    question: str
    answer: str
    where: str


@dataclass(frozen=True)
class Notes:
    """What to say, sentence by sentence; what to ask the room; what people ask."""

    say: tuple[str, ...]
    ask: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()


def cover(records: Sequence[Record], title: str) -> Notes:
    """Open the session: which questions, and on which data."""
    say = [f"{title}.", f"We have {count(len(records), 'question')}. " + " ".join(r.question.text for r in records)]
    say += list(dict.fromkeys(_data(record) for record in records))
    ask = [f"Before we look: what do you expect? {record.question.text}" for record in records]
    return Notes(tuple(say), tuple(ask))


def verdict(record: Record) -> Notes:
    """Say the question, the answer, and the sentence that carries it."""
    found = record.verdict
    say = [record.question.text, f"{found.headline}. {found.sentence}", *([found.details] if found.details else [])]
    asked = [
        Asked("Which data is this about?", _data(record), "repeat"),
        Asked("How often is this lab wrong?", _wrong(record), "trust"),
    ]
    return Notes(tuple(say), tuple(_margins(record)), tuple(asked))


def picture(record: Record) -> Notes:
    """Say what decides, and how to read the picture."""
    figures = record.evidence.figures
    asked = [
        Asked(_as_question(each.title), each.caption, f"figure-{place}")
        for place, each in enumerate(figures[1 : 1 + _MOST_ASKED], 2)
    ]
    title = figures[0].title
    return Notes((title if title.endswith("?") else f"{title}.", figures[0].caption), (), tuple(asked))


def limited(panel: Limits) -> Notes:
    """Say what is limited, and what holds under these limits."""
    moving = [limit for limit in panel.limits if limit.moves]
    found = outcome(panel, [limit.allowed for limit in panel.limits])
    budgets = "; ".join(f"{limit.name} at most {amount(limit.allowed, limit.unit)}" for limit in moving)
    say = (
        f"These were the budgets: {budgets}.",
        found.said,
        "Only what was measured is judged, by its whole interval.",
    )
    ask = tuple(
        f"{capital(limit.name)} of at most {amount(limit.allowed, limit.unit)}: is that what we need?"
        for limit in moving
    )
    return Notes(say, ask)


def priced(prices: Prices) -> Notes:
    """Say what each work costs at the rates of the record."""
    rates = {"overhead_s": prices.overhead_s, "execution_s": prices.execution_s, "rate": prices.rate}
    costs = [(work.name, price_of(work, shots=prices.shots, **rates)) for work in prices.works]
    say = [
        f"{capital(name)}: {three(cost.dollars)} dollars, {three(cost.seconds / 3600)} hours on the device."
        for name, cost in costs
    ]
    say.append(f"This is at {rate_in_words(prices)} and {count(prices.shots, 'shot')} a circuit.")
    name, cost = min(costs, key=lambda one: one[1].dollars)
    ask = (f"What would have to come out of it to be worth {three(cost.dollars)} dollars ({name})?",)
    asked = Asked("Why does the price differ so much?", _spread(costs), "appendix")
    return Notes(tuple(say), ask, (asked,) if len(costs) > 1 else ())


def what_if(panel: WhatIf) -> Notes:
    """Say what the model gives where the panel starts, and which terms matter most there."""
    start = first_state(panel)
    rows = sorted(start.rows, key=lambda row: -row[3])[:3]
    say = (
        panel.caption,
        f"As it stands, the model says {start.said} ({panel.output}).",
        "What moves it most here: " + ", ".join(f"{name} ({words})" for name, words, *_ in rows) + ".",
    )
    ask = tuple(f"What do you expect if we change {item.name}?" for item in panel.inputs[:2])
    return Notes(say, ask)


def sure(record: Record) -> Notes:
    """Say how far the answer can be trusted, and what weakens it."""
    caveats = (*record.evidence.caveats, *record.data["notes"])
    chances = (f"{capital(words)}: {likelihood(share)}." for words, share in record.verdict.chances.items())
    say = [*chances, _wrong(record), *(f"{capital(caveat)}." for caveat in record.evidence.caveats[:3])]
    asked = []
    if len(caveats) > 3:
        asked.append(Asked("What else weakens it?", " ".join(f"{capital(each)}." for each in caveats[3:6]), "caveats"))
    failed = record.trials["failed"]
    done = f"{count(record.trials['total'], 'trial')}, of which {len(failed)} failed."
    asked.append(Asked("How much was computed for this?", done, "failed" if failed else "repeat"))
    return Notes(tuple(say), (), tuple(asked))


def change(record: Record) -> Notes:
    """Say what would change the answer."""
    reasons = record.verdict.would_change
    say = tuple(f"The answer could change with {reason}." for reason in reasons)
    is_open = record.verdict.answer == "undecided"
    start = "Can we have this, and when" if is_open else "Would this be right for us, or is it likely"
    ask = tuple(f"{start}: {reason}?" for reason in reasons[:3])
    return Notes(say, ask)


def steps(record: Record) -> Notes:
    """Say what to do now."""
    ask = tuple(f"Who does this, and by when? {step}" for step in record.verdict.next_steps)
    asked = Asked("Can others repeat this?", f"Yes, with: {record.run['command']}", "repeat")
    return Notes(tuple(record.verdict.next_steps), ask, (asked,))


def end(records: Sequence[Record]) -> Notes:
    """Gather the answers, and ask for a decision on each question."""
    say = tuple(f"{record.question.text} {record.verdict.headline}. {record.verdict.sentence}" for record in records)
    ask = tuple(f"What do we do about it: {record.question.text}" for record in records)
    return Notes(say, ask)


def _data(record: Record) -> str:
    data, of = record.data, record.evidence.facts.get("rows_in_table")
    rows = count(data["n_rows"], "row")
    if isinstance(of, int) and of > data["n_rows"]:
        rows = f"{data['n_rows']:,} of {count(of, 'row')}"
    kinds = f"{len(data['classes'])} classes" if data["classes"] else "a number"
    return (
        f"{data['name']}: {rows}, {count(len(data['columns']), 'column')} used to predict {data['target']} ({kinds})."
    )


def _wrong(record: Record) -> str:
    if not record.controls:
        return "How often this lab is wrong where the truth is known has not been measured here."
    like = record.controls.get("like")
    if like:
        return str(like["sentence"])
    return f"Wrong in {wrong_share(record.controls['wrong'], 'cases')}{of_the_worst(record.controls['controls'])}."


def _margins(record: Record) -> Iterator[str]:
    """Ask whether the margin is that of the room."""
    margin, metric = record.evidence.facts.get("margin"), record.evidence.facts.get("metric")
    if isinstance(margin, int | float) and isinstance(metric, str):
        unit = "points" if any(each.unit == "points" for each in record.evidence.estimates.values()) else ""
        yield f"Only a difference of more than {exact(margin, unit)} in {metric} counts. Is that the difference that matters to us?"


def _as_question(title: str) -> str:
    return title if title.endswith("?") else f"What does \u201c{title}\u201d show?"


def _spread(costs: Sequence[tuple[str, Price]]) -> str:
    return capital("; ".join(f"{name} takes {cost.executions:,} executions" for name, cost in costs)) + "."
