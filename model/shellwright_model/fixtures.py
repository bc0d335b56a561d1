"""Writes tests/fixtures/model/: what the reference says, for the tests of the engine to compare with."""

import base64
import gzip
import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from .artefact import Artefact
from .build import OUTPUT
from .expand import Expansion, expand, expanded_bytes
from .pack import Pack
from .prompt import encode_prompt
from .quantise import quantise
from .reference import KvCache, Reference
from .tokenizer import plain_tokenizer, reference_tokenizer, special_tokenizer
from .tokenizer_samples import samples

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures" / "model"
TOKENS = 64
LOGIT_PROMPTS = 4
MATRIX_TRANSFORMS = ("dequantise-f32", "int8-rows-transposed", "int8-row-scales")
# Where the two best logits are closer than this, rounding in another order of summation could choose the other one.
SAFE_MARGIN = 0.01
PROMPTS = [
    "find all files over 100 MB in /var/log and sort them by size",
    "list all running docker containers",
    "count the number of lines in all python files",
    "#!/bin/bash\n# back up /etc to /backup\n",
    "rename all .txt files in the current directory to .md",
    "find the process that listens on port 8080",
    "compress the folder data into an archive",
    "delete all empty files in the current directory",
    "follow the last 20 lines of /var/log/syslog",
    "replace foo with bar in all files of src",
    "print the second column of data.csv",
    "#!/usr/bin/env bash\nset -euo pipefail\nfor file in *.jpg; do\n",
    "show my ip address",
    "kill all processes named firefox",
    "convert every jpg file to png",
    "show disk usage of each directory in /home",
    "find all symbolic links that are broken",
    "print the current date in ISO format",
    "copy all pdf files to a usb stick, keeping the folder structure",
    "watch the load of the machine every 5 seconds",
    "search for TODO in all shell scripts, case insensitive",
    "make a script executable and run it",
    "show the ten most used commands in my history",
    "download a file and check its sha256",
    "list the users of this machine",
    "show which packages are installed",
    "remove trailing spaces from all lines of notes.txt",
    "#!/bin/sh\n# print the largest file of a folder\n",
    "create a directory for every month of the year",
    "sort a csv file by its third column",
]
WANTED = 20


def write_fixtures() -> None:
    """Needs a built model directory; takes some minutes."""
    artefact = Artefact(OUTPUT)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    plain = plain_tokenizer(json.loads((OUTPUT / "tokenizer.json").read_text()))
    _write_expansion()
    _write_generation(artefact, plain)
    _write_tokenizer_parity(json.loads((OUTPUT / "tokenizer.json").read_text()))


def _write_expansion() -> None:
    """A small pack and what every transform makes of it, for the TypeScript implementation."""
    chance = np.random.default_rng(2)
    pack = Pack()
    for name, bits, shape in (("narrow", 4, (6, 64)), ("wide", 8, (3, 96))):
        matrix = chance.standard_normal(shape).astype(np.float32) * chance.uniform(0.01, 3, (shape[0], 1)).astype(np.float32)
        matrix[1] = 0
        pack.add_matrix(name, quantise(matrix, bits))
    halves = np.array([0, -0.0, 1, -2.5, 65504, 6e-8, 1e-5, 0.1], np.float16)
    pack.add("halves", "f16", [8], halves)
    data = memoryview(pack.to_bytes())
    matrices = [(name, transform) for name in ("narrow.weight", "wide.weight") for transform in MATRIX_TRANSFORMS]
    steps = []
    for source, transform in [("halves", "f16-to-f32"), *matrices]:
        tensor = pack.tensors[source]
        step = Expansion(source, transform, 0, expanded_bytes(tensor, transform))
        result = base64.b64encode(expand(data, pack.tensors, step)).decode()
        steps.append({"from": source, "as": transform, "base64": result})
    content = {
        "packBase64": base64.b64encode(data).decode(),
        "tensors": [tensor.to_json() for tensor in pack.tensors.values()],
        "steps": steps,
    }
    (FIXTURES / "expansion.json").write_text(json.dumps(content, indent=1) + "\n")


def _write_generation(artefact: Artefact, plain: Tokenizer) -> None:
    reference = Reference(artefact.config, artefact.weights())
    cases, logits = [], []
    for text in PROMPTS:
        ids = encode_prompt(artefact.tokenizer, plain, text, artefact.manifest["prompt"])
        tokens, first, margin = _greedy(reference, ids)
        if margin < SAFE_MARGIN:
            print(f"left out, the two best tokens are only {margin:.4f} apart: {text!r}")
            continue
        cases.append({"prompt": text, "ids": ids, "tokens": tokens, "smallestMargin": round(margin, 4)})
        if len(logits) < LOGIT_PROMPTS:
            logits.append(first)
        if len(cases) == WANTED:
            break
    if len(cases) < WANTED:
        raise RuntimeError(f"only {len(cases)} prompts have safe margins")
    pack = next(file for file in artefact.manifest["files"] if file["path"] == artefact.manifest["pack"]["shards"][0])
    content = {
        "about": "Greedy tokens of the float32 reference on the pack's dequantised weights; stop tokens do not end them. "
        "logits.bin holds float32 [4, vocabSize]: the logits after the ids of the first four cases.",
        "firstShardSha256": pack["sha256"],
        "cases": cases,
    }
    (FIXTURES / "generation.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    (FIXTURES / "logits.bin").write_bytes(np.stack(logits).astype("<f4").tobytes())


def _greedy(reference: Reference, ids: list[int]) -> tuple[list[int], np.ndarray, float]:
    """Tokens, the logits that chose the first, and the smallest lead of a chosen token over the second best."""
    cache = KvCache(reference.config)
    first = logits = reference.logits(reference.hidden(ids, cache)[-1:])[0]
    tokens, margin = [], np.inf
    while True:
        second, best = np.partition(logits, -2)[-2:]
        margin = min(margin, float(best - second))
        tokens.append(int(logits.argmax()))
        if len(tokens) == TOKENS:
            return tokens, first, margin
        logits = reference.logits(reference.hidden(tokens[-1:], cache))[0]


def _write_tokenizer_parity(content: dict) -> None:
    """[text, ids] with control tokens recognised, and [text, ids, plain ids] where taking them as text differs."""
    tokenizer, plain = reference_tokenizer(content), reference_tokenizer({**content, "added_tokens": []})
    shipped, shipped_plain = special_tokenizer(content), plain_tokenizer(content)
    rows = []
    for text in samples():
        ids, as_text = tokenizer.encode(text).ids, plain.encode(text).ids
        if ids != shipped.encode(text).ids or as_text != shipped_plain.encode(text).ids:
            raise RuntimeError(f"the spelled-out tokenizer differs on {ascii(text)}")
        rows.append([text, ids] if ids == as_text else [text, ids, as_text])
    data = json.dumps(rows, ensure_ascii=True, separators=(",", ":")).encode()
    # mtime=0: the same content gives the same file.
    (FIXTURES / "tokenizer-parity.json.gz").write_bytes(gzip.compress(data, 9, mtime=0))
