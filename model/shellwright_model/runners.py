"""Greedy decoding over the built graphs, with the cache kept outside as the browser engine keeps it."""

import numpy as np
import onnxruntime

from .base import Config

CAPACITY_STEP = 64
MASKED = np.float32(-1e9)


class WasmRunner:
    """Runs wasm-f32 or wasm-int8: holds the cache, keys transposed, and grows it in steps of 64."""

    def __init__(self, session: onnxruntime.InferenceSession, config: Config):
        self._session = session
        self._config = config
        self._length = 0
        self._keys = np.zeros((config.layers, config.kv_heads, config.head_dim, CAPACITY_STEP), np.float32)
        self._values = np.zeros((config.layers, config.kv_heads, CAPACITY_STEP, config.head_dim), np.float32)

    def step(self, ids: list[int]) -> np.ndarray:
        """Logits [vocab_size] after the last of `ids`."""
        count, length, capacity = len(ids), self._length, self._keys.shape[3]
        if length + count > capacity:
            more = -(-(length + count - capacity) // CAPACITY_STEP) * CAPACITY_STEP
            self._keys = np.pad(self._keys, ((0, 0), (0, 0), (0, 0), (0, more)))
            self._values = np.pad(self._values, ((0, 0), (0, 0), (0, more), (0, 0)))
            capacity += more
        bias = np.zeros((1, 1, count, capacity + count), np.float32)
        bias[..., length:capacity] = MASKED
        bias[0, 0, :, capacity:] = np.triu(np.full((count, count), MASKED), 1)
        feeds = {
            "input_ids": np.array([ids], np.int32),
            "position_ids": np.arange(length, length + count, dtype=np.int32)[None],
            "attention_bias": bias,
            "logit_index": np.array([count - 1], np.int32),
        }
        for layer in range(self._config.layers):
            feeds[f"past_key.{layer}"] = self._keys[layer]
            feeds[f"past_value.{layer}"] = self._values[layer]
        logits, keys, values = self._session.run(["logits", "new_keys", "new_values"], feeds)
        self._keys[..., length : length + count] = keys
        self._values[..., length : length + count, :] = values
        self._length += count
        return logits[0, 0]


class WebgpuRunner:
    """Runs a WebGPU graph on another provider: there the outputs are new arrays, which become the next inputs."""

    def __init__(self, session: onnxruntime.InferenceSession, config: Config, capacity: int = 512):
        self._session = session
        kind = np.float16 if "float16" in session.get_inputs()[4].type else np.float32
        shape = (1, config.kv_heads, capacity, config.head_dim)
        self._names = [f"{part}.{layer}" for layer in range(config.layers) for part in ("key", "value")]
        self._cache = [np.zeros(shape, kind) for _ in self._names]
        self._length = 0

    def step(self, ids: list[int]) -> np.ndarray:
        """Logits [vocab_size] after the last of `ids`."""
        self._length += len(ids)
        feeds = {
            "input_ids": np.array([ids], np.int32),
            "seqlens_k": np.array([self._length - 1], np.int32),
            "total_sequence_length": np.array([self._length], np.int32),
            "logit_index": np.array([len(ids) - 1], np.int32),
            **{f"past_{name}": value for name, value in zip(self._names, self._cache, strict=True)},
        }
        logits, *self._cache = self._session.run(["logits", *(f"present_{name}" for name in self._names)], feeds)
        return logits[0, 0]


def greedy(runner: WasmRunner | WebgpuRunner, prompt: list[int], count: int) -> tuple[list[int], np.ndarray]:
    """`count` greedy tokens and the logits that chose the first."""
    first = logits = runner.step(prompt)
    tokens = [int(logits.argmax())]
    while len(tokens) < count:
        tokens.append(int(runner.step(tokens[-1:]).argmax()))
    return tokens, first
