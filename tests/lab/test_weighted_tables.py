"""A column of weights is checked, is no feature, and is told; what cannot be weights, or cannot be counted, gets one sentence."""

import json

import numpy as np
import pandas as pd
import pytest

from edge.boosters.family import BOOSTERS
from edge.settings import Settings as EdgeSettings
from edge.variants.evidence import _loss
from interpretability.lab import LAB as INTERPRETABILITY
from interpretability.models.boosting import ReadableBoostingClassifier
from interpretability.settings import Settings
from lab.data.frames import from_frame
from lab.data.load import load
from lab.errors import InputError
from lab.job import describe_table, job_of
from lab.learning.fitting import takes_weights

N = 120


def frame(weights):
    rng = np.random.default_rng(2)
    a = rng.normal(size=N)
    named = {"a": a, "b": rng.normal(size=N), "w": weights, "y": np.where(a + rng.normal(size=N) > 0, "yes", "no")}
    return pd.DataFrame(named)


USUAL = np.tile([1.0, 2.0, 5.0], N // 3)


def test_weights_are_no_feature_and_have_the_mean_one():
    found = from_frame(frame(USUAL * 7), "y", weights="w")
    assert list(found.kinds) == ["a", "b"]
    np.testing.assert_allclose(found.belonging.weights, USUAL / USUAL.mean())
    assert found.belonging.weighted == "w"
    equal = round(USUAL.sum() ** 2 / (USUAL**2).sum())
    assert any(
        "'w', which is no feature" in note and f"about as much as {equal} equal ones" in note for note in found.notes
    )
    assert describe_table(found)["belonging"]["weights"] == "w"
    assert "weights" not in describe_table(from_frame(frame(USUAL), "y"))["belonging"]


def test_rows_of_weight_zero_are_left_out_and_so_are_those_without_a_target():
    table = frame(np.where(np.arange(N) < 12, 0.0, USUAL))
    table.loc[20:22, "y"] = None
    found = from_frame(table, "y", weights="w")
    assert found.n_rows == N - 15
    kept = np.delete(np.arange(N), [*range(12), 20, 21, 22])
    np.testing.assert_array_equal(found.features["a"], table["a"].to_numpy()[kept])
    np.testing.assert_allclose(found.belonging.weights, USUAL[kept] / USUAL[kept].mean())
    assert any(note.startswith("12 rows count for nothing") for note in found.notes)


def test_equal_weights_change_nothing_and_are_no_feature_either():
    found = from_frame(frame(np.full(N, 3.5)), "y", weights="w")
    assert found.belonging.weights is None
    assert found.belonging.weighted == ""
    assert list(found.kinds) == ["a", "b"]
    assert any("the same weight in 'w', as without --weights" in note for note in found.notes)


def test_huge_and_tiny_weights_are_a_matter_of_unit():
    one, other = (from_frame(frame(USUAL * unit), "y", weights="w").belonging.weights for unit in (1e90, 1e-200))
    np.testing.assert_allclose(one, other)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.where(np.arange(N) == 3, -1.0, USUAL), ["negative in 1 of 120 rows", "weight of 0 or more"]),
        (np.where(np.arange(N) < 2, np.nan, USUAL), ["missing in 2 of 120 rows", "weight of 0 or more"]),
        (np.where(np.arange(N) == 3, np.inf, USUAL), ["infinite", "finite number"]),
        (np.zeros(N), ["every weight in 'w' is 0", "another column"]),
        (np.tile(["light", "heavy"], N // 2), ["holds text", "another column"]),
        (np.tile([True, False], N // 2), ["true and false", "another column"]),
        (np.tile(pd.to_datetime(["2020-01-01", "2021-01-01"]), N // 2), ["dates", "another column"]),
        (USUAL * 1e105, ["weights above", "divide them"]),
    ],
)
def test_what_is_no_weight_is_refused_in_one_sentence(weights, words):
    with pytest.raises(InputError) as error:
        from_frame(frame(weights), "y", weights="w")
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"weights": "y"}, "is the target"),
        ({"weights": "x"}, "has no column 'x'"),
        ({"weights": "w", "drop": ["w"]}, "is dropped, and needed"),
    ],
)
def test_a_column_that_cannot_be_it_is_refused(said, words):
    with pytest.raises(InputError, match=words):
        from_frame(frame(USUAL), "y", **said)


def test_a_sample_and_a_part_keep_their_rows_weights():
    belonging = from_frame(frame(USUAL), "y", weights="w").belonging
    rows = np.array([5, 0, 7])
    np.testing.assert_array_equal(belonging.of(rows).weights, belonging.weights[rows])
    np.testing.assert_array_equal(belonging.at_random.weights, belonging.weights)


def test_weights_from_the_command_line_and_from_a_declaration_are_told(lab, tmp_path):
    frame(USUAL).to_csv(tmp_path / "t.csv", index=False)
    called = lab("look", "t.csv", "--target", "y", "--weights", "w", "--json", "--write", "t.toml")
    assert called.code == 0, called.err
    uses = {column["name"]: column["use"] for column in json.loads(called.out)["columns"]}
    assert uses["w"] == "says for how much each row counts"
    assert 'weights = "w"' in (tmp_path / "t.toml").read_text()
    again = lab("look", "t.csv", "--schema", "t.toml", "--json")
    assert again.out == called.out


def test_sentinels_are_weights_where_they_are_called_so(tmp_path):
    weights = np.where(np.arange(N) == 5, 9999, USUAL.astype(int))
    frame(weights).to_csv(tmp_path / "t.csv", index=False)
    found = load(str(tmp_path / "t.csv"), "y", weights="w")
    assert found.belonging.weights[5] == pytest.approx(9999 / weights.mean())


def test_a_lab_that_cannot_count_weights_says_so():
    from quantum.lab import LAB as QUANTUM

    dataset = from_frame(frame(USUAL), "y", weights="w")
    with pytest.raises(InputError, match="quantum lab cannot count rows by the weights in 'w'"):
        job_of(QUANTUM, dataset, QUANTUM.settings_type(), 0, ())
    equal = from_frame(frame(np.ones(N)), "y", weights="w")
    assert job_of(QUANTUM, equal, QUANTUM.settings_type(effort="quick"), 0, ()).dataset.n_rows == N


@pytest.mark.parametrize("settings", [Settings(groups="b"), Settings(privacy=(1.0,))])
def test_parts_of_a_report_that_count_all_rows_alike_are_refused(settings):
    dataset = from_frame(frame(USUAL), "y", weights="w")
    with pytest.raises(InputError, match="--weights says that they count differently"):
        INTERPRETABILITY.context(dataset, settings, seed=0)


def test_a_stream_is_refused():
    from edge.lab import LAB as EDGE

    dataset = from_frame(frame(USUAL), "y", weights="w")
    with pytest.raises(InputError, match="--stream counts all rows alike"):
        EDGE.context(dataset, EdgeSettings(stream=True), seed=0)


def test_the_question_says_by_what_rows_count():
    dataset = from_frame(frame(USUAL), "y", weights="w")
    asked = job_of(INTERPRETABILITY, dataset, Settings(effort="quick"), 0, ()).question.text
    assert asked.endswith(", with rows counted by 'w'?")


@pytest.mark.filterwarnings("ignore:Missing values detected")
def test_bins_of_a_weighted_boosting_machine_count_rows_as_those_of_an_unweighted_one():
    rng = np.random.default_rng(0)
    features = pd.DataFrame(
        {
            "a": np.where(rng.random(300) < 0.1, np.nan, rng.normal(size=300)),
            "c": pd.Series(rng.choice(["x", "y", "rare"], 300, p=[0.6, 0.39, 0.01]), dtype=object),
        }
    )
    features.loc[:3, "c"] = None
    target = rng.integers(0, 2, 300)
    common = {"interactions": [(0, 1)], "outer_bags": 1, "max_rounds": 20, "min_samples_leaf": 5, "random_state": 0}
    common["feature_types"] = ["continuous", "nominal"]
    plain = ReadableBoostingClassifier(**common).fit(features, target)
    heavy = ReadableBoostingClassifier(**common).fit(features, target, sample_weight=rng.uniform(0.1, 900, 300))
    assert plain.term_features_ == heavy.term_features_
    for one, other in zip(plain.bin_weights_, heavy.bin_weights_, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("family", BOOSTERS, ids=lambda family: family.name)
def test_boosters_for_a_device_take_weights(family):
    pytest.importorskip(family.name)
    table = frame(USUAL)
    features, codes = table[["a", "b"]], (table["y"] == "yes").to_numpy().astype(int)
    model = family.build(features, 0)
    assert takes_weights(model)
    said = [
        model.fit(features, codes, **more).predict_proba(features)[:, 1].mean()
        for more in ({}, {"model__sample_weight": np.where(codes == 1, 30.0, 1.0)})
    ]
    assert said[1] > said[0] + 0.02


def test_the_loss_of_a_smaller_file_counts_weights():
    rng = np.random.default_rng(1)
    best, right, times = (rng.integers(0, 2, 400) for _ in range(3))
    times += 1
    found = _loss(best, right, times.astype(float))
    again = np.repeat(np.arange(400), times)
    assert found.value == pytest.approx(100 * np.mean((best - right)[again]))
    apart = times * (100 * (best - right) - found.value) / times.sum()
    assert found.high - found.value == pytest.approx(1.97 * np.sqrt(np.sum(apart**2)), rel=0.01)
