"""Expands pack tensors into a graph's external data; the reference for src/core/weights/expand.ts."""

from dataclasses import asdict, dataclass

import numpy as np

from .pack import PackTensor
from .quantise import BLOCK

ALIGNMENT = 64


@dataclass(frozen=True)
class Expansion:
    """One step of a recipe: write pack tensor `source` through transform `transform` at `offset` of the expanded file.

    JSON calls them `from` and `as`, as the manifest does.
    """

    source: str
    transform: str
    offset: int
    bytes: int

    def to_json(self) -> dict:
        fields = asdict(self)
        return {"from": fields["source"], "as": fields["transform"], "offset": self.offset, "bytes": self.bytes}


def expanded_bytes(tensor: PackTensor, transform: str) -> int:
    """Size of a tensor after a transform."""
    elements = int(np.prod(tensor.shape))
    match transform:
        case "f16-to-f32" | "dequantise-f32":
            return 4 * elements
        case "int8-rows-transposed":
            return elements
        case "int8-row-scales":
            return 4 * tensor.shape[0]
    raise ValueError(f"unknown transform {transform}")


def dequantise_rows(pack: memoryview, tensor: PackTensor, scales: PackTensor) -> np.ndarray:
    """float32 [out, in] of a q4 or q8 tensor."""
    codes = np.frombuffer(pack, np.uint8, tensor.bytes, tensor.offset)
    if tensor.dtype == "q4":
        codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(-1)
        middle = 8
    else:
        middle = 128
    steps = np.frombuffer(pack, np.float16, scales.bytes // 2, scales.offset).astype(np.float32)
    blocks = codes.reshape(-1, BLOCK).astype(np.float32) - np.float32(middle)
    return (blocks * steps[:, None]).reshape(tensor.shape)


def _int8_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scales = (np.abs(rows).max(axis=1) / np.float32(127)).astype(np.float32)
    safe = np.where(scales == 0, np.float32(1), scales)
    # Halves round upwards, as Math.round does, so that both implementations give the same bytes.
    return np.floor(rows / safe[:, None] + np.float32(0.5)).astype(np.int8), scales


def expand(pack: memoryview, tensors: dict[str, PackTensor], step: Expansion) -> bytes:
    """The bytes of one step:

    - `f16-to-f32`: an f16 tensor widened.
    - `dequantise-f32`: a q4/q8 matrix as float32 [out, in].
    - `int8-rows-transposed`: the same rounded to int8 by output row (scale = max|row| / 127), stored [in, out].
    - `int8-row-scales`: those scales, float32 [out].
    """
    tensor = tensors[step.source]
    if step.transform == "f16-to-f32":
        values = np.frombuffer(pack, np.float16, tensor.bytes // 2, tensor.offset)
        return values.astype(np.float32).tobytes()
    rows = dequantise_rows(pack, tensor, tensors[tensor.scales])
    match step.transform:
        case "dequantise-f32":
            return rows.tobytes()
        case "int8-rows-transposed":
            return np.ascontiguousarray(_int8_rows(rows)[0].T).tobytes()
        case "int8-row-scales":
            return _int8_rows(rows)[1].tobytes()
    raise ValueError(f"unknown transform {step.transform}")


class ExpandedFile:
    """The layout of a graph's expanded external data, filled while the graph is built."""

    def __init__(self, tensors: dict[str, PackTensor]):
        self._tensors = tensors
        self.steps: list[Expansion] = []
        self.bytes = 0

    def place(self, source: str, transform: str, align: bool = True) -> Expansion:
        """Reserves room for one step; `align=False` makes it continue the one before without a gap."""
        if align:
            self.bytes += -self.bytes % ALIGNMENT
        size = expanded_bytes(self._tensors[source], transform)
        step = Expansion(source, transform, self.bytes, size)
        self.bytes += size
        self.steps.append(step)
        return step

    def to_bytes(self, pack: memoryview) -> bytearray:
        """The whole file."""
        result = bytearray(self.bytes)
        for step in self.steps:
            result[step.offset : step.offset + step.bytes] = expand(pack, self._tensors, step)
        return result
