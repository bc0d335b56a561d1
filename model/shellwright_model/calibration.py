"""Rounds the model layer by layer while training prompts flow through it twice: through the exact and through the rounded layers."""

from collections.abc import Callable

import numpy as np

from .base import Config
from .data import read_rows, spread
from .prompt import encode_answer, encode_prompt, prompt_form
from .quantise import Quantised, quantise, quantise_with_feedback
from .reference import Reference
from .tokenizer import plain_tokenizer, special_tokenizer
from .trained import Trained

# Of nl2bash-train, and of tldr-pages.
ROWS = (240, 60)
EMBEDDING = "model.embed_tokens.weight"
# The products of a layer in the order they are computed; those in one tuple share their input.
STAGES = (
    ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    ("self_attn.o_proj",),
    ("mlp.gate_proj", "mlp.up_proj"),
    ("mlp.down_proj",),
)


def calibration_ids(model: Trained, counts: tuple[int, int] = ROWS) -> list[list[int]]:
    """Token ids of training prompts with their answers, evenly spread over the two sets."""
    tokenizer, plain = special_tokenizer(model.tokenizer_json), plain_tokenizer(model.tokenizer_json)
    form = prompt_form(tokenizer)
    rows = [row for name, count in zip(("nl2bash-train", "tldr-pages"), counts, strict=True) for row in spread(read_rows(name), count)]
    return [
        encode_prompt(tokenizer, plain, row["prompt"], form) + encode_answer(tokenizer, plain, row["bash"]) for row in rows
    ]


def round_model(
    model: Trained,
    bits_of: Callable[[str], int],
    rows: tuple[int, int] = ROWS,
    damping: float = 0.01,
    correction: float = 0.1,
) -> dict[str, Quantised]:
    """Every matrix under its name, with `bits_of(name)` bits.

    Each matrix is first moved to the least squares solution of "exact output from rounded input" (as in GPTAQ,
    arXiv 2504.02692), damped by `correction`, so that a layer makes up for the rounding before it; then rounded with
    error feedback.
    """
    sequences = calibration_ids(model, rows)
    result = {}
    exact = _Stream(model.config, dict(model.weights), sequences)
    for layer in range(model.config.layers):
        for stage in STAGES:
            exact.finish(layer, stage)
    moments = exact.final().T @ exact.final() / np.float32(len(exact.rows))
    embedding = model.weights[EMBEDDING]
    bits = bits_of(EMBEDDING)
    result[EMBEDDING] = quantise(embedding, 8) if bits == 8 else quantise_with_feedback(embedding, bits, moments, damping)

    exact = _Stream(model.config, dict(model.weights), sequences)
    rounded = _Stream(model.config, {**model.weights, EMBEDDING: result[EMBEDDING].dequantise()}, sequences)
    for layer in range(model.config.layers):
        for stage in STAGES:
            inputs, wanted_inputs = rounded.inputs(layer, stage), exact.inputs(layer, stage)
            moments = inputs.T @ inputs / np.float32(len(inputs))
            cross = wanted_inputs.T @ inputs / np.float32(len(inputs))
            shift = _ridge(cross - moments, moments, correction)
            for part in stage:
                name = f"model.layers.{layer}.{part}.weight"
                weight = model.weights[name]
                target = weight + weight @ shift
                bits = bits_of(name)
                result[name] = quantise(target, 8) if bits == 8 else quantise_with_feedback(target, bits, moments, damping)
                rounded.weights[name] = result[name].dequantise()
            exact.finish(layer, stage)
            rounded.finish(layer, stage)
    return result


def _ridge(difference: np.ndarray, moments: np.ndarray, damping: float) -> np.ndarray:
    damped = moments.astype(np.float64)
    damped[np.diag_indices(len(damped))] += damping * damped.diagonal().mean()
    return np.linalg.solve(damped, difference.astype(np.float64).T).T.astype(np.float32)


class _Stream:
    """All sequences side by side, at one point of the network."""

    def __init__(self, config: Config, weights: dict[str, np.ndarray], sequences: list[list[int]]):
        self.weights = weights
        self._reference = Reference(config, weights)
        self.rows = weights[EMBEDDING][np.concatenate(sequences)]
        ends = np.cumsum([len(sequence) for sequence in sequences])
        self._spans = [slice(end - len(sequence), end) for end, sequence in zip(ends, sequences, strict=True)]
        self._inputs: np.ndarray | None = None
        self._stage: tuple[int, tuple[str, ...]] | None = None

    def inputs(self, layer: int, stage: tuple[str, ...]) -> np.ndarray:
        """What the matrices of a stage are multiplied with: [tokens, in]."""
        if self._stage == (layer, stage):
            return self._inputs
        reference, name = self._reference, f"model.layers.{layer}."
        match stage[0]:
            case "self_attn.q_proj":
                self._inputs = reference.norm(self.rows, name + "input_layernorm.weight")
            case "mlp.gate_proj":
                self._inputs = reference.norm(self.rows, name + "post_attention_layernorm.weight")
        self._stage = (layer, stage)
        return self._inputs

    def finish(self, layer: int, stage: tuple[str, ...]) -> None:
        """Computes a stage with the weights as they are now."""
        inputs = self.inputs(layer, stage)
        products = [inputs @ self.weights[f"model.layers.{layer}.{part}.weight"].T for part in stage]
        match stage[0]:
            case "self_attn.q_proj":
                self._inputs = np.concatenate(
                    [self._reference.attend(*(product[span] for product in products)) for span in self._spans]
                )
            case "mlp.gate_proj":
                gate, up = products
                self._inputs = gate / (1 + np.exp(-gate)) * up
            case _:
                self.rows = self.rows + products[0]
                self._inputs = None
        self._stage = None
        if self._inputs is not None:
            self._stage = (layer, STAGES[STAGES.index(stage) + 1])

    def final(self) -> np.ndarray:
        """After the last layer: the normalised rows [tokens, width]."""
        return self._reference.norm(self.rows, "model.norm.weight")
