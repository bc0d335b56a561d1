"""Symmetric block quantisation in ONNX Runtime's MatMulNBits layout: blocks of 32 along the input, one f16 scale a block."""

from dataclasses import dataclass

import numpy as np

BLOCK = 32


@dataclass(frozen=True)
class Quantised:
    """A matrix [out, in] as unsigned codes around the middle: weight = (code - 2^(bits-1)) * scale.

    `codes` is uint8 [out, in / 32, 32] with values below 2^bits; `scales` is float16 [out, in / 32] and may be negative.
    """

    bits: int
    codes: np.ndarray
    scales: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return self.codes.shape[0], self.codes.shape[1] * BLOCK

    def dequantise(self) -> np.ndarray:
        """float32 [out, in], the value that every graph computes with."""
        centred = self.codes.astype(np.float32) - np.float32(1 << (self.bits - 1))
        return (centred * self.scales.astype(np.float32)[..., None]).reshape(self.shape)

    def packed(self) -> np.ndarray:
        """uint8 [out, in / 32, 4 * bits]; at 4 bits the even element is the low half of its byte."""
        if self.bits == 8:
            return self.codes
        return self.codes[..., 0::2] | (self.codes[..., 1::2] << 4)


def round_to_codes(blocks: np.ndarray, scales: np.ndarray, bits: int) -> np.ndarray:
    """Nearest codes (uint8) of float32 blocks [..., 32] under float16 scales [...]; a zero scale gives the middle code."""
    middle = 1 << (bits - 1)
    scales = scales.astype(np.float32)[..., None]
    safe = np.where(scales == 0, np.float32(1), scales)
    steps = np.where(scales == 0, np.float32(0), blocks / safe)
    return (np.clip(np.rint(steps), -middle, middle - 1) + middle).astype(np.uint8)


def search_scales(blocks: np.ndarray, bits: int, importance: np.ndarray | None = None) -> np.ndarray:
    """float16 scales [...] that minimise the squared error of blocks [..., 32], weighted by `importance` [..., 32].

    Tries a grid of scales around extreme / 2^(bits-1) with both signs: the side with the larger extreme can use
    the one code more that two's complement has.
    """
    middle = 1 << (bits - 1)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=-1)[..., None], axis=-1)[..., 0]
    weights = np.float32(1) if importance is None else importance
    best_scales = np.zeros(extreme.shape, np.float16)
    best_errors = np.full(extreme.shape, np.inf, np.float32)
    ratios = np.linspace(-1, -0.6, 17) if bits == 4 else np.array([-1.0, -127.5 / 128])
    for ratio in [*ratios, *(-ratios)]:
        scales = (extreme * np.float32(ratio / (middle if ratio < 0 else middle - 1))).astype(np.float16)
        centred = round_to_codes(blocks, scales, bits).astype(np.float32) - middle
        errors = (weights * (centred * scales.astype(np.float32)[..., None] - blocks) ** 2).sum(axis=-1)
        better = errors < best_errors
        best_scales = np.where(better, scales, best_scales)
        best_errors = np.where(better, errors, best_errors)
    return best_scales


def quantise(matrix: np.ndarray, bits: int, importance: np.ndarray | None = None) -> Quantised:
    """Rounds float32 [out, in] to `bits`; `importance` [in] weighs the error of each input column."""
    blocks = matrix.reshape(matrix.shape[0], -1, BLOCK)
    weights = None if importance is None else importance.reshape(1, -1, BLOCK)
    scales = search_scales(blocks, bits, weights)
    return Quantised(bits, round_to_codes(blocks, scales, bits), scales)


def quantise_with_feedback(matrix: np.ndarray, bits: int, moments: np.ndarray, damping: float = 0.01) -> Quantised:
    """Rounds column after column and lets the columns still to come make up for the error so far.

    This is GPTQ (Frantar et al. 2022, arXiv 2210.17323) with a scale search for each block: `moments` is X'X / tokens
    [in, in] of the matrix's inputs.
    """
    width = matrix.shape[1]
    damped = moments.astype(np.float64)
    mean = damped.diagonal().mean()
    damped[np.diag_indices(width)] += damping * mean
    inverse = np.linalg.inv(damped)
    upper = np.linalg.cholesky(inverse).T.astype(np.float32)
    rest = matrix.astype(np.float32).copy()
    middle = 1 << (bits - 1)
    codes = np.empty((matrix.shape[0], width // BLOCK, BLOCK), np.uint8)
    scales = np.empty((matrix.shape[0], width // BLOCK), np.float16)
    importance = (1 / upper.diagonal() ** 2).astype(np.float32)
    for block in range(width // BLOCK):
        start, end = block * BLOCK, (block + 1) * BLOCK
        scales[:, block] = search_scales(rest[:, start:end], bits, importance[None, start:end])
        steps = scales[:, block].astype(np.float32)
        errors = np.empty((matrix.shape[0], BLOCK), np.float32)
        for column in range(start, end):
            values = rest[:, column].copy()
            chosen = round_to_codes(values[:, None], scales[:, block], bits)[:, 0]
            codes[:, block, column - start] = chosen
            error = (values - (chosen.astype(np.float32) - middle) * steps) / upper[column, column]
            rest[:, column:end] -= np.outer(error, upper[column, column:end])
            errors[:, column - start] = error
        rest[:, end:] -= errors @ upper[start:end, end:]
    return Quantised(bits, codes, scales)
