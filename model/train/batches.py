"""Deals examples into steps, and a step into micro-batches of rows of nearly one length, so padding is almost nothing.

Packing several rows into one would need a block mask and longer attention; sorting by length within a step
costs a few percent of padding instead.
"""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from data.prompt_form import Example


@dataclass(frozen=True)
class MicroBatch:
    """`ids` [rows, length]; `at` flat positions whose next token counts for the loss; `targets` those tokens."""

    ids: Tensor
    at: Tensor
    targets: Tensor
    tokens: int


def deal_steps(examples: list[Example], tokens_per_step: int, seed: int) -> list[list[Example]]:
    """The examples in a seeded random order, cut into steps of about `tokens_per_step` tokens each."""
    order = list(examples)
    random.Random(seed).shuffle(order)
    steps: list[list[Example]] = [[]]
    filled = 0
    for item in order:
        if filled >= tokens_per_step:
            steps.append([])
            filled = 0
        steps[-1].append(item)
        filled += len(item.ids)
    return steps


def micro_batches(step: list[Example], tokens_per_batch: int) -> list[MicroBatch]:
    """The step's examples sorted by length and cut so that no padded batch has more than `tokens_per_batch` tokens.

    The longest come first, so that two workers finish a step at nearly the same time.
    """
    groups: list[list[Example]] = []
    for item in sorted(step, key=lambda item: -len(item.ids)):
        if not groups or (len(groups[-1]) + 1) * len(groups[-1][0].ids) > tokens_per_batch:
            groups.append([])
        groups[-1].append(item)
    return [_pad(group) for group in groups]


def _pad(group: list[Example]) -> MicroBatch:
    # The last id is only ever a target; a multiple of four keeps the number of distinct shapes small.
    length = -(-(max(len(item.ids) for item in group) - 1) // 4) * 4
    ids = torch.zeros(len(group), length, dtype=torch.long)
    at, targets = [], []
    for row, item in enumerate(group):
        ids[row, : len(item.ids) - 1] = torch.tensor(item.ids[:-1])
        at.extend(range(row * length + item.answer_at - 1, row * length + len(item.ids) - 1))
        targets.extend(item.ids[item.answer_at :])
    return MicroBatch(ids, torch.tensor(at), torch.tensor(targets), sum(len(item.ids) for item in group))
