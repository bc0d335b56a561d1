"""Cuts the base tokenizer to the tokens that bash and English requests need.

Kept are every byte (so any text round-trips), the special tokens, every token that the data's own
tokenization passes through, and then the base's earliest merges, which are its most common ones, up to
the wanted size. A merge is kept with both of its parts and its result, so the kept merges are a valid
subset and text whose merges are all kept is tokenized exactly as before.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

import json


@dataclass(frozen=True)
class Vocabulary:
    """`tokenizer_json` is ready for `json.dump`. `base_ids[i]` is the base's id of token i, or -1 for a byte that the base lacks."""

    tokenizer_json: dict
    base_ids: list[int]


def passed_tokens(tokenizer_json: dict, texts: Iterable[str]) -> Counter[str]:
    """How often each token, intermediate ones included, comes up while the texts are tokenized."""
    tokenizer = Tokenizer.from_str(json.dumps(tokenizer_json))
    words: Counter[str] = Counter()
    for text in texts:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text):
            words[word] += 1
    ranks = {tuple(merge): rank for rank, merge in enumerate(tokenizer_json["model"]["merges"])}
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for token in _tokens_on_the_way(word, ranks):
            counts[token] += count
    return counts


def _tokens_on_the_way(word: str, ranks: dict[tuple[str, str], int]) -> Iterable[str]:
    parts = list(word)
    yield from parts
    while len(parts) > 1:
        rank, at = min((ranks.get(pair, len(ranks)), at) for at, pair in enumerate(zip(parts, parts[1:])))
        if rank == len(ranks):
            return
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        yield parts[at]


def trim(tokenizer_json: dict, counts: Counter[str], size: int, least_count: int) -> Vocabulary:
    """A vocabulary of `size` tokens: those seen `least_count` times or more, filled up in order of merge rank.

    Raises ValueError when the seen tokens alone are more than `size`.
    """
    base_vocab: dict[str, int] = tokenizer_json["model"]["vocab"]
    special = [token["content"] for token in tokenizer_json["added_tokens"]]
    kept = set(special) | set(ByteLevel.alphabet())
    for left, right in reversed(tokenizer_json["model"]["merges"]):
        whole = left + right
        # Going from the last merge to the first, a kept whole always brings its parts along.
        if whole in kept or counts[whole] >= least_count:
            kept |= {whole, left, right}
    if len(kept) > size:
        raise ValueError(f"{len(kept)} tokens are needed, more than {size}")
    for left, right in tokenizer_json["model"]["merges"]:
        if len(kept) == size:
            break
        kept.add(left + right)
    by_base_id = sorted(kept, key=lambda token: (base_vocab.get(token, len(base_vocab)), token))
    ids = {token: index for index, token in enumerate(by_base_id)}
    merges = [m for m in tokenizer_json["model"]["merges"] if {m[0], m[1], m[0] + m[1]} <= kept]
    model = {**tokenizer_json["model"], "vocab": ids, "merges": merges}
    added = [{**token, "id": ids[token["content"]]} for token in tokenizer_json["added_tokens"]]
    return Vocabulary(
        tokenizer_json={**tokenizer_json, "added_tokens": added, "model": model},
        base_ids=[base_vocab.get(token, -1) for token in by_base_id],
    )


def trimmed_embedding(embedding: np.ndarray, base_ids: list[int]) -> np.ndarray:
    """The rows of the base's embedding [base vocabulary, width] for a trimmed vocabulary; an unknown byte gets the mean row."""
    rows = embedding[np.maximum(base_ids, 0)].copy()
    rows[np.asarray(base_ids) < 0] = embedding.mean(axis=0)
    return rows
