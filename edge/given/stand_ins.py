"""Which objects of a skops file are never made? Those that hand bytes of the file to compiled code; classes of ours take their places.

Boosters of other libraries keep their model in a format of their own, which is read (`edge.given.tree_files.inside`). A tree of
neighbours says nothing that the rows beside it do not say: it is made anew from them (`edge.given.estimator_parts`).
"""

import io
import json
import zipfile
from collections.abc import Mapping

from edge.given.tree_files.inside import CatboostInside, Held, LightgbmInside, XgboostInside

__all__ = ["STAND_INS", "TYPES", "HeldTree", "with_stand_ins"]

_SCHEMA = "schema.json"


class HeldTree:
    """Where a tree of neighbours stood."""


STAND_INS: Mapping[str, type] = {
    "xgboost.sklearn.XGBClassifier": XgboostInside,
    "xgboost.core.Booster": Held,
    "lightgbm.sklearn.LGBMClassifier": LightgbmInside,
    "lightgbm.basic.Booster": Held,
    "catboost.core.CatBoostClassifier": CatboostInside,
    "sklearn.neighbors._kd_tree.KDTree": HeldTree,
    "sklearn.neighbors._ball_tree.BallTree": HeldTree,
}
"""Which class of ours takes the place of which of a library's."""
TYPES = tuple(f"{kind.__module__}.{kind.__name__}" for kind in dict.fromkeys(STAND_INS.values()))
"""Their names, as skops says them."""


def with_stand_ins(content: bytes) -> bytes:
    """Give a skops file whose boosters and trees of neighbours are of our classes; one without any is given as it is.

    Raises
    ------
    Exception
        Whatever a damaged archive makes of it.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        written = archive.read(_SCHEMA)
        if not any(name.rpartition(".")[0].encode() in written for name in STAND_INS):
            return content
        schema = json.loads(written)
        parts = {entry: archive.read(entry) for entry in archive.namelist() if entry != _SCHEMA}
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            kind = STAND_INS.get(f"{each.get('__module__')}.{each.get('__class__')}")
            if kind is not None:
                each |= {"__module__": kind.__module__, "__class__": kind.__name__}
                if kind is HeldTree:
                    each["content"] = None
        if isinstance(each, dict | list):
            waiting += each.values() if isinstance(each, dict) else each
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in ({_SCHEMA: json.dumps(schema).encode()} | parts).items():
            archive.writestr(name, data)
    return stream.getvalue()
