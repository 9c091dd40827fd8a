"""A watch that is killed and begun again knows the same as one that was left alone.

`tests/benchmarks/watch_kills.py` kills a hundred times.
"""

import signal

from samples import watch_killing


def test_a_watch_that_is_killed_again_and_again_knows_the_same(tmp_path):
    watch_killing.write_inputs(tmp_path, 3_000)
    alone = watch_killing.start(tmp_path, "alone")
    out, err = alone.communicate(timeout=60)
    assert alone.returncode == watch_killing.ENDED, err
    expected = watch_killing.known(tmp_path, "alone")
    assert expected["rows"] == 3_000 - len(range(0, 3_000, 89))
    assert [kind for kind, _, _ in expected["happenings"]].count("alarm") == 1
    assert len(expected["happenings"]) == 4  # a row that does not parse, a key that comes twice, a time that goes back

    told = []
    for kill in (1, 2, 9, 3, 14):  # before the first state, within one, between state and log
        process = watch_killing.start(tmp_path, "killed", kill=kill)
        out, err = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, err
        told.append(out)
    process = watch_killing.start(tmp_path, "killed")
    out, err = process.communicate(timeout=60)
    assert process.returncode == watch_killing.ENDED, err
    assert watch_killing.known(tmp_path, "killed") == expected
    assert '"kind": "alarm"' in "".join([*told, out]), "an alarm is told at least once"
