"""Safetensors files written by the format's definition alone, whole and damaged; no library takes part."""

import json
import struct

import numpy as np

__all__ = ["CONFIG", "checkpoint", "packed", "written"]

CONFIG = {"max_classes": 3, "embed_dim": 4}
"""Of a network of the stand-in (`samples.stand_in`): one tensor of shape (embed_dim, max_classes or 1)."""


def packed(header, content):
    """Put a header (JSON or bytes) and bytes together."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def written(tensors, metadata=None):
    """Write float32 tensors."""
    header, content = ({} if metadata is None else {"__metadata__": metadata}), b""
    for name, values in tensors.items():
        own = np.asarray(values, dtype="<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(np.shape(values)),
            "data_offsets": [len(content), len(content) + len(own)],
        }
        content += own
    return packed(header, content)


def checkpoint(path, *, value=1.0, licence=None, **config):
    """Write a checkpoint of the stand-in."""
    config = CONFIG | config
    metadata = {"config": json.dumps(config)} | ({} if licence is None else {"license": licence})
    shape = (config["embed_dim"], config["max_classes"] or 1)
    path.write_bytes(written({"weight": np.full(shape, value)}, metadata))
    return path
