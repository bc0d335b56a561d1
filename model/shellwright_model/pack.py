"""The weight pack: every tensor of the model once, in the layouts that ONNX Runtime's 4- and 8-bit kernels read."""

from dataclasses import asdict, dataclass

import numpy as np

from .base import Config
from .quantise import BLOCK, Quantised

ALIGNMENT = 256
LAYER_MATRICES = {
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
LAYER_NORMS = {"attention_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm"}


@dataclass(frozen=True)
class PackTensor:
    """Where one tensor lies. `shape` is logical; a q4 or q8 tensor [out, in] names the f16 tensor of its `scales` [out, in / 32]."""

    name: str
    dtype: str
    shape: list[int]
    offset: int
    bytes: int
    scales: str | None = None

    def to_json(self) -> dict:
        return {key: value for key, value in asdict(self).items() if value is not None}


class Pack:
    """Collects tensors one after another at aligned offsets."""

    def __init__(self):
        self.tensors: dict[str, PackTensor] = {}
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, name: str, dtype: str, shape: list[int], data: np.ndarray, scales: str | None = None) -> None:
        raw = np.ascontiguousarray(data).tobytes()
        padding = -self._length % ALIGNMENT
        self._parts += [bytes(padding), raw]
        self._length += padding
        self.tensors[name] = PackTensor(name, dtype, shape, self._length, len(raw), scales)
        self._length += len(raw)

    def add_matrix(self, name: str, matrix: Quantised) -> None:
        out, width = matrix.shape
        self.add(f"{name}.scales", "f16", [out, width // BLOCK], matrix.scales)
        self.add(f"{name}.weight", f"q{matrix.bits}", [out, width], matrix.packed(), f"{name}.scales")

    def to_bytes(self) -> bytes:
        return b"".join(self._parts)


def rope_tables(config: Config, positions: int) -> tuple[np.ndarray, np.ndarray]:
    """cos and sin [positions, head_dim / 2] in float32, computed in float64."""
    inverse = 1.0 / config.rope_theta ** (np.arange(0, config.head_dim, 2, dtype=np.float64) / config.head_dim)
    angles = np.outer(np.arange(positions), inverse)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def build_pack(config: Config, norms: dict[str, np.ndarray], matrices: dict[str, Quantised], positions: int) -> Pack:
    """Packs norms (stored as f16) and quantised matrices, both under Hugging Face names, and rotation tables."""
    pack = Pack()
    for name, table in zip(("cos", "sin"), rope_tables(config, positions), strict=True):
        pack.add(f"rope.{name}.f32", "f32", list(table.shape), table)
    pack.add_matrix("embedding", matrices["model.embed_tokens.weight"])
    for layer in range(config.layers):
        source = f"model.layers.{layer}."
        for short, long in LAYER_NORMS.items():
            norm = norms[f"{source}{long}.weight"]
            pack.add(f"layers.{layer}.{short}", "f16", list(norm.shape), norm.astype(np.float16))
        for short, long in LAYER_MATRICES.items():
            pack.add_matrix(f"layers.{layer}.{short}", matrices[f"{source}{long}.weight"])
    norm = norms["model.norm.weight"]
    pack.add("final_norm", "f16", list(norm.shape), norm.astype(np.float16))
    return pack
