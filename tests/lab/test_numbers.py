"""Numbers are written for people: a unit that suits them, no exponent, nothing without its sign."""

import pytest

from lab.numbers import number, span, unit_of

SECONDS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
BYTES = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}


@pytest.mark.parametrize(
    ("value", "base", "name"),
    [(5.5e-5, "ms", "ns"), (0.0079, "ms", "µs"), (0.999, "ms", "µs"), (1.0, "ms", "ms"), (2e3, "ms", "s"), (7.0, "s", "s"),
     (0.00253, "MB", "kB"), (2_500.0, "MB", "GB"), (1e-7, "MB", "bytes"), (3.0, "points", "points")],
)  # fmt: skip
def test_a_unit_fits_what_it_is_chosen_for(value, base, name):
    found = unit_of([value, None, 0.0], base)
    assert found.name == name
    sizes = SECONDS if base in SECONDS else BYTES if base in BYTES else {base: 1}
    assert found.of(value) * sizes[name] == pytest.approx(value * sizes[base])


def test_one_far_value_does_not_choose_the_unit_of_all():
    assert unit_of([0.002, 0.003, 900.0], "ms").name == "µs"


@pytest.mark.parametrize(("low", "high"), [(1e-8, 2e-6), (-0.0, 0.0), (123_456.0, 9e9), (-5e-7, 3.0)])
def test_an_interval_has_no_exponent_and_no_signed_nothing(low, high):
    said = span(low, high)
    assert "e" not in said.lower()
    assert not said.startswith("-0 ")
    assert said.split(" to ")[0] == f"{float(number(float(f'{low:.3g}')).replace(',', '')):,.10f}".rstrip("0").rstrip(
        "."
    )
