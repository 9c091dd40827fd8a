"""The distilled network learns from models that have not seen the row, as its formula says, and becomes a file like any other."""

import numpy as np
import pytest
from samples.less_work import few_trees
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from edge.building.trials import build
from edge.candidates import group
from edge.distilling import student
from edge.distilling.family import DISTILLED
from edge.distilling.student import DistilledClassifier, taught
from edge.exporting import device, originals
from edge.session import OUTPUT, session
from edge.variants.making import variants_of
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning import folds
from lab.learning.fitting import fit_together
from lab.learning.outer import fold_key, score_fold
from lab.protocol import Belonging
from lab.spoiling import check_spoiling

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
FOLD = folds.Fold(3, 1, 4, 0)


def noisy(n_rows=150, *, seed=0, n_classes=3, n_columns=6):
    """Rows whose class is a matter of chance, told by the first two columns."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, n_columns))
    scores = np.column_stack([rows[:, 0], rows[:, 1], -rows[:, 0]])[:, :n_classes] + rng.gumbel(
        size=(n_rows, n_classes)
    )
    return rows, scores.argmax(axis=1)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(student, "_TREES", 8)
    student._known.clear()


class Remembering:
    """A teacher that knows which rows it has learned from, and never says anything of one of them."""

    def fit(self, rows, codes):
        self.seen, self.classes_ = {row.tobytes() for row in rows}, np.unique(codes)
        return self

    def predict_proba(self, rows):
        assert not any(row.tobytes() in self.seen for row in rows), "a teacher has seen the row that it teaches"
        return np.full((len(rows), len(self.classes_)), 1 / len(self.classes_))


def test_no_teacher_has_seen_the_row_or_one_that_belongs_to_it(monkeypatch):
    monkeypatch.setattr(student, "_teachers", lambda seed: (Remembering(),))
    rows, labels = noisy(60)
    model = DistilledClassifier(random_state=1)
    model.fit(rows, labels)
    copied, twice, units = np.vstack([rows, rows]), np.tile(labels, 2), np.tile(np.arange(60), 2)
    with pytest.raises(AssertionError, match="has seen the row"):
        clone(model).fit(copied, twice)
    fit_together(Pipeline([("model", model)]), copied, twice, Belonging(units=units), seed=0)


def test_what_is_taught_is_the_average_of_the_teachers_on_rows_kept_aside():
    rows, labels = noisy()
    splits = list(StratifiedKFold(3, shuffle=True, random_state=5).split(rows, labels))
    expected = np.zeros((150, 3))
    for train, test in splits:
        for teacher in (
            ExtraTreesClassifier(8, random_state=7),
            MLPClassifier((100,), max_iter=400, n_iter_no_change=8, tol=1e-3, random_state=7),
            LogisticRegression(max_iter=2_000),
        ):
            expected[test] += teacher.fit(rows[train], labels[train]).predict_proba(rows[test]) / 3
    np.testing.assert_allclose(taught(rows, labels, splits, seed=7), expected, rtol=1e-12)


def test_the_student_minimises_the_cross_entropy_against_soft_labels(monkeypatch):
    rows, labels = noisy(80)
    said = np.random.default_rng(1).dirichlet([1, 1, 1], 80)
    said[0] = 0.0  # nobody said anything of the first row
    monkeypatch.setattr(student, "taught", lambda *given, **more: said)
    found = DistilledClassifier((5,), alpha=0.1, learning_rate_init=0.01, hard=0.4, random_state=2).fit(rows, labels)
    copies, classes, weights = [], [], []
    for row, chances, label in zip(rows, said, labels, strict=True):
        for each in range(3):
            weight = 0.6 * chances[each] + 0.4 * (label == each) if chances.sum() else float(label == each)
            if weight >= 0.01:
                copies.append(row), classes.append(each), weights.append(weight)
    by_hand = MLPClassifier(
        (5,), alpha=0.1, learning_rate_init=0.01, max_iter=400, n_iter_no_change=8, tol=1e-3, random_state=2
    )
    by_hand.fit(np.array(copies), np.array(classes), sample_weight=np.array(weights))
    np.testing.assert_allclose(found.predict_proba(rows), by_hand.predict_proba(rows), rtol=1e-9)


def test_without_a_teacher_it_is_the_plain_network():
    rows, labels = noisy(90)
    names = np.array(["a", "b", "c"])[labels]
    found = DistilledClassifier((4,), hard=1.0, random_state=3).fit(rows, names)
    plain = MLPClassifier((4,), max_iter=400, n_iter_no_change=8, tol=1e-3, random_state=3).fit(rows, labels)
    np.testing.assert_allclose(found.predict_proba(rows), plain.predict_proba(rows), rtol=1e-6)
    assert found.predict(rows).tolist() == np.array(["a", "b", "c"])[plain.predict(rows)].tolist()


@pytest.mark.slow
def test_it_knows_chances_better_than_the_same_network_without_a_teacher():
    rows, labels = noisy(400, seed=4, n_columns=40)
    unseen, truth = noisy(2_000, seed=5, n_columns=40)
    losses = [
        np.mean([log_loss(truth, DistilledClassifier((32,), hard=hard, random_state=seed).fit(rows, labels).predict_proba(unseen))
                 for seed in range(3)])
        for hard in (0.5, 1.0)
    ]  # fmt: skip
    assert losses[0] < losses[1] - 0.02


@pytest.mark.slow
def test_candidates_of_one_search_share_their_teachers_and_nobody_can_spoil_them(monkeypatch):
    asked, whole = [], student._said
    monkeypatch.setattr(student, "_said", lambda *given: asked.append(1) or whole(*given))
    rows, labels = noisy(60)
    first = DistilledClassifier((3,), random_state=1).fit(rows, labels)
    second = DistilledClassifier((3,), random_state=1).fit(rows, labels)
    DistilledClassifier((5,), alpha=0.5, random_state=1).fit(rows, labels)
    assert len(asked) == 1
    assert np.array_equal(first.predict_proba(rows), second.predict_proba(rows))
    splits = list(StratifiedKFold(3).split(rows, labels))
    before = taught(rows, labels, splits, seed=1)
    before[:] = 9.0
    assert taught(rows, labels, splits, seed=1).max() <= 1.0
    count = len(asked)
    for changed in (
        (rows + 1, labels, splits, 1),
        (rows, labels[::-1], splits, 1),
        (rows, labels, splits[::-1], 1),
        (rows, labels, splits, 2),
    ):
        taught(*changed[:3], seed=changed[3])
        count += 1
        assert len(asked) == count


@pytest.mark.parametrize("hard", [0.0, -0.1, 1.1])
def test_a_share_of_the_labels_out_of_range_is_refused(hard):
    with pytest.raises(ValueError, match="hard is"):
        DistilledClassifier(hard=hard).fit(*noisy(20))


def test_a_class_that_a_training_part_lacks_is_no_fault():
    rows, labels = np.random.default_rng(0).normal(size=(8, 2)), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    apart = [(np.arange(4), np.arange(4, 8)), (np.arange(4, 8), np.arange(4))]
    assert taught(rows, labels, apart, seed=0).tolist() == [[0.0, 1.0]] * 4 + [[1.0, 0.0]] * 4
    assert DistilledClassifier((2,), cv=apart[:1]).fit(rows, labels).predict(rows).shape == (8,)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["breast-cancer", "loans"])
def test_it_is_tuned_scored_and_exported_as_every_other_candidate(name):
    table = sample_rows(load(name), 150, 0)
    assert DISTILLED in group(table, None, asked=("distilled",)).families
    assert DISTILLED not in group(table, None).families
    key, arguments = fold_key(DISTILLED, 0), {"family": DISTILLED, "fold": FOLD}
    given = {**arguments, "scorer": "accuracy", "candidates": 2}
    plan = [key.trial(score_fold, given, seed=9)]
    scored = {key.name: score_fold(table, seed=9, **given)}
    check_spoiling(plan, table, scored)
    row = build(table, seed=9, inputs=scored, **arguments)
    assert sum(parity.flips for parity in row.parity.values()) == 0
    assert max(parity.largest for parity in row.parity.values()) < 1e-5
    ready = session(row.onnx.tobytes())
    fed = device.feeds(table, device.device_rows_at(table, key.needed(scored).test_rows), ready)
    np.testing.assert_allclose(ready.run([OUTPUT], fed)[0], key.needed(scored).predictions, atol=1e-4)
    kept = originals.from_bytes(row.original)
    rows = device.device_rows(table)
    train = folds.split(table, FOLD)[0]
    chosen = device.Exported(row.onnx.tobytes(), row.form, row.promise)
    made = variants_of(kept, chosen, table, device.device_rows_at(table, train), table.target[train])
    assert {"half the width", "float16 weights"} <= made.keys()
    np.testing.assert_allclose(
        ready.run([OUTPUT], device.feeds(table, rows, ready))[0], kept.predict_proba(rows), atol=1e-4
    )


def test_it_is_one_file_of_a_few_kilobytes():
    table = load("breast-cancer")
    sizes = {}
    for family in (DISTILLED, few_trees(group(table, None).families[2])):
        fitted = device.fit_for_device(family.build(table.features, 0), table, np.arange(table.n_rows))
        sizes[family.name] = len(device.to_files(fitted, table)[0].content)
    assert sizes["distilled"] < 4_000 < sizes["extra-trees"]
