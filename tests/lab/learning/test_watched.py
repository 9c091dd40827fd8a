"""A family that learns from more rows what its side's curve does not foretell is noticed, and one that keeps to the law is not."""

import numpy as np
import pytest

from lab.learning.at_size import SizePlan, SizeRow, size_key
from lab.learning.comparison import Group
from lab.learning.curves import extrapolate
from lab.learning.families import Family
from lab.learning.folds import Fold
from lab.learning.watched import rises_faster

SIZES, FURTHER = (2_500, 5_000, 10_000, 20_000, 40_000), (160_000,)


def family(name, **more):
    return Family(name, f"model {name}", lambda features, seed: None, **more)


FAST, SLOW, PLAIN = family("fast", is_cheap=True), family("slow"), family("plain", is_cheap=True)
SIDES = {
    "best black box": Group("black", "black box", (FAST, SLOW)),
    "best readable model": Group("glass", "", (PLAIN,)),
}
PLAN = SizePlan(SIZES, tuple(Fold(10, 1, 0, place) for place in range(3)), FURTHER)


def law(n, end, gain):
    return end - gain * n**-0.5


def rows(*, bump=None, left_out=()):
    """Scores that follow laws; `bump` is added to those of a family beyond the sizes of the curves."""
    rng, found = np.random.default_rng(2), {}
    for repeat in range(3):
        shared = 0.01 * rng.normal()
        for size in (*SIZES, *FURTHER):
            for each, end, gain in ((FAST, 0.770, 1.5), (SLOW, 0.772, 1.5), (PLAIN, 0.76, 0.2)):
                more = bump[1] if bump and bump[0] is each and size in FURTHER else 0.0
                score = law(size, end, gain) + shared + more + 0.0003 * rng.normal()
                if (each, size) not in left_out and (each is not SLOW or size in SIZES):
                    found[size_key(each, size, repeat).name] = SizeRow(size, score, score)
    return found


def said(found):
    scores = [
        100
        * np.array(
            [[max(found[size_key(f, n, r).name].score for f in group.families) for n in SIZES] for r in range(3)]
        )
        for group in SIDES.values()
    ]
    curves = extrapolate(SIZES, *scores, best=100.0, floor=50.0)
    assert curves.fault is None
    return rises_faster(curves, SIDES, PLAN, found, factor=100.0)


def test_scores_that_keep_to_their_laws_say_nothing():
    assert said(rows()) is None


@pytest.mark.parametrize(("risen", "label"), [(FAST, "best black box"), (PLAIN, "best readable model")])
def test_a_rise_beyond_the_law_is_said_of_its_side(risen, label):
    assert said(rows(bump=(risen, 0.02))) == (
        f"the {label} learns from 160,000 rows what its learning curve does not foretell"
    )


def test_a_fall_below_the_law_and_a_family_without_further_rows_say_nothing():
    assert said(rows(bump=(FAST, -0.02))) is None
    assert said(rows(bump=(FAST, 0.02), left_out=[(FAST, 160_000)])) is None


def test_the_rise_of_a_law_is_within_what_the_curves_foretell():
    found = rows()
    scores = [[100 * found[size_key(f, n, r).name].score for n in SIZES] for f in (SLOW, PLAIN) for r in range(3)]
    curves = extrapolate(SIZES, scores[:3], scores[3:], best=100.0, floor=50.0)
    for place, gain in enumerate((150.0, 20.0)):
        low, middle, high = np.quantile(curves.rises(160_000, place), [0.005, 0.5, 0.995])
        expected = gain * (40_000**-0.5 - 160_000**-0.5)
        assert low < expected < high
        assert expected / 2 < middle < 2 * expected
    assert np.allclose(curves.rises(40_000, 0), 0)
