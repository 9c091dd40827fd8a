"""How much better a ramp explains ranks than a jump, against a fit by a general optimiser."""

import numpy as np
import pytest
from scipy import optimize, special

from edge.watch.betting import CHANCES_OF_KINDS, N_KINDS, kinds_of
from edge.watch.ramps import ramp_over_jump


def best(pieces, shares):
    """Fit what is mixed into uniform ranks by hill climbing; one row of uniform ranks is added to what it explains."""
    chance = kinds_of(((np.arange(100_000) + 0.5) / 100_000)[:, None])[0] / 100_000

    def explained(mixed):
        return sum(
            (piece * np.log(1 - share + share * mixed / chance)).sum()
            for piece, share in zip(pieces, shares, strict=True)
        )

    def cost(free):
        mixed = special.softmax(free)
        return -explained(mixed) - (chance * np.log(mixed / chance)).sum()

    found = optimize.minimize(cost, np.log(chance), method="L-BFGS-B", options={"maxiter": 2_000, "maxfun": 10**6})
    return explained(special.softmax(found.x))


def pieces_of(kind, seed=0, sizes=(100, 100, 200, 50, 50, 50)):
    """Ranks into which ever more high ones are mixed from the third piece on, or half of them at once."""
    rng, made, seen = np.random.default_rng(seed), [], 0
    for place, size in enumerate(sizes):
        share = (np.arange(seen, seen + size) - 200) / 350 if kind == "ramp" else 0.5 * (place >= 2)
        high = rng.random(size) < share
        made.append(kinds_of(np.where(high, rng.random(size) ** (1 / 8), rng.random(size))[:, None])[0])
        seen += size
    return np.array(made)


@pytest.mark.parametrize("kind", ["ramp", "jump"])
def test_a_ramp_and_a_jump_are_fitted_as_well_as_can_be(kind):
    pieces = pieces_of(kind)
    found = ramp_over_jump(pieces)
    sizes = pieces.sum(axis=1)
    for first in (0, 2, 4):
        middles = sizes[first:].cumsum() - sizes[first:] / 2
        ramp = best(pieces[first:], middles / sizes[first:].sum())
        jump = best(pieces[first:], np.ones(len(pieces) - first))
        assert found[first] == pytest.approx(ramp - jump, abs=0.5)
    assert found[-1] == 0


def test_a_ramp_is_told_from_a_jump_that_begins_at_the_same_place():
    assert np.mean([ramp_over_jump(pieces_of("ramp", seed))[2] for seed in range(10)]) > 5
    assert np.mean([ramp_over_jump(pieces_of("jump", seed))[2] for seed in range(10)]) < -5


def test_the_chances_of_kinds_are_those_of_uniform_ranks():
    ranks = (np.arange(200_000) + 0.5) / 200_000
    np.testing.assert_allclose(CHANCES_OF_KINDS, kinds_of(ranks[:, None])[0] / 200_000, atol=1e-5)
    assert len(CHANCES_OF_KINDS) == N_KINDS
