"""Greedy answers of a model in PyTorch, many prompts at a time: the likeliest token each step, until the end mark."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from shellwright_model.base import Config
from train.decoder import Weights, rotary_tables, rotate


@torch.inference_mode()
def greedy_answers(
    config: Config,
    weights: Weights,
    prompts: Sequence[list[int]],
    *,
    end_ids: frozenset[int],
    max_tokens: int,
    batch_size: int = 48,
) -> list[list[int]]:
    """The new ids for each prompt, in order, without the end mark; at most `max_tokens` each."""
    answers: list[list[int]] = [[] for _ in prompts]
    by_length = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    for start in range(0, len(by_length), batch_size):
        chosen = by_length[start : start + batch_size]
        batch = _Batch(config, weights, [prompts[index] for index in chosen])
        alive = chosen
        for _ in range(max_tokens):
            newest = batch.next_ids()
            going = [row for row, token in enumerate(newest) if token not in end_ids]
            for row in going:
                answers[alive[row]].append(newest[row])
            if not going:
                break
            alive = [alive[row] for row in going]
            batch.keep(going, [newest[row] for row in going])
    return answers


class _Batch:
    """Rows padded on the left to one length, with their keys and values."""

    def __init__(self, config: Config, weights: Weights, prompts: list[list[int]]) -> None:
        self._config, self._weights = config, weights
        longest = max(map(len, prompts))
        self._pads = torch.tensor([longest - len(prompt) for prompt in prompts])
        self._ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
        self._past: list[tuple[Tensor, Tensor] | None] = [None] * config.layers
        self._length = 0

    def keep(self, rows: list[int], newest: list[int]) -> None:
        """Goes on with these rows only, each followed by its newest id."""
        if len(rows) < len(self._pads):
            self._pads = self._pads[rows]
            self._past = [(keys[rows], values[rows]) for keys, values in self._past]
        self._ids = torch.tensor(newest)[:, None]

    def next_ids(self) -> list[int]:
        """Runs the ids not yet run and returns each row's likeliest next id."""
        config, weights, ids = self._config, self._weights, self._ids
        rows, new = ids.shape
        total = self._length + new
        x = F.embedding(ids, weights["model.embed_tokens.weight"])
        columns, queries = torch.arange(total), torch.arange(self._length, total)
        positions = (queries[None] - self._pads[:, None]).clamp(min=0)
        cos, sin = (table[positions][:, None] for table in rotary_tables(config, config.context_length, x.dtype))
        seen = (columns[None, None] <= queries[None, :, None]) & (columns[None, None] >= self._pads[:, None, None])
        # A padding position looks at itself, so that its softmax is not over nothing.
        seen |= columns[None, None] == queries[None, :, None]
        heads = [config.heads, config.kv_heads, config.kv_heads]
        for layer in range(config.layers):
            prefix = f"model.layers.{layer}."
            h = F.rms_norm(x, (config.width,), weights[prefix + "input_layernorm.weight"], config.rms_eps)
            qkv = (h @ weights[prefix + "self_attn.qkv_proj.weight"].t()).view(rows, new, -1, config.head_dim)
            q, k, v = qkv.transpose(1, 2).split(heads, dim=1)
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
            if (past := self._past[layer]) is not None:
                k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
            self._past[layer] = (k, v)
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None], enable_gqa=True)
            x = x + attended.transpose(1, 2).reshape(rows, new, -1) @ weights[prefix + "self_attn.o_proj.weight"].t()
            h = F.rms_norm(x, (config.width,), weights[prefix + "post_attention_layernorm.weight"], config.rms_eps)
            gate, up = (h @ weights[prefix + "mlp.gate_up_proj.weight"].t()).chunk(2, dim=-1)
            x = x + (F.silu(gate) * up) @ weights[prefix + "mlp.down_proj.weight"].t()
        self._length = total
        hidden = F.rms_norm(x[:, -1], (config.width,), weights["model.norm.weight"], config.rms_eps)
        return (hidden @ weights["model.embed_tokens.weight"].t()).argmax(-1).tolist()
