"""What do trees answer? One row at a time, one question at a time, in plain Python.

A column is ("number", place, steps, filling), ("text", place, values by text, value of others), ("flag", place, value where a
number is there, value where it is missing), or ("constant", value). A tree is
("leaf", output, weight), or ("split", column, question, side of a missing value, left, right), where a question is a threshold
or a set of codes that go left.
"""

import math
import struct

_APPLY = {
    "add": lambda value, by: value + by,
    "sub": lambda value, by: value - by,
    "mul": lambda value, by: value * by,
    "div": lambda value, by: value / by,
}


def seen(column, numbers, texts):
    """What a model sees of a row in a column; the steps come before the filling, as the preparation puts them."""
    if column[0] == "constant":
        return column[1]
    if column[0] == "text":
        return column[2].get(texts[column[1]], column[3])
    value = numbers[column[1]]
    if column[0] == "flag":
        return column[3] if math.isnan(value) else column[2]
    if math.isnan(value):
        return column[3]
    for step, by in column[2]:
        value = _APPLY[step](value, by)
    return value


def leaf_of(tree, row, *, single):
    """Walk a tree by what the model sees of a row; `single`: each value is rounded to single precision first."""
    while tree[0] == "split":
        _, column, question, missing_left, left, right = tree
        value = struct.unpack("f", struct.pack("f", row[column]))[0] if single else row[column]
        if math.isnan(value):
            goes_left = missing_left
        elif isinstance(question, frozenset):
            goes_left = value in question
        else:
            goes_left = value <= question
        tree = left if goes_left else right
    return tree


def answer(trees, columns, numbers, texts, *, n_outputs, mean, single):
    """Add up what the leaves say to each output, or take the mean over all trees."""
    row = [seen(column, numbers, texts) for column in columns]
    total = [0.0] * n_outputs
    for tree in trees:
        _, output, weight = leaf_of(tree, row, single=single)
        total[output] += weight / (len(trees) if mean else 1)
    return total
