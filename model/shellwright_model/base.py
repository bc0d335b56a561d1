"""Loads the base model: configuration, dequantised weights under Hugging Face names, and tokenizer."""

from dataclasses import dataclass
from functools import cache

import gguf
import numpy as np

from .fetch import fetch_gguf
from .tokenizer import tokenizer_json

_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


@dataclass(frozen=True)
class Config:
    """Shape of a Llama-type decoder with tied input and output embeddings."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab_size: int
    rope_theta: float
    rms_eps: float
    context_length: int


@dataclass(frozen=True)
class Base:
    """`weights` are float32, matrices as [out, in]; `tokenizer_json` is ready for `json.dump`."""

    config: Config
    weights: dict[str, np.ndarray]
    tokenizer_json: dict
    eos_token_id: int
    chat_template: str


def hf_name(gguf_name: str) -> str:
    """The Hugging Face Llama name of a llama.cpp tensor: `blk.3.attn_q.weight` -> `model.layers.3.self_attn.q_proj.weight`."""
    if gguf_name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if gguf_name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, name, suffix = gguf_name.split(".")
    return f"model.layers.{layer}.{_LAYER_NAMES[name]}.{suffix}"


def _undo_rope_permutation(rows: np.ndarray, heads: int) -> np.ndarray:
    # llama.cpp interleaves the two halves of each head so that rotation pairs are neighbours.
    halves = rows.shape[0] // heads // 2
    return rows.reshape(heads, halves, 2, -1).swapaxes(1, 2).reshape(rows.shape)


@cache
def load_base() -> Base:
    """The base model, from the cache or downloaded first; weights are exactly the GGUF's dequantised values."""
    reader = gguf.GGUFReader(fetch_gguf())

    def field(name: str):
        return reader.fields[name].contents()

    heads, kv_heads = field("llama.attention.head_count"), field("llama.attention.head_count_kv")
    width = field("llama.embedding_length")
    config = Config(
        layers=field("llama.block_count"),
        width=width,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=width // heads,
        ffn=field("llama.feed_forward_length"),
        vocab_size=field("llama.vocab_size"),
        rope_theta=float(field("llama.rope.freq_base")),
        rms_eps=round(float(field("llama.attention.layer_norm_rms_epsilon")), 9),
        context_length=field("llama.context_length"),
    )
    weights = {}
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if ".attn_q." in tensor.name:
            values = _undo_rope_permutation(values, heads)
        elif ".attn_k." in tensor.name:
            values = _undo_rope_permutation(values, kv_heads)
        weights[hf_name(tensor.name)] = values
    return Base(
        config=config,
        weights=weights,
        tokenizer_json=tokenizer_json(
            field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type"), field("tokenizer.ggml.merges")
        ),
        eos_token_id=field("tokenizer.ggml.eos_token_id"),
        chat_template=field("tokenizer.chat_template"),
    )
