"""The decoder in plain PyTorch, shaped for training on short rows with a CPU.

Differences to a library's Llama, each for speed: one matrix product for q, k and v and one for gate and up,
attention as batched products (PyTorch's fused CPU kernel takes ten times as long at 40 tokens, most of it in
its backward pass), rows of equal length so that causality is the only mask, and logits only where the loss counts.
"""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from shellwright_model.base import Config

Weights = dict[str, Tensor]

_FUSED = {
    "self_attn.qkv_proj": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "mlp.gate_up_proj": ("mlp.gate_proj", "mlp.up_proj"),
}
_PLAIN = ("input_layernorm", "self_attn.o_proj", "post_attention_layernorm", "mlp.down_proj")


def fuse(config: Config, weights: dict[str, np.ndarray]) -> Weights:
    """Hugging Face Llama weights as float32 tensors under this module's names (q, k, v and gate, up stacked by rows)."""
    fused = {name: torch.from_numpy(weights[name].copy()) for name in ("model.embed_tokens.weight", "model.norm.weight")}
    for layer in range(config.layers):
        prefix = f"model.layers.{layer}."
        for name in _PLAIN:
            fused[f"{prefix}{name}.weight"] = torch.from_numpy(weights[f"{prefix}{name}.weight"].copy())
        for name, parts in _FUSED.items():
            rows = [weights[f"{prefix}{part}.weight"] for part in parts]
            fused[f"{prefix}{name}.weight"] = torch.from_numpy(np.concatenate(rows))
    return fused


def unfuse(config: Config, weights: Weights) -> dict[str, np.ndarray]:
    """The inverse of `fuse`."""
    sizes = {
        "self_attn.qkv_proj": [size * config.head_dim for size in (config.heads, config.kv_heads, config.kv_heads)],
        "mlp.gate_up_proj": [config.ffn, config.ffn],
    }
    plain: dict[str, np.ndarray] = {}
    for name, value in weights.items():
        kind = next((kind for kind in _FUSED if kind in name), None)
        if kind is None:
            plain[name] = value.numpy()
            continue
        for part, rows in zip(_FUSED[kind], value.split(sizes[kind]), strict=True):
            plain[name.replace(kind, part)] = rows.numpy()
    return plain


@cache
def rotary_tables(config: Config, length: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary embedding, each [length, head_dim]."""
    half = config.rope_theta ** (-torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), half).repeat(1, 2)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Applies the rotary embedding to [..., length, head_dim]."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


@cache
def _causal_bias(length: int, copies: int, dtype: torch.dtype) -> Tensor:
    return torch.full((length, length), -1e9, dtype=dtype).triu(1).repeat(copies, 1)[None]


def _attention(config: Config, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    batch, _, length, width = q.shape
    group = config.heads // config.kv_heads
    # The query heads that share a key head are folded into rows, so keys and values are not copied.
    q = q.reshape(batch * config.kv_heads, group * length, width)
    k, v = (x.reshape(batch * config.kv_heads, length, width) for x in (k, v))
    scores = torch.baddbmm(_causal_bias(length, group, q.dtype), q, k.transpose(1, 2), alpha=width**-0.5)
    return torch.bmm(scores.softmax(-1), v).view(batch, config.heads, length, width)


def hidden_states(config: Config, weights: Weights, ids: Tensor, dropout: float = 0.0) -> Tensor:
    """Normed outputs of the last layer, [batch, length, width], for ids [batch, length] that begin at position 0.

    `dropout` is the share of what attention and MLP add that is left out, at random (Srivastava et al. 2014, as in Vaswani et al. 2017).
    """
    batch, length = ids.shape
    x = F.embedding(ids, weights["model.embed_tokens.weight"])
    cos, sin = rotary_tables(config, length, x.dtype)
    heads = [config.heads, config.kv_heads, config.kv_heads]
    for layer in range(config.layers):
        w = {key: weights[f"model.layers.{layer}.{key}.weight"] for key in (*_PLAIN, *_FUSED)}
        h = F.rms_norm(x, (config.width,), w["input_layernorm"], config.rms_eps)
        qkv = (h @ w["self_attn.qkv_proj"].t()).view(batch, length, -1, config.head_dim).transpose(1, 2)
        q, k, v = qkv.split(heads, dim=1)
        attended = _attention(config, rotate(q, cos, sin), rotate(k, cos, sin), v)
        x = x + F.dropout(attended.transpose(1, 2).reshape(batch, length, -1) @ w["self_attn.o_proj"].t(), dropout, dropout > 0)
        h = F.rms_norm(x, (config.width,), w["post_attention_layernorm"], config.rms_eps)
        gate, up = (h @ w["mlp.gate_up_proj"].t()).chunk(2, dim=-1)
        x = x + F.dropout((F.silu(gate) * up) @ w["mlp.down_proj"].t(), dropout, dropout > 0)
    return F.rms_norm(x, (config.width,), weights["model.norm.weight"], config.rms_eps)


def summed_loss(config: Config, weights: Weights, ids: Tensor, at: Tensor, targets: Tensor, dropout: float = 0.0) -> Tensor:
    """Cross-entropy in nats, summed. `at` are flat positions in ids [batch, length] whose next token is in `targets`."""
    hidden = hidden_states(config, weights, ids, dropout).flatten(0, 1)[at]
    logits = hidden @ weights["model.embed_tokens.weight"].t()
    return F.cross_entropy(logits.float(), targets, reduction="sum")
