"""Runs the built graphs in ONNX Runtime and compares them with the reference."""

import json

import numpy as np

from .artefact import Artefact
from .build import OUTPUT
from .fixtures import FIXTURES
from .runners import WasmRunner, WebgpuRunner, greedy

# Largest difference of a logit that each graph may show, and how many prompts must give the same tokens.
LIMITS = {"wasm-f32": 1e-3, "webgpu-f32": 1e-3, "webgpu-f16": 0.5, "wasm-int8": None}


def check() -> int:
    """Prints one line a graph; returns the exit code."""
    artefact = Artefact(OUTPUT)
    generation = json.loads((FIXTURES / "generation.json").read_text())
    logits = np.fromfile(FIXTURES / "logits.bin", "<f4").reshape(-1, artefact.config.vocab_size)
    failed = False
    for graph, limit in LIMITS.items():
        session = artefact.session(graph)
        runner = WasmRunner if graph.startswith("wasm") else WebgpuRunner
        difference, same = 0.0, 0
        for index, case in enumerate(generation["cases"]):
            tokens, first = greedy(runner(session, artefact.config), case["ids"], len(case["tokens"]))
            same += tokens == case["tokens"]
            if index < len(logits):
                difference = max(difference, float(np.abs(first - logits[index]).max()))
        total = len(generation["cases"])
        exact = graph.endswith("f32")
        passed = limit is None or (difference <= limit and (same == total or not exact))
        failed |= not passed
        print(f"{graph}: logits within {difference:.2e}, {same} of {total} prompts alike{'' if passed else '  FAILED'}")
    return int(failed)
