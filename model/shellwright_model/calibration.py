"""What the weights see at work: second moments of every matrix's inputs over training prompts with their answers."""

import numpy as np

from .base import Base
from .data import read_rows, spread
from .prompt import encode_prompt
from .reference import Reference
from .tokenizer import plain_tokenizer, special_tokenizer

ROWS = 160


def second_moments(base: Base) -> dict[str, np.ndarray]:
    """X'X / tokens by matrix name, float32 [in, in]. q, k and v share one input, so do gate and up."""
    tokenizer, plain = special_tokenizer(base.tokenizer_json), plain_tokenizer(base.tokenizer_json)
    reference = Reference(base.config, base.weights)
    sums: dict[str, np.ndarray] = {}
    tokens = 0
    for row in spread(read_rows("nl2bash-train"), ROWS):
        ids = encode_prompt(tokenizer, plain, row["prompt"]) + plain.encode(row["bash"] + "\n```").ids
        taps: dict[str, list[np.ndarray]] = {}
        last = reference.hidden(ids, taps=taps)
        taps["model.embed_tokens.weight"] = [last]
        tokens += len(ids)
        for name, inputs in taps.items():
            sums[name] = sums.get(name, 0) + inputs[0].T @ inputs[0]
    return {name: total / np.float32(tokens) for name, total in sums.items()}
