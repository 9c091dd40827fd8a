"""Do quick and standard effort contradict each other? Both are asked about the tables of a lab's controls.

A lab's quick answer may be undecided where the standard one is not, but one may not say yes where the other says no. Only what
carries the verdict is run. Wanted: at most 2 % of the tables contradicted.

python tests/benchmarks/efforts.py [--labs quantum,interpretability] [--seeds 1] [--only WORD] [--jobs 2]
"""

import argparse
import collections
import time
import warnings
from concurrent.futures import ProcessPoolExecutor

from lab import flow, registry, settings
from lab.job import sampled
from lab.stats import rate

EFFORTS = ("quick", "standard")
CARRIED = {"quantum": {}, "interpretability": {"depth": "verdict"}}


def parts_of(lab):
    """Sections on which the verdict rests."""
    if lab.name == "quantum":
        from quantum.comparison import section

        return (section,)
    return None


def asked(name, control_name, seed):
    """Answers at both efforts, and the processor seconds of each."""
    warnings.simplefilter("ignore")
    lab = registry.find(name)
    lab.prepare(lambda sentence: None)
    control = next(each for each in lab.controls() if each.name == control_name)
    dataset = control.table(seed=seed)
    found = []
    for effort in EFFORTS:
        chosen = settings.make(lab.settings_type, {"effort": effort, **CARRIED[name]})
        start = time.process_time()
        used = sampled(dataset, chosen, seed)
        found.append(flow.answer_here(lab, used, chosen, seed=seed, parts=parts_of(lab)))
        found.append(time.process_time() - start)
    return name, control_name, seed, tuple(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--labs", default=",".join(CARRIED))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    todo = [
        (name, control.name, seed)
        for name in given.labs.split(",")
        for control in registry.find(name).controls()
        if control.table is not None and given.only in control.name
        for seed in range(given.seeds)
    ]
    pairs = collections.Counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        for name, control, seed, (quick, first, standard, second) in pool.map(asked, *zip(*todo, strict=True)):
            print(
                f"{name:16} {control:20} seed {seed}: quick {quick:9} ({first:5.1f} CPU s)  "
                f"standard {standard:9} ({second:5.1f} CPU s)",
                flush=True,
            )
            pairs[quick, standard] += 1
    against = pairs["yes", "no"] + pairs["no", "yes"]
    share = rate(against, pairs.total())
    settled = sum(count for (quick, standard), count in pairs.items() if quick == "undecided" != standard)
    print(
        f"{against} of {pairs.total()} contradicted ({share.low:.3f} to {share.high:.3f}); "
        f"{settled} undecided at quick effort alone"
    )


if __name__ == "__main__":
    main()
