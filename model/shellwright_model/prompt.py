"""The prompt form that goes into the manifest, and its use on the Python side."""

from tokenizers import Tokenizer

# One worked example: without it a model of this size talks about the request instead of answering it.
PROMPT = {
    "system": "You are a bash expert. Reply with one bash command.",
    "prefix": "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n"
    "Count the lines of all .py files in the current directory<|im_end|>\n<|im_start|>assistant\n"
    "```bash\ncat *.py | wc -l\n```<|im_end|>\n<|im_start|>user\n",
    "suffix": "<|im_end|>\n<|im_start|>assistant\n",
    "answerPrefix": "```bash\n",
    "scriptRequest": "Continue this bash script.",
    "stopStrings": ["\n```"],
    "stopTokens": [0, 2],
}


def prompt_pieces(text: str, form: dict = PROMPT) -> tuple[str, str, str]:
    """What comes before, the user's own text, what comes after. Text that begins with `#!` is a script to continue."""
    before = form["prefix"].replace("{system}", form["system"])
    if text.startswith("#!"):
        return before + form["scriptRequest"] + form["suffix"] + form["answerPrefix"], text, ""
    return before, text.strip(), form["suffix"] + form["answerPrefix"]


def encode_prompt(tokenizer: Tokenizer, plain: Tokenizer, text: str, form: dict = PROMPT) -> list[int]:
    """Token ids of a request. `plain` is a tokenizer without special tokens: in the user's text they are only text."""
    before, user, after = prompt_pieces(text, form)
    return [*tokenizer.encode(before).ids, *plain.encode(user).ids, *tokenizer.encode(after).ids]
