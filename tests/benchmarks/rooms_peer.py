"""A page about breast-cancer as another library makes it: runs in the peers' own environment.

    .peers/rooms/bin/python tests/benchmarks/rooms_peer.py NAME FILE    # interpretml, evidently, skore

One split into training and test rows; InterpretML shows a small explainable boosting machine, the others a logistic regression.
"""

import sys
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def split():
    table = load_breast_cancer(as_frame=True)
    return train_test_split(table.data, table.target, test_size=0.25, stratify=table.target, random_state=0)


def regression():
    return make_pipeline(StandardScaler(), LogisticRegression())


def write(path, body):
    """Put what is shown in a notebook into a page that has what any page needs: a language, a title, the width of its screen."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>breast-cancer</title>'
    page = f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>'
    Path(path).write_text(page, encoding="utf-8")


def interpretml(path):
    """Write the model as a whole and its first five answers, in the library's own frame for the pages of a notebook.

    Its dashboard of several explanations needs a server, and leaves no file.
    """
    from interpret.glassbox import ExplainableBoostingClassifier
    from interpret.visual import _inline

    x, x_test, y, y_test = split()
    model = ExplainableBoostingClassifier(outer_bags=2, interactions=3, n_jobs=1, random_state=0).fit(x, y)
    shown = [model.explain_global(name="The model"), model.explain_local(x_test[:5], y_test[:5], name="Its answers")]
    frames = [_inline._build_javascript(_inline._build_viz_obj(each, [])) for each in shown]
    body = frames[0][0] + "".join(frame for _, frame in frames)
    write(path, body)


def evidently(path):
    """Write the report on the quality of a classification, and on how training and test rows differ."""
    from evidently import BinaryClassification, DataDefinition, Dataset, Report
    from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset

    x, x_test, y, y_test = split()
    model = regression().fit(x, y)
    definition = DataDefinition(
        classification=[BinaryClassification(target="target", prediction_labels="answer", prediction_probas="chance")]
    )

    def seen(rows, truth):
        chance = model.predict_proba(rows)[:, 1]
        made = rows.assign(target=truth, chance=chance, answer=(chance > 0.5).astype(int))
        return Dataset.from_pandas(pd.DataFrame(made), data_definition=definition)

    report = Report([ClassificationPreset(), DataSummaryPreset(), DataDriftPreset()])
    report.run(seen(x_test, y_test), seen(x, y)).save_html(path)


def skore(path):
    """Write what the report of an estimator shows of itself in a notebook."""
    from skore import EstimatorReport

    x, x_test, y, y_test = split()
    report = EstimatorReport(regression(), X_train=x, y_train=y, X_test=x_test, y_test=y_test)
    write(path, report._repr_html_())


if __name__ == "__main__":
    {"interpretml": interpretml, "evidently": evidently, "skore": skore}[sys.argv[1]](sys.argv[2])
