"""Files of XGBoost, LightGBM and CatBoost, as these write them, and what the libraries answer."""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.given.case import Case, tables

__all__ = ["cases"]

XGBOOST = {
    "as by default": {},
    "deep": {"max_depth": 10, "n_estimators": 40},
    "leaf by leaf": {"grow_policy": "lossguide", "max_leaves": 9},
    "DART": {"booster": "dart", "rate_drop": 0.3},
    "a forest a round": {"num_parallel_tree": 3, "subsample": 0.7, "n_estimators": 4},
    "base_score": {"base_score": 0.2},
    "logitraw": {"objective": "binary:logitraw"},
}
LIGHTGBM = {
    "as by default": {},
    "a forest": {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7},
    "DART": {"boosting_type": "dart"},
    "sigmoid": {"sigmoid": 0.5},
    "stumps": {"num_leaves": 2},
    "without missing": {"use_missing": False},
}
CATBOOST = {
    "as by default": {},
    "leaf by leaf": {"grow_policy": "Lossguide"},
    "level by level": {"grow_policy": "Depthwise"},
    "missing above": {"nan_mode": "Max"},
    "deep": {"depth": 9},
}


def _features(seen):
    return seen.drop(columns="y")


def _kept(write, suffix):
    with tempfile.TemporaryDirectory() as folder:
        write(str(Path(folder) / f"m{suffix}"))
        return (Path(folder) / f"m{suffix}").read_bytes()


def _case(kind, table, frame, content, suffix, said, labels, *, refused=False):
    def expected(seen):
        found = np.asarray(said(_features(seen)), dtype=float)
        found = np.column_stack([1 - found, found]) if found.ndim == 1 else found
        return pd.DataFrame(found, columns=[str(label) for label in labels])

    return Case(kind, table, frame, content, suffix, None if refused else expected)


def cases():
    warnings.simplefilter("ignore")  # of searches that are cut short
    made = tables()
    yield from _xgboost(made)
    yield from _lightgbm(made)
    yield from _catboost(made)


def _xgboost(made):
    import xgboost

    for name, how in XGBOOST.items():
        for table in ("two", "gaps", "whole", *(["three", "digits"] if name not in ("base_score", "logitraw") else [])):
            frame = made[table]
            labels, codes = np.unique(frame["y"], return_inverse=True)
            model = xgboost.XGBClassifier(**{"n_estimators": 12, "n_jobs": 1} | how).fit(_features(frame), codes)
            said = model.predict_proba
            if name == "logitraw":
                said = lambda x, m=model: 1 / (1 + np.exp(-m.get_booster().inplace_predict(x, predict_type="margin")))  # noqa: E731 - bound
            for suffix in (".json", ".ubj"):
                content = _kept(model.save_model, suffix)
                yield _case(f"XGBoost, {name} ({suffix})", table, frame, content, suffix, said, labels)
    empty = xgboost.XGBClassifier(n_estimators=0).fit(_features(made["two"]), codes[: len(made["two"])] > 0)
    yield _case(
        "XGBoost, without a tree", "two", made["two"], _kept(empty.save_model, ".json"), ".json", None, [], refused=True
    )
    two, codes = made["two"], (made["two"]["y"] == "stay").astype(int)
    stopped = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=3, n_jobs=1)
    stopped.fit(_features(two)[:200], codes[:200], eval_set=[(_features(two)[200:], codes[200:])], verbose=False)
    yield _case(
        "XGBoost, stopped early",
        "two",
        two,
        _kept(stopped.save_model, ".json"),
        ".json",
        stopped.predict_proba,
        ["churn", "stay"],
    )
    data = xgboost.DMatrix(_features(two).to_numpy(), codes)
    plain = xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 5)
    content = _kept(plain.save_model, ".ubj")
    yield _case(
        "XGBoost, without names",
        "two",
        two,
        content,
        ".ubj",
        lambda x: plain.inplace_predict(x.to_numpy()),
        ["churn", "stay"],
    )
    turned = two[["zeta", "net", "a b", "width", "y"]]
    model = xgboost.XGBClassifier(n_estimators=5).fit(_features(turned), codes)
    seen = lambda x, m=model: m.predict_proba(x[list(_features(turned))])  # noqa: E731 - bound to its model
    yield _case(
        "XGBoost, own order of columns", "two", two, _kept(model.save_model, ".json"), ".json", seen, ["churn", "stay"]
    )
    for objective in ("reg:squarederror", "count:poisson", "binary:hinge", "rank:pairwise"):
        more = {"group": [len(two)]} if "rank" in objective else {}
        booster = xgboost.train({"objective": objective}, xgboost.DMatrix(_features(two), codes, **more), 2)
        yield _case(
            f"XGBoost, {objective}", "two", two, _kept(booster.save_model, ".json"), ".json", None, [], refused=True
        )
    for how in ({"booster": "gblinear"}, {"multi_strategy": "multi_output_tree"}):
        model = xgboost.XGBClassifier(n_estimators=2, **how).fit(
            _features(made["three"]), np.unique(made["three"]["y"], return_inverse=True)[1]
        )
        kind = f"XGBoost, {next(iter(how.values()))}"
        yield _case(kind, "three", made["three"], _kept(model.save_model, ".json"), ".json", None, [], refused=True)


def _lightgbm(made):
    import lightgbm

    for name, how in LIGHTGBM.items():
        for table in ("two", "gaps", "whole", *(["three", "digits"] if name != "sigmoid" else [])):
            frame = made[table]
            model = lightgbm.LGBMClassifier(**{"n_estimators": 12, "verbose": -1, "n_jobs": 1} | how)
            model.fit(_features(frame), frame["y"])
            content = _kept(model.booster_.save_model, ".txt")
            yield _case(f"LightGBM, {name}", table, frame, content, ".txt", model.predict_proba, model.classes_)
    mixed = made["mixed"]
    for gaps in (False, True):
        frame = mixed.mask(np.random.default_rng(1).random(mixed.shape) < 0.1).assign(y=mixed["y"]) if gaps else mixed
        model = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1).fit(
            _as_categories(_features(frame), mixed), frame["y"]
        )
        said = lambda x, m=model: m.predict_proba(_as_categories(x, mixed))  # noqa: E731 - bound to its model
        table = "mixed, gaps" if gaps else "mixed"
        yield _case(
            "LightGBM, texts as categories",
            table,
            frame,
            _kept(model.booster_.save_model, ".txt"),
            ".txt",
            said,
            model.classes_,
        )
    whole = made["whole"].assign(p=made["whole"]["p"] // 25 % 4)
    whole["y"] = (whole["p"] % 2 == 0).astype(int)
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(
        _features(whole), whole["y"], categorical_feature=[0]
    )
    content = _kept(model.booster_.save_model, ".txt")
    yield _case("LightGBM, numbers as categories", "whole", whole, content, ".txt", None, [], refused=True)
    three = made["three"]
    target = np.unique(three["y"], return_inverse=True)[1]
    for how in (
        {"objective": "regression"},
        {"objective": "multiclassova", "num_class": 3},
        {"objective": "regression", "linear_tree": True},
    ):
        booster = lightgbm.train(
            how | {"verbose": -1}, lightgbm.Dataset(_features(three), target, params={"verbose": -1}), 2
        )
        yield _case(
            f"LightGBM, {', '.join(map(str, how.values()))}",
            "three",
            three,
            _kept(booster.save_model, ".txt"),
            ".txt",
            None,
            [],
            refused=True,
        )


def _as_categories(features, known):
    kinds = {name: pd.CategoricalDtype(sorted(known[name].dropna().unique())) for name in ("job", "region")}
    return features.astype(kinds)


def _catboost(made):
    import catboost

    for name, how in CATBOOST.items():
        for table in ("two", "gaps", "whole", "three", "digits"):
            frame = made[table]
            model = catboost.CatBoostClassifier(
                **{"iterations": 12, "verbose": 0, "allow_writing_files": False, "thread_count": 1} | how
            )
            model.fit(_features(frame), frame["y"])
            for suffix, form in ((".json", "json"), (".cbm", "cbm")):
                content = _kept(lambda path, m=model, f=form: m.save_model(path, format=f), suffix)
                yield _case(
                    f"CatBoost, {name} ({suffix})", table, frame, content, suffix, model.predict_proba, model.classes_
                )
    mixed, quiet = made["mixed"], {"iterations": 3, "verbose": 0, "allow_writing_files": False}
    model = catboost.CatBoostClassifier(cat_features=["job", "region"], **quiet).fit(_features(mixed), mixed["y"])
    content = _kept(lambda path: model.save_model(path, format="json"), ".json")
    yield _case("CatBoost, texts as categories", "mixed", mixed, content, ".json", None, [], refused=True)
    two = made["two"]
    for kind in (
        catboost.CatBoostRegressor(**quiet),
        catboost.CatBoostClassifier(loss_function="MultiClassOneVsAll", **quiet),
    ):
        fitted = kind.fit(_features(two), (two["y"] == "stay").astype(int))
        content = _kept(lambda path, m=fitted: m.save_model(path, format="json"), ".json")
        loss = json.loads(content)["model_info"]["params"]["loss_function"]["type"]
        yield _case(f"CatBoost, {loss}", "two", two, content, ".json", None, [], refused=True)
