"""The reference: the decoder's forward pass in plain numpy float32, written for clarity; every graph is compared with it."""

import numpy as np

from .base import Config


class KvCache:
    """Keys (after rotation) and values of the tokens seen so far, per layer as [kv_heads, tokens, head_dim]."""

    def __init__(self, config: Config):
        empty = np.zeros((config.kv_heads, 0, config.head_dim), np.float32)
        self.keys = [empty] * config.layers
        self.values = [empty] * config.layers

    def copy(self) -> "KvCache":
        """A cache of its own; arrays are shared until one of the two grows."""
        other = KvCache.__new__(KvCache)
        other.keys, other.values = list(self.keys), list(self.values)
        return other

    @property
    def length(self) -> int:
        return self.keys[0].shape[1]


class Reference:
    """Runs the decoder on float32 weights named as in `Base.weights`."""

    def __init__(self, config: Config, weights: dict[str, np.ndarray]):
        self.config = config
        self.weights = weights
        exponents = np.arange(0, config.head_dim, 2, dtype=np.float64) / config.head_dim
        self._inverse_frequencies = 1.0 / config.rope_theta**exponents

    def hidden(self, ids: list[int], cache: KvCache | None = None) -> np.ndarray:
        """Last hidden states [tokens, width] after the final norm; extends `cache` in place."""
        config, weights = self.config, self.weights
        cache = cache or KvCache(config)
        rows = weights["model.embed_tokens.weight"][np.asarray(ids)]
        for layer in range(config.layers):
            name = f"model.layers.{layer}."

            def project(values: np.ndarray, part: str) -> np.ndarray:
                return values @ weights[name + part].T

            normed = self.norm(rows, name + "input_layernorm.weight")
            queries, keys, values = (project(normed, f"self_attn.{part}_proj.weight") for part in "qkv")
            mixed = self.attend(queries, keys, values, cache, layer)
            rows = rows + project(mixed, "self_attn.o_proj.weight")
            normed = self.norm(rows, name + "post_attention_layernorm.weight")
            gate = project(normed, "mlp.gate_proj.weight")
            up = project(normed, "mlp.up_proj.weight")
            rows = rows + project(gate / (1 + np.exp(-gate)) * up, "mlp.down_proj.weight")
        return self.norm(rows, "model.norm.weight")

    def logits(self, hidden: np.ndarray) -> np.ndarray:
        """Logits [tokens, vocab_size] through the tied embedding."""
        return hidden @ self.weights["model.embed_tokens.weight"].T

    def greedy(self, prompt: list[int], count: int, stop: int | None = None) -> list[int]:
        """The `count` most likely next tokens one after another, ended early after `stop`."""
        cache = KvCache(self.config)
        step, result = list(prompt), []
        while len(result) < count:
            token = int(self.logits(self.hidden(step, cache)[-1:])[0].argmax())
            result.append(token)
            if token == stop:
                break
            step = [token]
        return result

    def norm(self, rows: np.ndarray, name: str) -> np.ndarray:
        """RMS norm of rows [tokens, width] with the named weight."""
        mean_square = np.mean(rows * rows, axis=-1, keepdims=True)
        return rows / np.sqrt(mean_square + self.config.rms_eps) * self.weights[name]

    def attend(
        self,
        queries: np.ndarray,
        keys: np.ndarray,
        values: np.ndarray,
        cache: KvCache | None = None,
        layer: int = 0,
    ) -> np.ndarray:
        """Causal attention [tokens, width] of one sequence's projections [tokens, heads * head_dim], after what `cache` holds."""
        config = self.config
        past = 0 if cache is None else cache.keys[layer].shape[1]
        count = len(queries)
        cos, sin = self._rotation(np.arange(past, past + count))
        queries = _rotate(self._heads(queries, config.heads), cos, sin)
        keys = _rotate(self._heads(keys, config.kv_heads), cos, sin)
        values = self._heads(values, config.kv_heads)
        if cache is not None:
            keys = cache.keys[layer] = np.concatenate([cache.keys[layer], keys], axis=1)
            values = cache.values[layer] = np.concatenate([cache.values[layer], values], axis=1)
        mask = np.triu(np.full((count, past + count), -np.inf, np.float32), past + 1)
        grouped = queries.reshape(config.kv_heads, -1, *queries.shape[1:])
        scores = grouped @ keys[:, None].swapaxes(-1, -2) / np.float32(np.sqrt(config.head_dim)) + mask
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ values[:, None]).reshape(queries.shape)
        return mixed.swapaxes(0, 1).reshape(count, -1)

    def _heads(self, rows: np.ndarray, count: int) -> np.ndarray:
        return rows.reshape(rows.shape[0], count, self.config.head_dim).swapaxes(0, 1)

    def _rotation(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        angles = np.outer(positions, self._inverse_frequencies)
        return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _rotate(heads: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> np.ndarray:
    half = heads.shape[-1] // 2
    first, second = heads[..., :half], heads[..., half:]
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
