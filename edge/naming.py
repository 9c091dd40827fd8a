"""How is a model called in a sentence? As one thing, with its article."""

__all__ = ["model_named"]


def model_named(label: str) -> str:
    """Say which model is meant, as one thing, with its article.

    >>> model_named("extra trees"), model_named("neural network (MLP)"), model_named("weighted average of the models")
    ('the extra trees model', 'the neural network model', 'the weighted average of the models')
    """
    plain = label.partition(" (")[0]
    return f"the {plain}" if "model" in plain else f"the {plain} model"
