"""Gradients of one step on all cores: threads that take micro-batches from one queue, each on one core.

On a shared machine this beats one pass with several threads inside each product: a core that is busy
with other work takes fewer batches instead of holding up every product.
"""

import queue
import threading

import torch

from shellwright_model.base import Config
from train.batches import MicroBatch
from train.decoder import Weights, summed_loss


class GradientWorkers:
    """Threads that share `weights` (their storage is read, never copied) and each keep gradients of their own, of the `trained` ones."""

    def __init__(self, config: Config, weights: Weights, count: int, trained: frozenset[str], dropout: float = 0.0) -> None:
        self._config = config
        self._dropout = dropout
        self._replicas = [
            {name: value.detach().requires_grad_(name in trained) for name, value in weights.items()} for _ in range(count)
        ]
        self._tasks: queue.SimpleQueue[MicroBatch | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[float | Exception] = queue.SimpleQueue()
        for replica in self._replicas:
            threading.Thread(target=self._work, args=(replica,), daemon=True).start()

    def _work(self, replica: Weights) -> None:
        torch.set_num_threads(1)
        while (batch := self._tasks.get()) is not None:
            try:
                loss = summed_loss(self._config, replica, batch.ids, batch.at, batch.targets, self._dropout)
                loss.backward()
                self._results.put(loss.item())
            except Exception as error:  # handed to the caller, who raises it
                self._results.put(error)

    def run(self, batches: list[MicroBatch]) -> float:
        """Adds the gradients of all batches; returns the summed loss in nats. Call `collect` before the next step."""
        for batch in batches:
            self._tasks.put(batch)
        total = 0.0
        for _ in batches:
            result = self._results.get()
            if isinstance(result, Exception):
                raise result
            total += result
        return total

    def collect(self, masters: Weights, scale: float) -> None:
        """Sets the `.grad` (float32) of each of these masters to `scale` times the sum over the workers, and clears theirs."""
        for name, master in masters.items():
            grads = [replica[name].grad for replica in self._replicas if replica[name].grad is not None]
            if master.grad is None:
                master.grad = torch.empty_like(master)
            master.grad.copy_(grads[0])
            for grad in grads[1:]:
                master.grad.add_(grad)
            master.grad.mul_(scale)
            for replica in self._replicas:
                replica[name].grad = None
