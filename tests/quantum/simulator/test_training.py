"""The loop: Adam as in its paper, models that do not see each other, and stopping when it should."""

import numpy as np
import pytest

from quantum.circuit import Circuit
from quantum.simulator.calls import Head, cross_entropy_and_gradient, expectations
from quantum.simulator.training import Training, train

CIRCUIT = Circuit(3, 2, pattern="ring")


def data(n_samples: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that one qubit can tell apart."""
    features = np.random.default_rng(seed).uniform(-1.5, 1.5, (n_samples, 3))
    return features, (features[:, 0] > 0).astype(int)


def test_steps_equal_adam_written_out():
    features, labels = data()
    start = np.random.default_rng(1).normal(size=CIRCUIT.angles_shape)
    chosen = Training(n_steps=5, learning_rate=0.1, schedule="constant", precision="float64", train_scalings=True)
    found = train(CIRCUIT, features, labels, chosen, angles=start)
    values = [start, np.ones(CIRCUIT.scalings_shape), np.array(1.0), np.zeros(1)]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    for step in range(1, 6):
        loss, slope = cross_entropy_and_gradient(
            CIRCUIT, values[0], values[1], Head(values[2], values[3]), features, labels, precision="float64"
        )
        assert found.losses[0, step - 1] == pytest.approx(float(loss), abs=1e-12)
        for i, g in enumerate(slope[:4]):
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g**2
            hats = first[i] / (1 - 0.9**step), second[i] / (1 - 0.999**step)
            values[i] = values[i] - 0.1 * hats[0] / (np.sqrt(hats[1]) + 1e-8)
    # A slope that is zero but for rounding (1e-17) moves its angle by at most 0.1 * 1e-17 / 1e-8 a step.
    np.testing.assert_allclose(found.angles[0], values[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.scalings[0], values[1], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.head.biases[0], values[3], rtol=0, atol=1e-9)


@pytest.mark.parametrize("train_scalings", [False, True])
@pytest.mark.parametrize("reach", [1.0, 3e4, 1e7])
def test_the_batches_of_an_epoch_are_all_samples_once(train_scalings, reach):
    """With steps too short to move anything the mean loss of an epoch's batches is the loss of all samples."""
    features = np.random.default_rng(2).uniform(-reach, reach, (40, 3))
    labels = np.random.default_rng(3).integers(0, 2, 40)
    start = np.random.default_rng(1).normal(size=CIRCUIT.angles_shape)
    chosen = Training(n_steps=8, learning_rate=1e-30, batch_size=10, precision="float64", train_scalings=train_scalings)
    found = train(CIRCUIT, features, labels, chosen, angles=start)
    whole, _ = cross_entropy_and_gradient(CIRCUIT, start, None, Head(1.0, [0.0]), features, labels, precision="float64")
    np.testing.assert_allclose(found.losses[0].reshape(2, 4).mean(axis=1), float(whole), rtol=0, atol=1e-9)
    assert np.ptp(found.losses[0]) > 1e-3


def test_batches_bring_each_model_its_own_samples_and_weights():
    rng = np.random.default_rng(8)
    features, labels = rng.normal(size=(2, 24, 3)), rng.integers(0, 2, (2, 24))
    weights = rng.integers(0, 2, (2, 24))
    starts = rng.normal(size=(2, *CIRCUIT.angles_shape))
    for train_scalings in (False, True):
        chosen = Training(n_steps=9, n_models=2, batch_size=8, train_scalings=train_scalings)
        together = train(CIRCUIT, features, labels, chosen, angles=starts, sample_weights=weights)
        for m in range(2):
            alone = train(
                CIRCUIT, np.stack([features[m]] * 2), labels[m], chosen, angles=starts[m], sample_weights=weights[m]
            )
            np.testing.assert_array_equal(together.losses[m], alone.losses[0])


def test_one_thread_and_more_give_the_same_bits():
    circuit = Circuit(7, 4, pattern="ring")
    rng = np.random.default_rng(9)
    features, labels = rng.normal(size=(150, 7)), rng.integers(0, 2, 150)
    for batch_size in (None, 64):
        runs = [
            train(
                circuit, features, labels, Training(n_steps=6, batch_size=batch_size, train_scalings=True, n_threads=t)
            )
            for t in (1, 3)
        ]
        np.testing.assert_array_equal(runs[0].angles, runs[1].angles)
        np.testing.assert_array_equal(runs[0].scalings, runs[1].scalings)


def test_separable_classes_are_learned():
    features, labels = data()
    found = train(CIRCUIT, features, labels, Training(n_steps=150, learning_rate=0.1, seed=3))
    values = expectations(CIRCUIT, found.angles, found.scalings, features)[0, :, 0]
    logits = found.head.gain[0] * values + found.head.biases[0]
    assert np.mean((logits > 0) == labels) > 0.9
    assert found.losses[0, -1] < 0.5 * found.losses[0, 0]


@pytest.mark.parametrize("batch_size", [None, 16])
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(batch_size):
    features, labels = data()
    runs = [
        train(
            CIRCUIT,
            features,
            labels,
            Training(n_steps=20, batch_size=batch_size, seed=seed, validation_share=0.25),
        )
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0].angles, runs[1].angles)
    np.testing.assert_array_equal(runs[0].losses, runs[1].losses)
    assert not np.array_equal(runs[0].losses, runs[2].losses)


def test_models_side_by_side_do_not_see_each_other():
    features, labels = data()
    starts = np.random.default_rng(4).normal(size=(3, *CIRCUIT.angles_shape))
    weights = np.random.default_rng(5).integers(0, 2, (3, 40))
    together = train(
        CIRCUIT, features, labels, Training(n_steps=12, n_models=3, train_scalings=True),
        angles=starts, sample_weights=weights,
    )  # fmt: skip
    for m in range(3):
        alone = train(
            CIRCUIT, features, labels, Training(n_steps=12, train_scalings=True),
            angles=starts[m], sample_weights=weights[m],
        )  # fmt: skip
        np.testing.assert_array_equal(together.angles[m], alone.angles[0])
        np.testing.assert_array_equal(together.losses[m], alone.losses[0])


def test_a_hidden_sample_changes_nothing():
    features, labels = data()
    weights = np.ones(40)
    weights[7] = 0.0
    spoiled = features.copy()
    spoiled[7] = 99.0
    runs = [train(CIRCUIT, x, labels, Training(n_steps=8), sample_weights=weights) for x in (features, spoiled)]
    np.testing.assert_array_equal(runs[0].angles, runs[1].angles)


def test_scalings_stay_at_one_unless_they_are_trained():
    features, labels = data()
    fixed, free = (train(CIRCUIT, features, labels, Training(n_steps=5, train_scalings=flag)) for flag in (False, True))
    assert (fixed.scalings == 1.0).all()
    assert not (free.scalings == 1.0).any()


def test_labels_that_cannot_be_learned_stop_early_at_the_best_step():
    features, _ = data(60)
    labels = np.random.default_rng(6).integers(0, 2, 60)
    chosen = Training(
        n_steps=400, learning_rate=0.3, validation_share=0.4, patience=3, check_every=5, n_models=4, seed=1
    )
    found = train(CIRCUIT, features, labels, chosen)
    assert found.losses.shape[1] < 400
    best = np.nanmin(found.validation_losses, axis=1)
    place = np.nanargmin(found.validation_losses, axis=1)
    np.testing.assert_array_equal(found.best_step, 5 * (place + 1))
    assert found.best_model == np.argmin(best)


def test_on_step_sees_every_step_and_cannot_change_the_training():
    features, labels = data()
    seen = []

    def spoil(step, losses):
        seen.append((step, losses.copy()))
        losses[:] = np.nan

    watched = train(CIRCUIT, features, labels, Training(n_steps=6, n_models=2), on_step=spoil)
    alone = train(CIRCUIT, features, labels, Training(n_steps=6, n_models=2))
    assert [step for step, _ in seen] == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(np.stack([losses for _, losses in seen], axis=1), alone.losses)
    np.testing.assert_array_equal(watched.angles, alone.angles)


def test_a_cosine_schedule_ends_in_smaller_steps_than_a_constant_one():
    features, labels = data()

    def last_move(schedule):
        ends = [train(CIRCUIT, features, labels, Training(n_steps=40, schedule=schedule, learning_rate=0.1)).losses]
        return np.abs(np.diff(ends[0][0, -5:])).sum()

    assert last_move("cosine") < last_move("constant")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_steps": 0}, "n_steps is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": np.nan}, "learning_rate"),
        ({"validation_share": 1.0}, "validation_share"),
        ({"schedule": "step"}, "'constant', 'cosine'"),
        ({"n_models": 0}, "n_models is 0"),
    ],
)
def test_settings_out_of_range_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Training(**change)


def test_a_share_that_leaves_nothing_to_validate_on_is_refused():
    features, labels = data(4)
    with pytest.raises(ValueError, match="leaves 0 to validate on"):
        train(CIRCUIT, features, labels, Training(validation_share=0.1))
