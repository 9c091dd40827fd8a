"""Gamblers who bet rank by rank, one for every block, and are never joined: slow, and by multiplication alone."""

LOWER = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
BOTH = (0.05, 0.2)


def won(ranks):
    """What one who bets on all of these ranks makes of 1."""
    tenths = 1.0
    seen = [0] * 10
    for number, rank in enumerate(ranks):
        place = min(int(rank * 10), 9)
        tenths *= 10 * (seen[place] + 0.5) / (number + 5)
        seen[place] += 1
    sets = [(lambda rank, cut=cut: rank < cut, cut) for cut in LOWER]
    sets += [(lambda rank, tail=tail: rank < tail or rank >= 1 - tail, 2 * tail) for tail in BOTH]
    each = []
    for is_hit, chance in sets:
        capital, hits = 1.0, 0
        for number, rank in enumerate(ranks):
            expected = (hits + 0.5) / (number + 1)
            hit = is_hit(rank)
            capital *= expected / chance if hit else (1 - expected) / (1 - chance)
            hits += hit
        each.append(capital)
    return tenths / 2 + sum(each) / len(each) / 2


def share(block):
    """Share of the gambler who starts before a block: ranges of 256, 512, ... blocks have 1/2, 1/6, 1/12, ... of all."""
    turn, begin = 0, 0
    while block >= begin + 256 * 2**turn:
        begin += 256 * 2**turn
        turn += 1
    return 1 / (turn + 1) / (turn + 2) / (256 * 2**turn)


def capital(blocks):
    """Capital of all after some blocks, lists of ranks."""
    begun = sum(
        share(start) * won([rank for block in blocks[start:] for rank in block]) for start in range(len(blocks))
    )
    return begun + 1 - sum(share(start) for start in range(len(blocks)))


def capital_of(blocks, *, to_come):
    """Capital of all after some blocks, where it is known how many come: each gambler has an equal share."""
    begun = sum(won([rank for block in blocks[start:] for rank in block]) for start in range(len(blocks)))
    return (begun + to_come - len(blocks)) / to_come


def ranks(history, stream, rarity):
    """Least and largest rank of each value among those before it and itself, by size and by rarity."""
    seen, found = list(history), []
    for value in stream:
        seen.append(value)
        pairs = []
        for order in (lambda code: code, lambda code: rarity[code]):
            below = sum(order(other) < order(value) for other in seen)
            equal = sum(order(other) == order(value) for other in seen)
            pairs.append((below / len(seen), (below + equal) / len(seen)))
        found.append(pairs)
    return found
