"""The one prompt form: `<|im_start|>` request `<|im_end|>` answer `<|im_end|>`.

A request in English stands between the first two marks. The beginning of a script is not a request: then
nothing stands between the marks and the answer begins with the given text, which the model continues.
"""

from dataclasses import dataclass

from tokenizers import Tokenizer

START = "<|im_start|>"
END = "<|im_end|>"


@dataclass(frozen=True)
class Example:
    """Token ids of a whole example; the loss counts the ids from `answer_at` on (the closing mark too)."""

    ids: list[int]
    answer_at: int


def prompt_ids(tokenizer: Tokenizer, request: str, beginning: str = "") -> list[int]:
    """The ids to start generation from. The model ends its answer with `END`."""
    start, end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
    return [start, *_text_ids(tokenizer, request), end, *_text_ids(tokenizer, beginning)]


def example(tokenizer: Tokenizer, request: str, answer: str, beginning: str = "") -> Example:
    """A training example. `beginning` is given text that the answer continues; it should end at a line's end."""
    ids = prompt_ids(tokenizer, request, beginning)
    return Example([*ids, *_text_ids(tokenizer, answer), tokenizer.token_to_id(END)], len(ids))


def _text_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids if text else []
