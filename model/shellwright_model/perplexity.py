"""Perplexity of answers: exp of the mean negative log likelihood of the tokens of `bash` plus the end mark, given the prompt."""

import numpy as np

from .artefact import Artefact
from .base import Config
from .build import OUTPUT, trained_folder
from .data import read_rows, spread
from .prompt import encode_answer, encode_prompt, prompt_form
from .reference import Reference
from .tokenizer import plain_tokenizer, special_tokenizer
from .trained import load_trained

ROWS = 500


def answer_perplexity(config: Config, weights: dict[str, np.ndarray], tokenizer_json: dict, rows: int = ROWS) -> float:
    """Over `rows` evenly spread rows of nl2bash-dev, in the manifest's prompt form, on float32 `weights`."""
    tokenizer, plain = special_tokenizer(tokenizer_json), plain_tokenizer(tokenizer_json)
    form = prompt_form(tokenizer)
    reference = Reference(config, weights)
    total, count = 0.0, 0
    for row in spread(read_rows("nl2bash-dev"), rows):
        prompt = encode_prompt(tokenizer, plain, row["prompt"], form)
        answer = encode_answer(tokenizer, plain, row["bash"])
        hidden = reference.hidden((prompt + answer)[:-1])[-len(answer) :]
        logits = reference.logits(hidden)
        logits -= logits.max(axis=1, keepdims=True)
        likelihood = logits[np.arange(len(answer)), answer] - np.log(np.exp(logits).sum(axis=1))
        total -= float(likelihood.sum())
        count += len(answer)
    return float(np.exp(total / count))


def report() -> None:
    """Prints what rounding costs: the pack of the model directory against the trained weights."""
    trained = load_trained(trained_folder())
    artefact = Artefact(OUTPUT)
    exact = answer_perplexity(trained.config, trained.weights, trained.tokenizer_json)
    print(f"trained weights: {exact:.4f}", flush=True)
    packed = answer_perplexity(trained.config, artefact.weights(), trained.tokenizer_json)
    print(f"{artefact.manifest['id']}: {packed:.4f} ({packed / exact - 1:+.2%}), {ROWS} rows")
