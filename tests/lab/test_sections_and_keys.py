"""Sections are added up in their order, each name belongs to one of them, and a key finds the rows of its own kind."""

from types import SimpleNamespace

import pytest

from lab.protocol import Estimate, Evidence, Figure, Key, Table, WhatIf
from lab.sections import merged, plan, summarise


def part(name, caveats):
    return Evidence(
        {f"{name}.share": Estimate(0.5, 0.25, 0.75, "share")},
        {f"{name}.label": name},
        (Figure(f"figure of {name}", "", {}),),
        (Table(f"table of {name}", "", (), ()),),
        caveats,
        (WhatIf(f"panel of {name}", "", "share", "identity", 0.0, (), ()),) if name == "b" else (),
    )


def test_evidence_is_added_up_in_the_order_of_the_sections():
    found = merged(iter([part("b", ("said by both", "of b")), part("a", ("of a", "said by both"))]))
    assert list(found.estimates) == ["b.share", "a.share"]
    assert dict(found.facts) == {"b.label": "b", "a.label": "a"}
    assert [figure.title for figure in found.figures] == ["figure of b", "figure of a"]
    assert [table.title for table in found.tables] == ["table of b", "table of a"]
    assert found.caveats == ("said by both", "of b", "of a"), "each once, where it is said first"
    assert [panel.title for panel in found.panels] == ["panel of b"]


@pytest.mark.parametrize(("which", "thing"), [("estimates", "estimate"), ("facts", "fact")])
def test_two_sections_cannot_give_the_same_number(which, thing):
    parts = [Evidence(**{which: {"loss": 1, name: 2}}) for name in ("first", "second")]
    with pytest.raises(ValueError, match=f"two sections give an {thing} named 'loss'"):
        merged(parts)


def test_every_section_of_a_lab_is_planned_and_read():
    def section(name):
        return SimpleNamespace(
            plan=lambda context: [(name, context), (f"{name} again", context)],
            evidence=lambda context, rows: Evidence(facts={name: (context, rows)}),
        )

    lab = SimpleNamespace(sections=lambda: (section("first"), section("second")))
    assert [name for name, _ in plan(lab, "context")] == ["first", "first again", "second", "second again"]
    assert {context for _, context in plan(lab, "context")} == {"context"}
    assert summarise(lab, "context", {}).facts == {"first": ("context", {}), "second": ("context", {})}


def test_a_key_finds_the_rows_of_its_own_kind_by_their_part():
    rows = {"build-mlp": 1, "builder-mlp": 2, "build": 3, "build-extra-trees": 4, "time-mlp": 5, "rebuild-mlp": 6}
    build = Key("build", int)
    assert build.all_found(rows) == {"mlp": 1, "extra-trees": 4}
    assert (build.found(rows), build.of("mlp").found(rows), build.of("forest").found(rows)) == (3, 1, None)
    assert build.of("mlp").needed(rows) == 1
    with pytest.raises(KeyError, match="build-forest"):
        build.of("forest").needed(rows)
    names = [build.of(fold).name for fold in (9, 10, 0)]
    assert sorted(names) == ["build-00", "build-09", "build-10"], "folds keep their order as texts"
