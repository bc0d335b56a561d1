"""Builds the Hugging Face tokenizer.json of SmolLM2 from what its GGUF file stores: vocabulary, merges and token types."""

import json

from tokenizers import Tokenizer

NORMAL_TOKEN = 1
CONTROL_TOKEN = 3


def tokenizer_json(tokens: list[str], token_types: list[int], merges: list[str]) -> dict:
    """The content of tokenizer.json: byte-level BPE after splitting digits one by one.

    `merges` are pairs separated by one space, in order of rank. Control tokens become added special
    tokens, so they are also recognised inside text.
    """
    unknown = set(token_types) - {NORMAL_TOKEN, CONTROL_TOKEN}
    if unknown:
        raise ValueError(f"token types {sorted(unknown)} are not handled")
    added = [
        {
            "id": index,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for index, (token, kind) in enumerate(zip(tokens, token_types, strict=True))
        if kind == CONTROL_TOKEN
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level],
        },
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens)},
            "merges": [merge.split(" ") for merge in merges],
        },
    }


def special_tokenizer(content: dict) -> Tokenizer:
    """The tokenizer as shipped: control tokens inside text become their one id."""
    return Tokenizer.from_str(json.dumps(content))


def plain_tokenizer(content: dict) -> Tokenizer:
    """The same without control tokens, for text that comes from outside: `<|im_end|>` is ten characters there."""
    return Tokenizer.from_str(json.dumps({**content, "added_tokens": []}))
