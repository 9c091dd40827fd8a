"""What does the capital of gamblers become who bet on ranks, row by row? Each learns frequencies by counting."""

import math


def _bet(logarithm, counts, place, chance):
    """One row: the gambler's capital grows by his probability of what came over the fair one, and he counts it."""
    share = counts[place] / sum(counts)
    counts[place] += 1
    return logarithm + math.log(share / chance)


def _mean(logarithms):
    largest = max(logarithms)
    return largest + math.log(sum(math.exp(each - largest) for each in logarithms) / len(logarithms))


def path(p_values, block, cuts=()):
    """Logarithm of the capital after each block, and the gamblers' own logarithms then; one starts at every block.

    With cuts, a gambler splits his capital over bets that tell ranks below cut / 10 from those above.
    """
    places = [min(int(p * 10), 9) for p in p_values]
    n_blocks = math.ceil(len(places) / block)
    wholes, each = [], []
    for number in range(n_blocks):
        begun = []
        for start in range(number + 1):
            rows = places[start * block : (number + 1) * block]
            bets = []
            for cut in cuts or (None,):
                counts, logarithm = ([0.5] * 10, 0.0) if cut is None else ([0.5, 0.5], 0.0)
                for place in rows:
                    if cut is None:
                        logarithm = _bet(logarithm, counts, place, 0.1)
                    else:
                        is_above = int(place >= cut)
                        logarithm = _bet(logarithm, counts, is_above, (cut / 10, 1 - cut / 10)[is_above])
                bets.append(logarithm)
            begun.append(_mean(bets))
        wholes.append(_mean(begun + [0.0] * (n_blocks - number - 1)))  # who has not begun still has what he was given
        each.append(begun)
    return wholes, each


def start_of(logarithms):
    """Block (most likely, earliest, latest) of the change by the gamblers' shares: 95 % of the capital lies between."""
    largest = max(logarithms)
    shares = [math.exp(each - largest) for each in logarithms]
    total, run, early, late = sum(shares), 0.0, None, len(shares) - 1
    for place, share in enumerate(shares):
        run += share / total
        if early is None and run >= 0.025:
            early = place
        if run >= 0.975:
            late = place
            break
    return logarithms.index(largest), early, late
