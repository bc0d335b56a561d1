"""Cutting a vocabulary keeps any text whole and the tokens of the seen text as they were."""

import json

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel
import pytest

from data.vocabulary import passed_tokens, trim
from shellwright_model.tokenizer import CONTROL_TOKEN, NORMAL_TOKEN, tokenizer_json

MERGES = ["Ġ f", "f i", "n d", "fi nd", "l s", "e c", "h o", "ec ho", "Ġf i", "Ġfi nd", "x y"]
LOST_BYTE = "ÿ"


def small_tokenizer() -> dict:
    alphabet = sorted(set(ByteLevel.alphabet()) - {LOST_BYTE})
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *alphabet, *(merge.replace(" ", "") for merge in MERGES)]
    types = [CONTROL_TOKEN] * 3 + [NORMAL_TOKEN] * (len(tokens) - 3)
    return tokenizer_json(tokens, types, MERGES)


def tokens_of(content: dict, text: str) -> list[str]:
    return Tokenizer.from_str(json.dumps(content)).encode(text).tokens


def test_counts_include_the_tokens_on_the_way():
    counts = passed_tokens(small_tokenizer(), ["find find"])
    assert (counts["find"], counts["Ġfind"]) == (1, 1)
    assert counts["fi"] == 1 and counts["Ġf"] == 1 and counts["xy"] == 0


def test_seen_text_keeps_its_tokens_and_unseen_merges_go():
    whole = small_tokenizer()
    counts = passed_tokens(whole, ["find find echo"])
    cut = trim(whole, counts, size=3 + 256 + 9, least_count=1).tokenizer_json
    for text in ("find find echo", " find", "echo find"):
        assert tokens_of(cut, text) == tokens_of(whole, text)
    assert "xy" not in cut["model"]["vocab"]
    assert tokens_of(cut, "xy") == ["x", "y"]


def test_any_text_round_trips_even_bytes_that_the_base_lacks():
    vocabulary = trim(small_tokenizer(), passed_tokens(small_tokenizer(), []), size=260, least_count=1)
    tokenizer = Tokenizer.from_str(json.dumps(vocabulary.tokenizer_json))
    text = "".join(map(chr, range(1, 0x250))) + "日本 😀 \U000f1234"
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert LOST_BYTE in vocabulary.tokenizer_json["model"]["vocab"]
    assert vocabulary.base_ids.count(-1) == 1


def test_ids_are_dense_and_special_tokens_keep_theirs():
    vocabulary = trim(small_tokenizer(), passed_tokens(small_tokenizer(), ["ls"]), size=262, least_count=1)
    vocab = vocabulary.tokenizer_json["model"]["vocab"]
    assert sorted(vocab.values()) == list(range(262)) and len(vocabulary.base_ids) == 262
    added = [(token["content"], token["id"]) for token in vocabulary.tokenizer_json["added_tokens"]]
    assert added == [("<|endoftext|>", 0), ("<|im_start|>", 1), ("<|im_end|>", 2)]


def test_too_small_a_size_is_refused():
    with pytest.raises(ValueError, match="needed"):
        trim(small_tokenizer(), passed_tokens(small_tokenizer(), ["find"]), size=100, least_count=1)
