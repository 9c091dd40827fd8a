"""Words of three trades that an executive need not know, and where our own texts use them: no part of the glossary."""

import ast
import contextlib
import io
import re
from pathlib import Path

import lab
from lab import registry
from lab.cli import main

_ROOT = Path(lab.__file__).parents[1]
_LIST = """
ablation, accuracy, Adam, additive model, alpha, amplitude, anneal, ansatz, AUC, ROC AUC, bagging, barren plateau, batch, Bayes,
black box, Bloch, boosting, bootstrap, Brier, Brier score, calibrated, calibration, CBPE, centroid, class imbalance,
classification, clustering, coefficient, cold start, collinearity, conformal, confounder, confusion matrix, covariance,
covariate shift, CPU, cross-entropy, cross-validation, crosstalk, Dask, data leakage, deadline, decision boundary, decision
tree, decoherence, depth, differential privacy, dimensionality, discriminant, distillation, distilled, dressed circuit, drift,
dropout, early stopping, effective dimension, eigenvalue, embedding, ensemble, entangled, entanglement, entangling capability,
epoch, epsilon, expectation value, explainable boosting machine, expressibility, extrapolation, F1, false negative, false
positive, fidelity, FIGS, fine-tuning, float16, float32, fold, forest, Fourier, gate, gaussian process, generalisation,
geometric difference, glass box, gradient, gradient boosting, grid search, Hamiltonian, hyperparameter, hypothesis test,
imputation, imputed, int8, interaction, intercept, interquartile, interval, isotonic, jackknife, jitter, kernel, kurtosis,
latency, latent, learning curve, learning rate, leave-one-out, likelihood, linear discriminant, log loss, log-odds, logistic
regression, logit, margin, martingale, median, membership inference, metric, mitigated, mitigation, MLP, monotone,
multicollinearity, naive Bayes, nearest neighbour, neural network, normalisation, observable, odds ratio, one-hot, ONNX,
open-loop, opset, outlier, out-of-fold, overfitting, p-value, p50, p99, p99.9, paired, parameter shift, Pareto front, parity,
partial dependence, Pauli, percentile, perceptron, permutation importance, posterior, average precision, principal component,
precision, prior, propensity, pruning, quantile, quantisation, quantum kernel, qubit, R², random forest, readout error, recall,
regression, regularisation, residual, resampling, kernel ridge regression, scorecard, sensitivity, SHAP, Shapley, shot, sigmoid,
significance, skewness, softmax, specificity, spline, SPSA, standard deviation, standard error, statevector, stratified,
superposition, support vector machine, surrogate, tail latency, teacher, throughput, transpile, transpiled, tuning,
underfitting, variational, variational circuit, warm-up, weighted average, z-score
"""
WORDS = tuple(" ".join(word.split()) for word in _LIST.split(","))
_COMMANDS = (
    *(
        "",
        "look",
        "run",
        "watch",
        "demo",
        "list",
        "report",
        "history",
        "explain",
        "clean",
        "controls",
        "merge",
        "batch",
    ),
)


def helps():
    """Give what all helps say."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        for words in (*map(str.split, _COMMANDS), *(["run", name] for name in registry.names())):
            assert main([*words, "--help"]) == 0
    return shown.getvalue()


def sentences():
    """Give all texts of two words or more in the packages, but for docstrings; and what the page of a report says itself."""
    found = [(_ROOT / "lab/report/page.html").read_text(encoding="utf-8")]
    for package in ("lab", "quantum", "edge", "interpretability"):
        for path in sorted((_ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            found += [
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and " " in node.value.strip()
                and id(node) not in said
            ]
    return "\n".join(found)


def used(words, text):
    """Give those of some words that stand in a text, in the singular or in the plural."""
    plain = re.sub(r"\s+", " ", text)
    return [word for word in words if re.search(rf"(?<![\w.]){re.escape(word)}(e?s)?(?!\w)", plain, re.IGNORECASE)]


def abbreviations(text):
    """Give the words of two capitals and more, such as SPSA."""
    return set(re.findall(r"(?<![\w.$<{%_/-])[A-Z]{2,}[0-9]*(?![\w}>=(_/.-])", text))
