"""Averages of models the slow way: the greedy selection of Caruana et al. (2004) as a plain loop, scored by definitions."""

import numpy as np

from oracles import intervals


def score(scorer, said, truth):
    """AUC by counting pairs, mean log probability of the truth, or R²; for two classes `said` may be the second one's chance."""
    if scorer == "r2":
        return 1 - ((said - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    if scorer == "roc_auc":
        return intervals.auc(said if said.ndim == 1 else said[:, 1], truth == 1)
    chances = said / said.sum(axis=1, keepdims=True)
    return float(np.mean([np.log(row[code]) for row, code in zip(chances, truth, strict=True)]))


def greedy(inner, truth, scorer):
    """Weights of models from their out-of-fold predictions: start with the best ones in order, then add what
    scores best, 20 times; the best bag on the way counts."""
    order = sorted(range(len(inner)), key=lambda place: -score(scorer, inner[place], truth))
    bag, best = [order[0]], score(scorer, inner[order[0]], truth)

    def of(places):
        return score(scorer, sum(inner[place] for place in places) / len(places), truth)

    for place in order[1:]:
        if of([*bag, place]) <= best + 1e-9:
            break
        bag, best = [*bag, place], of([*bag, place])
    taken = bag
    for _ in range(20):
        tried = [round(of([*bag, place]), 12) for place in range(len(inner))]
        bag = [*bag, tried.index(max(tried))]
        if max(tried) > best + 1e-9:
            taken, best = bag, max(tried)
    return [taken.count(place) / len(taken) for place in range(len(inner))]
