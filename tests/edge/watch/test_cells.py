"""Cells are read one by one: what stands beside a cell changes nothing."""

import numpy as np

from edge.watch.cells import read_label, read_labels


def test_labels_are_read_one_by_one_whatever_stands_beside_them():
    cells = [
        "1",
        1,
        True,
        1.0,
        "True",
        " yes ",
        "yes",
        None,
        "",
        float("nan"),
        np.float64(2.5),
        "1",
        0,
        False,
        "-0.0",
        -0.0,
    ]
    assert read_labels(cells) == [read_label(cell) for cell in cells]
    assert read_labels(cells[:3]) == ["1", "1", "True"]
    assert read_labels([]) == []
