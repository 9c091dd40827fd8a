"""Where does a run's time go? Processor seconds of one trial of each kind, times how many of them a run has.

One trial of each kind runs in this process on one thread; what follows on the verdict is given the dearest finalists of both
sides at their default settings (a run takes those that scored best), so that the total is an upper estimate. Processor seconds
do not depend on what else runs on the machine, as long as its caches are not fought over.

python tests/benchmarks/interpretability_cost.py [breast-cancer | adult | DATA.csv COLUMN] [quick | standard | thorough] [ROWS]
"""

import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from interpretability_run import adult_sized
from threadpoolctl import threadpool_limits

from interpretability.lab import LAB
from interpretability.settings import Settings
from interpretability.sides.finalists import FINALISTS, Finalists
from lab import sections
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.settings import make


def table_of(words):
    if words[:1] == ["adult"]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "adult_sized.csv"
            adult_sized(path)
            return load(str(path), "income"), words[1:]
    if words and words[0].endswith((".csv", ".parquet")):
        return load(words[0], words[1]), words[2:]
    return load(words[0] if words else "breast-cancer"), words[1:]


def seconds_of(trial, data, inputs):
    start = time.process_time()
    extra = {"inputs": inputs} if trial.needs else {}
    trial.function(data, seed=trial.seed, **trial.arguments, **extra)
    return time.process_time() - start


def main():
    warnings.simplefilter("ignore")
    data, words = table_of(sys.argv[1:])
    chosen = {"effort": words[0] if words else "standard"} | ({"max_rows": int(words[1])} if len(words) > 1 else {})
    settings = make(Settings, chosen)
    data = sample_rows(data, settings.max_rows, 0)
    context = LAB.context(data, settings, seed=0)
    plan = sections.plan(LAB, context)
    scored = [trial for trial in plan if "fold" in trial.arguments]
    kinds = Counter(trial.kind or trial.key for trial in plan)
    total, dearest, names = 0.0, {}, {}
    sides = {group.name: {family.name for family in group.families} for group in (context.glass, context.black)}
    print(f"{data.name}, {data.n_rows:,} rows, {len(plan)} trials, {settings.effort} effort")
    print(f"{'kind':16}{'trials':>8}{'s each':>10}{'s in all':>10}")
    with threadpool_limits(1):
        for trial in plan:
            kind = trial.kind or trial.key
            if kind in names or trial.key == FINALISTS.name or "blend" in trial.arguments:
                continue  # what combines stored rows costs next to nothing
            names[kind] = True
            inputs = {}
            if trial.needs:
                searched = [t.arguments["family"].name for t in scored if "blend" not in t.arguments]
                parameters = {name: ({},) * settings.folds for name in searched}
                best = {side: max(members & dearest.keys(), key=dearest.get) for side, members in sides.items()}
                inputs = {FINALISTS.name: Finalists(**best, simplest="tree-8", parameters=parameters)}
            seconds = seconds_of(trial, data, inputs)
            if not trial.needs:
                dearest[kind] = seconds
            total += seconds * kinds[kind]
            print(f"{kind:16}{kinds[kind]:8}{seconds:10.2f}{seconds * kinds[kind]:10.1f}", flush=True)
    print(f"in all {total:.0f} s of one core, about {total / 2:.0f} s on two, and the start of the processes")


if __name__ == "__main__":
    main()
