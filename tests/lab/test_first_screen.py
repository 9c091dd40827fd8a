"""What the first screen says is short and plain, whatever a lab has found and whatever is doubtful: all kinds of verdicts are read."""

import itertools
import re

import pytest
from samples import verdicts
from samples.wiring import (
    AT_SIZE_FACTS,
    EDGE_AT_SIZE_ESTIMATES,
    EDGE_ESTIMATES,
    EDGE_FACTS,
    INTERPRETABILITY_ESTIMATES,
    INTERPRETABILITY_FACTS,
    QUANTUM_AT_SIZE_ESTIMATES,
    QUANTUM_ESTIMATES,
    QUANTUM_FACTS,
    generic,
)

from lab.wording import likelihood

WIRED = {
    "quantum": (QUANTUM_ESTIMATES | QUANTUM_AT_SIZE_ESTIMATES, QUANTUM_FACTS | AT_SIZE_FACTS),
    "edge": (EDGE_ESTIMATES | EDGE_AT_SIZE_ESTIMATES, EDGE_FACTS | AT_SIZE_FACTS),
    "interpretability": (INTERPRETABILITY_ESTIMATES | {"loss_at_size"}, INTERPRETABILITY_FACTS | AT_SIZE_FACTS),
}


@pytest.fixture(scope="module")
def judged():
    return list(verdicts.judged())


@pytest.fixture(scope="module")
def every(judged):
    own = [verdict for *_, verdict in judged]
    return [*own, *verdicts.held_in_turn(own)]


def words_and_numbers(sentence):
    """Count them otherwise than the lab does: sign by sign."""
    words = [word for word in re.split(r"\s+", sentence) if word]
    digits = "".join("9" if sign.isdecimal() else sign for sign in sentence)
    numbers = [run for run in re.findall(r"[9.,]*9", re.sub(r"[A-Za-z_]\w*", "", digits)) if run]
    return len(words), len(numbers)


def all_said(verdict):
    return [verdict.sentence, verdict.details, *verdict.next_steps, *verdict.would_change]


def test_the_samples_are_of_all_labs_and_all_answers_and_name_only_what_is_wired(judged):
    assert {(lab.name, verdict.answer) for lab, _, _, verdict in judged} == {
        (lab, answer) for lab in WIRED for answer in ("yes", "no", "undecided")
    }
    for lab, evidence, _, _ in judged:
        estimates, facts = WIRED[lab.name]
        assert {generic(name) for name in evidence.estimates} <= estimates
        assert evidence.facts.keys() <= facts


def test_a_sentence_has_at_most_30_words_and_4_numbers(every):
    assert len(every) > 5_000
    for verdict in every:
        words, numbers = words_and_numbers(verdict.sentence)
        assert words <= 30, verdict.sentence
        assert numbers <= 4, verdict.sentence
        assert re.fullmatch(r"\S.*[^.]\.", verdict.sentence)
        assert verdict.sentence[0].isupper() or verdict.sentence[0].isdigit(), verdict.sentence


def test_all_that_is_said_are_whole_sentences(every):
    for verdict in every:
        for text in (verdict.details, *verdict.next_steps):
            if text:
                assert text[0].isupper() or text[0].isdigit(), text
                assert text.endswith("."), text
                assert not re.search(r"\.\.|  |;\.|,\.| \.", text), text


def test_nothing_is_said_that_was_found_wrong_on_screens(every):
    for verdict in every:
        text = " ".join(all_said(verdict))
        assert not re.search(r"(?<![\w.])-0(\.0+)?(?![\d.])", text), f"nothing has no sign: {text}"
        assert not re.search(r"\b9[0-46-9](\.\d)? % interval", text), f"another level without a reason: {text}"
        for wrong in ("misses share", "trees fits", " at p99", "give up on"):
            assert wrong not in text
        assert "p99" not in verdict.sentence


def test_a_price_of_training_is_a_range_with_its_source_and_date(judged):
    priced = [verdict.details for _, evidence, _, verdict in judged if "training_dollars" in evidence.estimates]
    assert priced
    for details in priced:
        assert "about 35,000 to 3,200,000 dollars, depending on the way of training" in details
        assert "(IBM's list price of May 2026, as a third party copied it)" in details


def test_the_price_of_a_circuit_is_never_that_of_a_best_model_of_another_kind(judged):
    for _, evidence, _, verdict in judged:
        if "training_dollars" in evidence.estimates and "quantum_chosen" in evidence.facts:
            is_circuit = "variational circuit (3 qubits)" in evidence.facts["quantum_chosen"]
            assert ("The best quantum model was most often the" in verdict.details) != is_circuit


def test_no_advice_asks_for_more_rows_than_the_table_has(judged):
    asked = 0
    for _, evidence, _, verdict in judged:
        for rows in re.findall(r"--(?:max|curve)-rows (\d+)", " ".join(all_said(verdict))):
            asked += 1
            assert int(rows) <= evidence.facts["rows_in_table"]
    assert asked > 100


def test_there_are_one_to_three_next_steps(every):
    assert {len(verdict.next_steps) for verdict in every} <= {1, 2, 3}


def test_chances_add_up_to_one_and_agree_with_a_firm_answer(judged):
    """An interval beyond the margin leaves at most a fortieth to the other side."""
    found = 0
    for lab, evidence, _, verdict in judged:
        if not verdict.chances:
            assert lab.name == "edge" or verdict.answer == "undecided", "only what cannot be said has no chances"
            assert verdict.answer != "yes"
            continue
        found += 1
        assert sum(verdict.chances.values()) == pytest.approx(1)
        assert all(0 <= chance <= 1 for chance in verdict.chances.values())
        at_size = any(name.endswith("at_size") for name in evidence.estimates)
        if lab.name == "edge" and verdict.answer == "no":
            assert verdict.chances["every budget is met"] < 0.026
        elif lab.name == "quantum" and at_size and verdict.answer == "no":
            better = [chance for state, chance in verdict.chances.items() if "better" in state]
            assert better[0] < 0.026
        elif lab.name == "interpretability" and at_size and verdict.answer == "yes":
            worse = [chance for state, chance in verdict.chances.items() if "worse" in state]
            assert worse[0] < 0.026
    assert found > 1_000


def test_a_verdict_that_is_held_has_no_chances_and_begins_with_its_reason(judged):
    every = itertools.product(verdicts.DOUBTS, verdicts.TABLES)
    for (*_, verdict), (doubts, table) in zip(judged, every, strict=False):
        found = verdicts.held(verdict, doubts, table, verdicts.Evidence())
        if doubts.reasons:
            assert (found.answer, found.chances) == ("undecided", {})
            assert found.sentence.split(" ")[0] in ("Rows", "Class", "There")
            assert verdict.sentence in found.details or verdict.sentence[1:] in found.details
        else:
            assert found.chances == verdict.chances


def test_a_chance_is_said_with_its_number_and_is_never_nothing_nor_all():
    said = [likelihood(chance / 10_000) for chance in range(10_001)]
    assert not any(re.search(r"\b(0|100) in 100\)", each.replace("less than 1 in 100", "")) for each in said)
    numbers = [int(found[1]) for each in said if (found := re.search(r"(\d+) in 100\)$", each))]
    assert numbers == sorted(numbers)
    words = list(dict.fromkeys(each.partition(" (")[0] for each in said))
    assert words == ["very unlikely", "unlikely", "about as likely as not", "likely", "very likely"]
