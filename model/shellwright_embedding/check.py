"""Compares what was built with the floats it comes from, and with cosines that the authors published."""

import json

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer

from .build import GRAPH, TARGET, describe, float_model
from .fetch import fetch

# From the model card's example: cosines with the first sentence.
SENTENCES = [
    "That is a happy person",
    "That is a happy dog",
    "That is a very happy person",
    "Today is a sunny day",
]
PUBLISHED = [0.695, 0.943, 0.257]
TEXTS = [*SENTENCES, "find . -name '*.py' | wc -l", "count the lines of all Python files", "x"]


def embed(session: onnxruntime.InferenceSession, texts: list[str]) -> np.ndarray:
    """Mean of the token vectors, scaled to length 1: float32 [texts, 384]."""
    tokenizer = Tokenizer.from_file(str(TARGET / "tokenizer.json"))
    rows = []
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = session.run(None, feeds)[0].mean(axis=1)
        rows.append(mean / np.linalg.norm(mean))
    return np.concatenate(rows)


def check() -> int:
    """Prints the differences; returns 1 where one is too large or a file is not the manifest's."""
    files = json.loads((TARGET / "manifest.json").read_text())["files"]
    are_listed = all(describe(file["path"]) == file for file in files)
    exact = embed(_session(float_model(fetch()).SerializeToString()), TEXTS)
    rounded = embed(_session(onnx.load(TARGET / GRAPH).SerializeToString()), TEXTS)
    published = np.abs(exact[1:4] @ exact[0] - PUBLISHED).max()
    kept = (exact * rounded).sum(axis=1).min()
    print(f"manifest: {are_listed}")
    print(f"floats against published cosines: off by at most {published:.4f}")
    print(f"int8 against floats: cosine at least {kept:.4f}")
    return 0 if are_listed and published < 0.001 and kept > 0.98 else 1


def _session(model: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
