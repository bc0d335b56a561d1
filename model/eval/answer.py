"""Models that answer requests: a training checkpoint or folder in our prompt form, or the untouched base in its chat form."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from data.prompt_form import END, prompt_ids
from data.rows import normalise_request
from eval.greedy import greedy_answers
from shellwright_model.base import Config, load_base
from train.checkpoint import load_checkpoint
from train.decoder import Weights, fuse
from train.start import load_model

_BASE_SYSTEM = "You write bash. Answer with one bash command or script in a single code block."


@dataclass(frozen=True)
class Answerer:
    """Answers requests greedily; `weights` in bfloat16."""

    config: Config
    weights: Weights
    tokenizer: Tokenizer
    is_base: bool = False

    def answers(self, requests: Sequence[str], max_tokens: int) -> list[str]:
        """One answer for each request, in order. A request that begins with `#!` is a script to continue."""
        if self.is_base:
            return self._base_answers(requests, max_tokens)
        prompts = [
            prompt_ids(self.tokenizer, "", request)
            if request.startswith("#!")
            else prompt_ids(self.tokenizer, normalise_request(request))
            for request in requests
        ]
        return self._run(prompts, max_tokens)

    def _run(self, prompts: list[list[int]], max_tokens: int) -> list[str]:
        ends = frozenset({self.tokenizer.token_to_id(END), self.tokenizer.token_to_id("<|endoftext|>")})
        ids = greedy_answers(self.config, self.weights, prompts, end_ids=ends, max_tokens=max_tokens)
        return [text.strip() for text in self.tokenizer.decode_batch(ids)]

    def _base_answers(self, requests: Sequence[str], max_tokens: int) -> list[str]:
        texts = [
            f"<|im_start|>system\n{_BASE_SYSTEM}<|im_end|>\n<|im_start|>user\n{request}<|im_end|>\n"
            "<|im_start|>assistant\n```bash\n"
            for request in requests
        ]
        answers = self._run([self.tokenizer.encode(text).ids for text in texts], max_tokens)
        return [re.split(r"\n?```", answer)[0].strip() for answer in answers]


def load_answerer(source: str | Path) -> Answerer:
    """`base`, a folder that `save_model` wrote, a shipped model's folder, or a stage's folder (its newest checkpoint)."""
    if source == "base":
        base = load_base()
        return Answerer(
            base.config,
            _to_bf16(fuse(base.config, base.weights)),
            Tokenizer.from_str(json.dumps(base.tokenizer_json)),
            is_base=True,
        )
    folder = Path(source)
    if (folder / "weights.safetensors").exists() or (folder / "manifest.json").exists():
        config, weights, tokenizer_json = load_model(folder)
    else:
        from train.stages import STAGES
        from train.start import starting_point

        config, weights, tokenizer_json = starting_point(STAGES[folder.name])
        saved = load_checkpoint(folder)
        if saved is None:
            raise FileNotFoundError(f"no checkpoint in {folder}")
        weights = saved["masters"]
    return Answerer(config, _to_bf16(weights), Tokenizer.from_str(json.dumps(tokenizer_json)))


def _to_bf16(weights: Weights) -> Weights:
    return {name: value.to(torch.bfloat16) for name, value in weights.items()}
