"""A checkpoint of the user's takes part on the classical side."""

from samples.safetensors_files import checkpoint

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.foundation import section as foundation
from lab.learning.foundation.family import LABEL
from quantum.context import resolve
from quantum.lab import LAB
from quantum.settings import Settings


def test_a_checkpoint_stands_on_the_classical_side_and_is_named(tmp_path, libraries):
    path = checkpoint(tmp_path / "mine.safetensors")
    settings = Settings(folds=2, repeats=1, checkpoint=str(path))
    context = resolve(sample_rows(load("wine"), 90, 0), settings, seed=0)
    labels = {group.name: [family.label for family in group.families] for group in context.groups}
    assert [LABEL in labels[name] for name in ("quantum", "classical", "ablation")] == [False, True, False]
    assert "tabicl" in [family.name for family in context.groups[1].blended]
    assert LAB.inputs(settings) == (path,)
    assert LAB.inputs(Settings()) == ()
    (about,) = foundation.evidence(context, {}).tables
    assert dict(about.rows)["SHA-256"] == context.checkpoint.digest
