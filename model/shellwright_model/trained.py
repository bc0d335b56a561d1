"""Reads what training leaves (`train/<stage>/model`): weights.safetensors, config.json and tokenizer.json."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .base import Config


@dataclass(frozen=True)
class Trained:
    """`weights` are float32 under Hugging Face names, matrices as [out, in]; `tokenizer_json` is ready for `json.dump`."""

    config: Config
    weights: dict[str, np.ndarray]
    tokenizer_json: dict


def load_trained(folder: Path) -> Trained:
    """The model in a folder that training wrote."""
    return Trained(
        config=Config(**json.loads((folder / "config.json").read_text())),
        weights=_read_safetensors(folder / "weights.safetensors"),
        tokenizer_json=json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")),
    )


def _read_safetensors(path: Path) -> dict[str, np.ndarray]:
    # The format: the header's length as uint64, a JSON header, the data.
    content = path.read_bytes()
    data_at = 8 + int.from_bytes(content[:8], "little")
    weights = {}
    for name, tensor in json.loads(content[8:data_at]).items():
        if name == "__metadata__":
            continue
        if tensor["dtype"] != "F32":
            raise ValueError(f"{name} is {tensor['dtype']}, not F32")
        start, end = tensor["data_offsets"]
        weights[name] = np.frombuffer(content, "<f4", (end - start) // 4, data_at + start).reshape(tensor["shape"])
    return weights
