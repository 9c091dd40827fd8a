"""Tables of a known process whose rows belong together, and tables of independent rows of every shape that looks like it.

Each function makes the columns of one table, the target "y" among them, from a generator of random numbers.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.special import expit

sys.path.append(str(Path(__file__).parents[1]))
from samples.planted import table_of

__all__ = ["DEPENDENT", "INDEPENDENT", "LATE", "made"]


def grouped(rng, name=None, number=False, spelled=None, rows=(4, 21), groups=(25, 120), near=True, grades=False):
    """Groups of rows, and a target that is partly of the columns and mostly of the group.

    Their rows lie around a centre where they are `near`; with `grades` all columns are rounded to 1 to 5. `spelled` makes the
    values of the column that names the groups from their numbers.
    """
    n_columns, n_groups = int(rng.integers(8, 17) if grades else rng.integers(4, 13)), int(rng.integers(*groups))
    groups = np.repeat(np.arange(n_groups), rng.integers(*rows, n_groups))
    centres, own = rng.normal(size=(n_groups, n_columns)), rng.normal(size=n_groups)
    x = rng.normal(size=(len(groups), n_columns))
    if near:
        x = centres[groups] + rng.uniform(0.2, 0.4) * x
    said = x[:, :3] @ rng.normal(0, 0.5, 3) + 1.2 * own[groups]
    columns = _columns(np.clip(np.round(3 + 1.2 * x), 1, 5).astype(int) if grades else x)
    if name:
        known = rng.permutation(9 * n_groups)[:n_groups]
        columns[name] = [f"K{known[group]:05d}" for group in groups] if spelled is None else spelled(known[groups])
    return _shuffled(rng, columns | {"y": _target(rng, said, number)})


def walk(rng, date=False, number=False):
    """Columns and target that wander in time."""
    n_rows, n_columns = int(rng.integers(200, 1_500)), int(rng.integers(4, 13))
    x = np.cumsum(rng.normal(size=(n_rows, n_columns)), axis=0) / np.sqrt(n_rows)
    said = np.cumsum(rng.normal(size=n_rows)) * 4 / np.sqrt(n_rows)
    columns = _columns(x + 0.02 * rng.normal(size=x.shape))
    if not date:
        return columns | {"y": _target(rng, said, number)}
    days = np.datetime64("2024-01-01") + np.arange(n_rows).astype("timedelta64[D]")
    return _shuffled(rng, columns | {"seen": days, "y": _target(rng, said, number)})


def windows(rng):
    """Overlapping windows of prices that wander, shuffled, and whether the price is higher some steps after them; or how much."""
    n_rows, width, ahead = int(rng.integers(300, 1_500)), int(rng.integers(4, 13)), int(rng.integers(10, 40))
    price = np.cumsum(rng.normal(size=n_rows + width + ahead)) + 100
    x = np.stack([price[place : place + n_rows] for place in range(width)], axis=1)
    rise = price[width + ahead - 1 :][:n_rows] - x[:, -1]
    target = rise if rng.integers(2) else np.where(rise > 0, "yes", "no")
    return _shuffled(rng, _columns(x) | {"y": target})


def lagged(rng, lag=24):
    """Hourly prices that wander: each row holds those of some days at the same hour, shuffled, and what comes some hours after."""
    n_rows, days, ahead = int(rng.integers(500, 2_500)), int(rng.integers(3, 7)), int(rng.integers(10, 40))
    price = np.cumsum(rng.normal(size=n_rows + lag * days + ahead)) + 100
    x = np.stack([price[lag * day : lag * day + n_rows] for day in range(days)], axis=1)
    rise = price[lag * (days - 1) + ahead :][:n_rows] - x[:, -1]
    return _shuffled(rng, _columns(x) | {"y": rise if rng.integers(2) else np.where(rise > 0, "yes", "no")})


def in_file_order(rng, groups=(25, 120), near=True):
    """Groups of rows that no column names, and that stand together in the file: one site after the other."""
    n_groups, n_columns = int(rng.integers(*groups)), int(rng.integers(4, 13))
    group = np.repeat(np.arange(n_groups), rng.integers(20, 80, n_groups))
    x = rng.normal(size=(len(group), n_columns))
    if near:
        x = rng.normal(size=(n_groups, n_columns))[group] + rng.uniform(0.2, 0.4) * x
    said = x[:, :3] @ rng.normal(0, 0.5, 3) + 1.2 * rng.normal(size=n_groups)[group]
    return _columns(x) | {"y": _target(rng, said, bool(rng.integers(2)))}


def written_average(rng, how, number=False):
    """A column with the average of the target over a category: drawn to the overall one, or over the other rows."""
    n, k = _size(rng)
    n = max(n, 300)
    code = rng.integers(0, rng.integers(12, max(n // 12, 13)), n)
    x = rng.normal(size=(n, k))
    said = x[:, 0] + rng.normal(size=code.max() + 1)[code]
    y = _target(rng, said, number)
    score = y if number else (y == "yes").astype(float)
    count, total = np.bincount(code)[code], np.bincount(code, score)[code]
    written = {
        "m": lambda: (total + 10 * score.mean()) / (count + 10),
        "sigmoid": lambda: score.mean() + expit((count - 20) / 10) * (total / count - score.mean()),
        "others": lambda: np.where(count > 1, (total - score) / np.maximum(count - 1, 1), score.mean()),
    }[how]()
    return {"trade": [f"L{each}" for each in code], "rate": written} | _columns(x) | {"y": y}


def balanced(rng, n_columns=(2, 7), digits=None):
    """A rare class filled up to the size of the other by mixtures of its neighbours (SMOTE)."""
    n, k = int(np.exp(rng.uniform(np.log(200), np.log(3_000)))), int(rng.integers(*n_columns))
    x = rng.normal(size=(n, k))
    noisy = x[:, 0] + rng.normal(size=n)
    rare = noisy > np.quantile(noisy, rng.uniform(0.75, 0.9))
    some = x[rare]
    nearest = np.argsort(((some[:, None] - some) ** 2).sum(axis=2), axis=1)[:, 1:6]
    of = rng.integers(0, len(some), n - 2 * len(some))
    others = nearest[of, rng.integers(0, 5, len(of))]
    made = some[of] + rng.random((len(of), 1)) * (some[others] - some[of])
    whole = np.concatenate([x, made])
    target = np.where(np.concatenate([rare, np.ones(len(of), dtype=bool)]), "yes", "no")
    return _shuffled(rng, _columns(whole if digits is None else whole.round(digits)) | {"y": target})


def copied(rng, times=(2, 6), anew=(0, 1), blurred=None, number=False):
    """Rows that stand there several times, with some of their columns measured anew, or all of them `blurred`."""
    lasting = int(rng.integers(max(anew) + 4, 16))
    x = rng.normal(size=(int(rng.integers(60, 400)), lasting)) * 10 ** rng.uniform(-2, 4, lasting)
    rows = np.repeat(np.arange(len(x)), rng.integers(*times, len(x)))
    said = x[:, 0] / x[:, 0].std() + rng.normal(size=len(x))
    target, spread, x = _target(rng, said, number)[rows], x.std(axis=0), x[rows]
    for place in rng.permutation(lasting)[: rng.choice(anew)]:
        x[:, place] = spread[place] * rng.normal(size=len(x))
    return _shuffled(rng, _columns(x if blurred is None else blurred(rng, x, spread)) | {"y": target})


def _jittered(rng, x, spread):
    return x * (1 + 1e-9 * rng.normal(size=x.shape))


def _rounded(rng, x, spread):
    """Each row has its numbers with six, four or three digits."""
    digits = rng.choice([6, 4, 3], (len(x), 1))
    steps = 10.0 ** (np.floor(np.log10(np.abs(x))) - digits + 1)
    return np.round(x / steps) * steps


def _columns(x):
    return {f"x{place}": x[:, place] for place in range(x.shape[1])}


def _target(rng, said, number):
    if number:
        return said + 0.3 * rng.normal(size=len(said))
    chances = expit(4 * (said - np.median(said)) / said.std())
    return np.where(rng.random(len(said)) < chances, "yes", "no")


def _shuffled(rng, columns):
    order = rng.permutation(len(columns["y"]))
    return {name: np.asarray(values)[order] for name, values in columns.items()}


def _unusual(rng, near):
    name = rng.choice(
        ["kd_nr", "vin", "subject code", "haushalt", "dossier", "numero_cliente", "Fallnummer", "who", "v"]
    )
    spelled = rng.choice([None, lambda code: code, lambda code: code + 0.5, lambda code: 1e7 + code, _mailed])
    return grouped(rng, name=name, spelled=spelled, number=bool(rng.integers(2)), near=near)


def _mailed(codes):
    return [f"p{code}@example.org" for code in codes]


def profiles(rng, levels=(3, 6), kept=(10, 16), number=False):
    """Categories that a customer keeps from visit to visit, but for few that change, beside some that say nothing of it."""
    n_groups, n_kept, n_other = int(rng.integers(80, 250)), int(rng.integers(*kept)), int(rng.integers(0, 3))
    who = np.repeat(np.arange(n_groups), rng.integers(3, 9, n_groups))
    many = int(rng.integers(*levels))
    kept = rng.integers(0, many, (n_groups, n_kept))[who]
    anew = rng.random(kept.shape) < 0.05
    kept[anew] = rng.integers(0, many, int(anew.sum()))
    other = rng.integers(0, 5, (len(who), n_other))
    columns = {
        f"q{place}": [f"level {code}" for code in values] for place, values in enumerate(np.hstack([kept, other]).T)
    }
    said = rng.normal(size=n_groups)[who] + 0.3 * rng.normal(size=len(who))
    return _shuffled(rng, {**columns, "y": _target(rng, said, number)})


def few_groups(rng, name=None, near=True):
    """Hospitals, machines: few groups of many rows."""
    spelled = rng.choice([None, lambda code: code])
    number = bool(rng.integers(2))
    return grouped(rng, name=name, spelled=spelled, rows=(20, 80), groups=(8, 15), near=near, number=number)


DEPENDENT = {
    "groups named by a text": lambda rng: grouped(rng, name=rng.choice(["customer", "who"])),
    "groups named by a text, a number to predict": lambda rng: grouped(rng, name="patient_id", number=True),
    "groups named by an integer": lambda rng: grouped(rng, rng.choice(["machine", "v"]), spelled=lambda code: code),
    "groups with an unusual name": lambda rng: _unusual(rng, near=True),
    "groups with an unusual name, far from one another": lambda rng: _unusual(rng, near=False),
    "groups without a name": grouped,
    "groups without a name, a number to predict": lambda rng: grouped(rng, number=True),
    "groups of 26 to 100 rows without a name": lambda rng: grouped(
        rng, rows=(26, 101), groups=(20, 60), number=bool(rng.integers(2))
    ),
    "grades only, named": lambda rng: grouped(rng, rng.choice(["customer", "who"]), grades=True),
    "grades only, without a name": lambda rng: grouped(rng, grades=True),
    "few groups, named": lambda rng: few_groups(rng, rng.choice(["hospital", "machine", "site"])),
    "few groups, named, far from one another": lambda rng: few_groups(
        rng, rng.choice(["hospital", "machine"]), near=False
    ),
    "few groups, with an unusual name": lambda rng: few_groups(rng, rng.choice(["where", "v", "haus"])),
    "few groups, without a name": few_groups,
    "categories that a customer keeps": profiles,
    "flags that a customer keeps": lambda rng: profiles(rng, (2, 3), (18, 26), number=bool(rng.integers(2))),
    "random walks with a date": lambda rng: walk(rng, date=True),
    "random walks with a date, a number to predict": lambda rng: walk(rng, date=True, number=True),
    "random walks without a date": walk,
    "random walks without a date, a number to predict": lambda rng: walk(rng, number=True),
    "overlapping windows": windows,
    "overlapping windows of every 24th step": lagged,
    "groups in the order of the file, without a name": in_file_order,
    "few groups in the order of the file, without a name": lambda rng: in_file_order(rng, groups=(8, 25)),
    "groups in the order of the file, far from one another": lambda rng: in_file_order(rng, near=False),
    "averages of the target, smoothed": lambda rng: written_average(rng, "m", bool(rng.integers(2))),
    "averages of the target, weighed by a sigmoid": lambda rng: written_average(rng, "sigmoid", bool(rng.integers(2))),
    "averages of a number over the other rows": lambda rng: written_average(rng, "others", True),
    "averages of a class over the other rows": lambda rng: written_average(rng, "others"),
    "classes balanced by mixtures": balanced,
    "classes balanced by mixtures, four digits": lambda rng: balanced(rng, n_columns=(3, 10), digits=4),
    "copied rows": copied,
    "copied rows, two or three columns anew": lambda rng: copied(rng, anew=(2, 3)),
    "rows copied 25 times": lambda rng: copied(rng, times=(25, 26)),
    "copied rows, blurred in the ninth digit": lambda rng: copied(rng, blurred=_jittered, number=bool(rng.integers(2))),
    "copied rows, rounded": lambda rng: copied(rng, blurred=_rounded, number=bool(rng.integers(2))),
}


def _size(rng):
    return int(np.exp(rng.uniform(np.log(60), np.log(5_000)))), int(rng.integers(4, 13))


def _classes(rng, said, most=10):
    """Cut a number with some noise into 2 to 10 classes of about equal counts."""
    noisy = said + rng.uniform(0.1, 1) * said.std() * rng.normal(size=len(said))
    n_classes = int(rng.integers(2, most + 1 if len(said) > 300 else 4))
    edges = np.quantile(noisy, np.linspace(0, 1, n_classes + 1)[1:-1])
    return np.array([f"c{code}" for code in np.searchsorted(edges, noisy)])


def plain(rng, drawn=lambda rng, n, k: rng.normal(size=(n, k)), number=False):
    x = drawn(rng, *_size(rng))
    said = x[:, :3] @ rng.normal(size=3) + np.abs(x[:, 0])
    return _columns(x) | {"y": said + said.std() * rng.normal(size=len(x)) if number else _classes(rng, said)}


def outliers(rng):
    """Numbers of two levels, long tails and a few extreme values, missing ones, a date that tells of the target."""
    made = table_of(int(np.exp(rng.uniform(np.log(100), np.log(3_000)))), target=str(rng.choice(["number", "classes"])))
    return {name: values for name, values in made.items() if name != "outcome"} | {"y": made["outcome"]}


def wide(rng):
    """2 to 100 columns, 60 to 20,000 rows."""
    n = int(np.exp(rng.uniform(np.log(60), np.log(20_000))))
    x = rng.normal(size=(n, int(np.exp(rng.uniform(np.log(2), np.log(101))))))
    said = x @ (rng.normal(size=x.shape[1]) * (rng.random(x.shape[1]) < 0.3)) + x[:, 0]
    return _columns(x) | {"y": _classes(rng, said) if rng.random() < 0.5 else said + rng.normal(size=n)}


def clusters(rng):
    """A few clouds of 40 rows or more, well apart, whose targets differ as the clouds and their columns do."""
    n_clouds, k = int(rng.integers(2, 9)), int(rng.integers(2, 13))
    cloud = np.repeat(np.arange(n_clouds), rng.integers(40, 300, n_clouds))
    x = rng.normal(0, 4, (n_clouds, k))[cloud] + rng.uniform(0.3, 1.5, (n_clouds, k))[cloud] * rng.normal(
        size=(len(cloud), k)
    )
    said = rng.normal(size=n_clouds)[cloud] + 0.3 * x @ rng.normal(size=k) / np.sqrt(k)
    y = said + 0.5 * rng.normal(size=len(cloud)) if rng.random() < 0.5 else _classes(rng, said)
    return _shuffled(rng, _columns(x) | {"y": y})


def factors(rng, grades=False):
    """Columns that few hidden factors drive, in part with little noise of their own; as grades of 1 to 5."""
    n, k = _size(rng)
    hidden = rng.normal(size=(n, int(rng.integers(1, 4))))
    k = k + 4 if grades else k
    x = hidden @ rng.normal(size=(hidden.shape[1], k)) + rng.uniform(0.05, 1) * rng.normal(size=(n, k))
    y = _classes(rng, hidden[:, 0] + x[:, 0]) if rng.random() < 0.5 else hidden[:, 0] + rng.normal(size=n)
    return _columns(np.clip(np.round(3 + x / x.std(axis=0)), 1, 5).astype(int) if grades else x) | {"y": y}


def types(rng):
    """Answers in grades of 1 to 5 by 2 to 8 types of person, each with its own habits."""
    n, k = _size(rng)
    n_types, k = int(rng.integers(2, 9)), k + 4
    kind = rng.integers(0, n_types, n)
    x = np.clip(np.round(rng.uniform(1, 5, (n_types, k))[kind] + rng.uniform(0.3, 1) * rng.normal(size=(n, k))), 1, 5)
    return _columns(x.astype(int)) | {"y": _classes(rng, rng.normal(size=n_types)[kind] + 0.3 * x[:, 0])}


def nested(rng):
    """A country, its cities, their streets, each with effects of its own; other columns that are independent."""
    n = max(_size(rng)[0], 200)
    street = rng.integers(0, max(n // int(rng.integers(3, 12)), 12), n)
    city = rng.integers(0, max(street.max() // 4, 4), street.max() + 1)[street]
    country = rng.integers(0, 5, city.max() + 1)[city]
    said = sum(rng.normal(size=code.max() + 1)[code] * rng.uniform(0, 1) for code in (country, city, street))
    x = rng.normal(size=(n, int(rng.integers(0, 4))))
    beside = {"open": rng.integers(0, 2, n), "kind": [f"k{code}" for code in rng.integers(0, 4, n)]}
    names = {
        "country": [f"C{c}" for c in country],
        "city": [f"T{c}" for c in city],
        "street": [f"S{c}" for c in street],
    }
    return (
        names
        | beside
        | _columns(x)
        | {"y": _classes(rng, said + (x[:, 0] if x.shape[1] else 0) + 0.5 * rng.normal(size=n))}
    )


def rounded(rng):
    """Measurements with few digits, as instruments give them: their values repeat, and their effects are smooth."""
    made = plain(rng, number=bool(rng.integers(2)))
    return {
        name: values if name == "y" else np.round(50 + 10 * values, int(rng.integers(0, 2)))
        for name, values in made.items()
    }


def telling_date(rng):
    """A date, in a few periods, that tells of the target as any column may; the file is in no order."""
    n, k = _size(rng)
    x = rng.normal(size=(n, k))
    days = (500 * x[:, 0] + 300 * rng.normal(size=n) + 4_000 * (x[:, 0] > rng.normal())).astype(int)
    return (
        {"since": np.datetime64("2005-01-01") + days.astype("timedelta64[D]")}
        | _columns(x[:, 1:])
        | {"y": _classes(rng, days / days.std() + 0.5 * x[:, 1])}
    )


def sorted_by_a_column(rng):
    made = plain(rng, number=bool(rng.integers(2)))
    order = np.argsort(made["x0"], kind="stable")
    return {name: np.asarray(values)[order] for name, values in made.items()}


def products(rng, name="colour"):
    """A category of few levels with an effect."""
    return categories(rng, (5, 15), beside=int(rng.integers(2, 8)), name=name)


def blobs(rng):
    """Few wide clouds, each of a class with some errors: rows of a cloud are independent draws of it."""
    n, k = _size(rng)
    cloud = rng.integers(0, rng.integers(2, 9), n)
    x = rng.normal(0, 3, (9, k))[cloud] + rng.normal(size=(n, k))
    wrong = rng.random(n) < 0.1
    return _columns(x) | {"y": [f"c{code}" for code in np.where(wrong, rng.integers(0, 2, n), cloud % 2)]}


def parity(rng):
    n, k = _size(rng)
    x = rng.integers(0, 2, (n, k))
    beside = rng.normal(size=(n, rng.integers(0, 3)))
    return _columns(np.column_stack([x, beside])) | {"y": _flipped(rng, x[:, :3].sum(axis=1) % 2)}


def checkerboard(rng):
    n, _ = _size(rng)
    x = rng.uniform(0, 4, (n, 2))
    return _columns(x) | {"y": _flipped(rng, np.floor(x).sum(axis=1).astype(int) % 2)}


def _flipped(rng, codes):
    wrong = rng.random(len(codes)) < rng.uniform(0, 0.2)
    return np.where(wrong, 1 - codes, codes)


def categories(rng, levels=(2, 8), beside=0, name="city"):
    """Categories with effects of their levels; with many levels too few rows tell of each of them."""
    n, k = _size(rng)
    n = max(n, 300) if levels[0] > 20 else n
    made, said = {}, rng.normal(size=n)
    for place in range(1 if beside else min(k, 6)):
        count = int(rng.integers(levels[0], levels[1] + 1))
        codes, effects = rng.integers(0, count, n), rng.normal(size=count)
        made[(name, "tint", "shape", "brand", "season", "trade")[place]] = [f"L{code}" for code in codes]
        said = said + 1.5 * effects[codes]
    x = rng.normal(size=(n, beside))
    return made | _columns(x) | {"y": _classes(rng, said + (x[:, 0] if beside else 0))}


def ages(rng):
    n, k = _size(rng)
    age = np.clip(rng.normal(45, 15, n).round(), 18, 90)
    x = rng.normal(size=(n, k))
    return {"age": age, **_columns(x), "y": _classes(rng, ((age - 45) / 15) ** 2 + x[:, 0])}


def sorted_by_label(rng):
    made = plain(rng, number=bool(rng.integers(2)))
    order = np.argsort(made["y"], kind="stable")
    return {name: np.asarray(values)[order] for name, values in made.items()}


def dated(rng):
    """A date that rises from row to row and has nothing to do with the target."""
    made = plain(rng)
    n = len(made["y"])
    days = np.datetime64("2020-01-01") + np.sort(rng.integers(0, 1_500, n)).astype("timedelta64[D]")
    return {"seen": days} | made


def with_missing(rng):
    made = plain(rng)
    share = rng.uniform(0.05, 0.5)
    return {
        name: values if name == "y" else np.where(rng.random(len(values)) < share, np.nan, values)
        for name, values in made.items()
    }


def two_dates(rng):
    """Dates of a beginning and of an end that tell as little of the target as they may, one with gaps at random."""
    made = plain(rng, number=bool(rng.integers(2)))
    n = len(made["y"])
    begun = rng.integers(0, 1_500, n)
    days = {"begun": begun, "last_seen": begun + rng.exponential(rng.uniform(10, 400), n).astype(int)}
    dates = {name: np.datetime64("2020-01-01") + passed.astype("timedelta64[D]") for name, passed in days.items()}
    dates["last_seen"][rng.random(n) < rng.uniform(0, 0.9)] = np.datetime64("NaT")
    return dates | {"last_reading": rng.normal(size=n)} | made


def late(rng, how):
    """A beginning that says nothing, and what was written after the outcome, which came some time after it."""
    n, k = max(_size(rng)[0], 150), 4
    x = rng.normal(size=(n, k))
    gone = x[:, 0] + rng.normal(size=n) > rng.uniform(-0.5, 0.5)
    begun = rng.integers(0, 1_500, n)
    lasted = rng.exponential(1, n) * np.where(gone, 30, 400) + np.where(gone, 0, 150)
    start = np.datetime64("2020-01-01")
    table = {"begun": start + begun.astype("timedelta64[D]")} | _columns(x)
    if how == "filled":
        end = start + (begun + 30).astype("timedelta64[D]")
        end[rng.random(n) < np.where(gone, 0.1, 0.8)] = np.datetime64("NaT")
        table["seen_off"] = end
    elif how == "between":
        table["seen_off"] = start + (begun + lasted).astype("timedelta64[D]")
    elif how == "named":
        table["calls_after_closing"] = rng.poisson(np.where(gone, 6, 0.5)).astype(float)
    else:
        table["seen_off"] = start + (begun + lasted).astype("timedelta64[D]")
        return _shuffled(rng, table | {"y": np.floor(lasted) + rng.uniform(0, 1, n)})
    return _shuffled(rng, table | {"y": np.where(gone, "gone", "there")})


def _long_tailed(rng):
    made = plain(rng, number=True)
    return made | {"y": np.sinh(3 * made["y"] / made["y"].std())}


def _certain(rng):
    """Nothing but the columns says the target."""
    x = rng.normal(size=_size(rng))
    said = x[:, 0] + np.sin(3 * x[:, 1])
    return _columns(x) | {"y": said if rng.random() < 0.5 else np.where(said > 0, "yes", "no")}


def made(kind, seed):
    """Make the columns of one table of a kind."""
    return {**DEPENDENT, **LATE, **INDEPENDENT}[kind](np.random.default_rng(seed))


LATE = {
    "a date filled for one class": lambda rng: late(rng, "filled"),
    "a date that comes sooner after another for one class": lambda rng: late(rng, "between"),
    "a count named after the end": lambda rng: late(rng, "named"),
    "a number to predict that is the time between two dates": lambda rng: late(rng, "number"),
}
"""Columns that were recorded after the outcome."""
INDEPENDENT = {
    "normal": plain,
    "uniform": lambda rng: plain(rng, lambda rng, n, k: rng.uniform(-1, 1, (n, k))),
    "heavy tails": lambda rng: plain(rng, lambda rng, n, k: rng.standard_t(1.5, (n, k))),
    "numbers to predict": lambda rng: plain(rng, number=True),
    "clouds": blobs,
    "parity": parity,
    "checkerboard": checkerboard,
    "categories": categories,
    "categories of 30 to 60 levels": lambda rng: categories(rng, (30, 60), beside=int(rng.integers(2, 8))),
    "ages": ages,
    "sorted by the target": sorted_by_label,
    "a rising date": dated,
    "missing values": with_missing,
    "two dates": two_dates,
    "outliers": outliers,
    "Cauchy": lambda rng: plain(rng, lambda rng, n, k: rng.standard_cauchy((n, k))),
    "log-normal": lambda rng: plain(rng, lambda rng, n, k: np.exp(2 * rng.normal(size=(n, k))), number=True),
    "a target with long tails": _long_tailed,
    "few values": lambda rng: plain(rng, lambda rng, n, k: rng.integers(0, rng.integers(3, 40), (n, k)).astype(float)),
    "2 to 100 columns": wide,
    "clusters": clusters,
    "factors": factors,
    "grades": lambda rng: factors(rng, grades=True),
    "grades of types": types,
    "nested categories": nested,
    "rounded measurements": rounded,
    "a date that tells": telling_date,
    "sorted by a column": sorted_by_a_column,
    "a category of 5 to 15 levels": products,
    "strongly predictive": _certain,
    "all-zero rows": lambda rng: plain(rng, lambda rng, n, k: rng.poisson(0.2, (n, 4 * k)).astype(float)),
}
