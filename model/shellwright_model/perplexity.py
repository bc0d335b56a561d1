"""Perplexity of answers: exp of the mean negative log likelihood of the tokens of `bash` plus the closing fence, given the prompt."""

import numpy as np

from .artefact import Artefact
from .base import Base, load_base
from .build import OUTPUT
from .data import read_rows, spread
from .prompt import PROMPT, encode_prompt
from .reference import KvCache, Reference
from .tokenizer import plain_tokenizer, special_tokenizer

ROWS = 500


def answer_perplexity(base: Base, weights: dict[str, np.ndarray], rows: int = ROWS) -> float:
    """Over `rows` evenly spread rows of nl2bash-dev, in the manifest's prompt form, on float32 `weights`."""
    tokenizer, plain = special_tokenizer(base.tokenizer_json), plain_tokenizer(base.tokenizer_json)
    reference = Reference(base.config, weights)
    shared = tokenizer.encode(PROMPT["prefix"].replace("{system}", PROMPT["system"])).ids
    prefix = KvCache(base.config)
    reference.hidden(shared, prefix)
    total, count = 0.0, 0
    for row in spread(read_rows("nl2bash-dev"), rows):
        prompt = encode_prompt(tokenizer, plain, row["prompt"])
        answer = plain.encode(row["bash"] + PROMPT["stopStrings"][0]).ids
        ids = (prompt + answer)[len(shared) : -1]
        hidden = reference.hidden(ids, prefix.copy())[-len(answer) :]
        logits = reference.logits(hidden)
        logits -= logits.max(axis=1, keepdims=True)
        likelihood = logits[np.arange(len(answer)), answer] - np.log(np.exp(logits).sum(axis=1))
        total -= float(likelihood.sum())
        count += len(answer)
    return float(np.exp(total / count))


def report() -> None:
    """Prints the bar of the model directory: its pack against the GGUF's own weights."""
    base = load_base()
    artefact = Artefact(OUTPUT)
    exact = answer_perplexity(base, base.weights)
    print(f"GGUF weights: {exact:.4f}", flush=True)
    packed = answer_perplexity(base, artefact.weights())
    print(f"{artefact.manifest['id']}: {packed:.4f} ({packed / exact - 1:+.2%}), {ROWS} rows")
