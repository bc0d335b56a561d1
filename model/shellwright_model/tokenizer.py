"""Builds the Hugging Face tokenizer.json of SmolLM2 from what its GGUF file stores: vocabulary, merges and token types."""

import json

from tokenizers import Tokenizer

# Unicode's White_Space, as the inside of a character class.
SPACE = "\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# GPT-2's pattern (Radford et al. 2019).
WORDS = (
    r"'s|'t|'re|'ve|'m|'ll|'d"
    rf"| ?\p{{L}}+| ?\p{{N}}+| ?[^{SPACE}\p{{L}}\p{{N}}]+|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+"
)
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
    # The usual form is Digits, then ByteLevel with its own regex. Both leave to the language at hand what a digit and a space are,
    # and JavaScript and Rust differ on that (U+0085, U+2167), so both are spelled out.
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [_split(r"\p{N}"), _split(WORDS), byte_level],
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


def _split(pattern: str) -> dict:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def reference_tokenizer(content: dict) -> Tokenizer:
    """The tokenizer in the form that Hugging Face publishes for SmolLM2, to compare the spelled-out form with."""
    byte_level = {**content["decoder"], "use_regex": True}
    usual = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]}
    return Tokenizer.from_str(json.dumps({**content, "pre_tokenizer": usual}))


def special_tokenizer(content: dict) -> Tokenizer:
    """The tokenizer as shipped: control tokens inside text become their one id."""
    return Tokenizer.from_str(json.dumps(content))


def plain_tokenizer(content: dict) -> Tokenizer:
    """The same without control tokens, for text that comes from outside: `<|im_end|>` is ten characters there."""
    return Tokenizer.from_str(json.dumps({**content, "added_tokens": []}))
