"""The prompt form that goes into the manifest, and its use on the Python side. Training has the same one (data/prompt_form.py)."""

from tokenizers import Tokenizer

END = "<|im_end|>"


def prompt_form(tokenizer: Tokenizer) -> dict:
    """The manifest's `prompt`. `tokenizer` is the one with control tokens."""
    return {
        "system": "",
        "prefix": "<|im_start|>",
        "suffix": END,
        "answerPrefix": "",
        "scriptRequest": "",
        "stopStrings": [],
        "stopTokens": [tokenizer.token_to_id("<|endoftext|>"), tokenizer.token_to_id(END)],
    }


def prompt_pieces(text: str, form: dict) -> tuple[str, str, str]:
    """What comes before, the user's own text, what comes after. Text that begins with `#!` is a script to continue."""
    before = form["prefix"].replace("{system}", form["system"])
    if text.startswith("#!"):
        return before + form["scriptRequest"] + form["suffix"] + form["answerPrefix"], text, ""
    return before, text.strip(), form["suffix"] + form["answerPrefix"]


def encode_prompt(tokenizer: Tokenizer, plain: Tokenizer, text: str, form: dict) -> list[int]:
    """Token ids of a request. `plain` is a tokenizer without special tokens: in the user's text they are only text."""
    before, user, after = prompt_pieces(text, form)
    return [*tokenizer.encode(before).ids, *plain.encode(user).ids, *tokenizer.encode(after).ids]


def encode_answer(tokenizer: Tokenizer, plain: Tokenizer, answer: str) -> list[int]:
    """Token ids of an answer with the mark that ends it."""
    return [*plain.encode(answer).ids, tokenizer.token_to_id(END)]
