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

    With cuts, a gambler splits his capital over bets that tell ranks below each cut from those above.
    """
    n_blocks = math.ceil(len(p_values) / block)
    wholes, each = [], []
    for number in range(n_blocks):
        begun = []
        for start in range(number + 1):
            rows = p_values[start * block : (number + 1) * block]
            bets = []
            for cut in cuts or (None,):
                counts, logarithm = ([0.5] * 10, 0.0) if cut is None else ([0.5, 0.5], 0.0)
                for p in rows:
                    if cut is None:
                        logarithm = _bet(logarithm, counts, min(int(p * 10), 9), 0.1)
                    else:
                        is_above = int(p >= cut)
                        logarithm = _bet(logarithm, counts, is_above, (cut, 1 - cut)[is_above])
                bets.append(logarithm)
            begun.append(_mean(bets))
        wholes.append(_mean(begun + [0.0] * (n_blocks - number - 1)))  # who has not begun still has what he was given
        each.append(begun)
    return wholes, each


def _foretold(events, counts):
    """Logarithm of the chance of a row of events by one who counts: from `counts` of (not, yes), each a half more than seen."""
    counts, total = list(counts), 0.0
    for event in events:
        total += math.log(counts[event] / sum(counts))
        counts[event] += 1
    return total


def rate_path(training, history, stream, block):
    """Logarithm of the capital after each block of those who bet that things happen more or less often from a block on.

    Each is a list of rows, a row a list of 0 and 1, one for each thing; the forecast is paid over the best rate in hindsight.
    """
    n_blocks, n_things = math.ceil(len(stream) / block), len(stream[0])
    wholes = []
    for number in range(n_blocks):
        seen = stream[: (number + 1) * block]
        each = []
        for start in range(n_blocks):
            bets = []
            for thing in range(n_things):
                past = [row[thing] for row in history]
                rows = [row[thing] for row in seen]
                before, since = [*past, *rows[: start * block]], rows[start * block :]
                learned = [0.5 + sum(row[thing] == value for row in training) for value in (0, 1)]
                known = 0.9 * math.exp(_foretold(before, learned)) + 0.1 * math.exp(_foretold(before, (0.5, 0.5)))
                every = [*before, *since]
                share = sum(every) / len(every)
                best = sum(math.log(share if event else 1 - share) for event in every)
                bets.append(math.log(known) + _foretold(since, (0.5, 0.5)) - best)
            each.append(_mean(bets))
        wholes.append(_mean(each))
    return wholes


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
