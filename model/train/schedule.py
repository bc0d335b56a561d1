"""How far a stage is, and the learning rate that follows from it.

A stage ends with its data or with its time, whichever comes first, and the learning rate always falls to its last
value by then. So a run on a busy machine gives a finished model on time, from less data. Time alone moves it only in the
last part of the limit: minutes in which the machine was too busy to train should not use up the learning rate.
"""

import math
from dataclasses import dataclass

_HOLD = 0.6


@dataclass(frozen=True)
class Progress:
    """Of a run that began at `first_step` with the share `start` done; `limit_s` is the time it has from there, or None."""

    first_step: int
    steps: int
    start: float
    limit_s: float | None

    def at(self, step: int, elapsed_s: float) -> float:
        """The share of the stage that is done, in [0, 1], before `step` runs; 1 means that it does not run."""
        by_steps = (step - self.first_step) / max(1, self.steps - self.first_step)
        by_time = max(0.0, (elapsed_s / self.limit_s - _HOLD) / (1 - _HOLD)) if self.limit_s else 0.0
        return min(1.0, self.start + (1 - self.start) * max(by_steps, by_time))


def learning_rate(peak: float, last: float, warmup: float, progress: float) -> float:
    """Linear warm-up while `progress` is below `warmup`, then a half cosine from `peak` to `last`."""
    if progress < warmup:
        return peak * (progress + warmup / 8) / (warmup * 9 / 8)
    done = (progress - warmup) / (1 - warmup)
    return last + (peak - last) * (1 + math.cos(math.pi * done)) / 2
