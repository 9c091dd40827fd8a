"""skops: an estimator is read and asked, or refused in one sentence; compiled code never follows what the file says."""

import contextlib
import io
import warnings
import zipfile

import numpy as np
import skops.io
from benchmarks.fuzzing import mutate
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from edge.given.estimator_answers import with_probabilities
from edge.given.intake import read_estimator
from lab.data.load import load
from lab.errors import LabError

NAME, COUNT = "skops", 20_000
TOKENS = (
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"schema.json",
    b"\x93NUMPY",
    b"TreeNode",
    b"sklearn.tree._tree",
    b"CachedNode",
    b"xgboost.core",
    b"lightgbm.basic",
    b"sklearn.neighbors._kd_tree",
)
WINE = load("wine")
ROWS = WINE.features.to_numpy()[::6]
CODES = (ROWS.mean(axis=0) < ROWS).astype(float)


def seeds(folder):
    """Give the same bytes to all who ask for one folder: names inside a skops file differ from process to process."""
    kept = sorted(folder.glob("*.skops"))
    if not kept:
        for place, content in enumerate(_written()):
            (folder / f"{place:02}.skops").write_bytes(content)
        kept = sorted(folder.glob("*.skops"))
    return [file.read_bytes() for file in kept]


def _written():
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    models = [
        tree, RandomForestClassifier(2, max_depth=3), BaggingClassifier(tree, 2, max_features=5),
        GradientBoostingClassifier(n_estimators=2, max_depth=2), HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=3),
        make_pipeline(StandardScaler(), LogisticRegression()), CalibratedClassifierCV(SVC(), ensemble=False, cv=2),
        KNeighborsClassifier(2, algorithm="brute"), StackingClassifier([("t", tree)], LogisticRegression(), cv=2),
        make_pipeline(OneHotEncoder(handle_unknown="ignore"), tree), MLPClassifier((4,), max_iter=3),
        make_pipeline(OneHotEncoder(min_frequency=13, handle_unknown="infrequent_if_exist"), tree),
        KNeighborsClassifier(2), make_pipeline(StandardScaler(), LinearSVC()),
        make_pipeline(SimpleImputer(add_indicator=True), XGBClassifier(n_estimators=2, max_depth=2)),
        make_pipeline(StandardScaler(), LGBMClassifier(n_estimators=2, num_leaves=3, min_child_samples=3, verbose=-1)),
    ]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # searches that are cut short
        made = [model.fit(CODES if "OneHot" in str(model) else ROWS, WINE.target[::6]) for model in models]
    return [skops.io.dumps(model) for model in made]


def spoil(original, rng):
    """Spoil one part inside the archive, so that the archive itself is whole."""
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    for _ in range(rng.choice((1, 1, 2, 4))):
        name = rng.choice([name for name in parts if name != "schema.json"] or ["schema.json"])
        if rng.random() < 0.5:
            name = "schema.json"
        if name == "schema.json" and rng.random() < 0.7:
            with contextlib.suppress(ValueError, RecursionError, OverflowError):  # spoilt as bytes before
                parts[name] = mutate.spoil_json(parts[name], rng)
            continue
        parts[name] = _spoil_array(parts[name], rng) if name.endswith(".npy") else mutate.spoil([parts[name]], rng)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _spoil_array(content, rng):
    """Change numbers of a stored array, or its shape, and leave it an array."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception:  # noqa: BLE001 - spoilt before, in any way
        return mutate.spoil([content], rng)
    if array.dtype.kind not in "fiuV" or not array.size or rng.random() < 0.2:
        return mutate.spoil([content], rng)
    stream = io.BytesIO()
    if rng.random() < 0.3:
        array = np.resize(
            array, rng.choice([(array.size + 1,), (1, array.size), (array.size // 2,), (*array.shape, 1)])
        )
    fields = array[rng.choice(array.dtype.names)] if array.dtype.names else array
    if fields.size:
        value = rng.choice((-1, -2, 0, 1, 2**31 - 1, 10**6, fields.size, 2**62))
        with np.errstate(all="ignore"):
            fields.reshape(-1)[rng.randrange(fields.size)] = np.array(value).astype(fields.dtype)
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def attempt(path):
    file = path.with_name("one.skops")
    file.unlink(missing_ok=True)
    file.write_bytes(path.read_bytes())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # another version of scikit-learn, say
            found = read_estimator(str(file))
    except LabError as error:
        str(error).encode(errors="surrogateescape")
        return type(error).__name__
    for rows in (ROWS, CODES):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                with_probabilities(found).predict_proba(rows)
        except Exception:  # noqa: BLE001 - it is asked under limits: whatever it raises becomes a sentence there
            return "cannot answer"
    return "read"
