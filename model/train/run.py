"""Runs one stage of training: `python -m train.run STAGE [--minutes N] [--start FOLDER] [--whole-vocabulary]`.

It resumes from the stage's newest checkpoint if there is one.

A SIGTERM makes it write a checkpoint after the current step and end; SIGSTOP and SIGCONT pause it for any time.
Everything goes to the cache folder `train/<stage>/`: checkpoints, log.jsonl (the loss curve) and, at the end, model/.
"""

import argparse
import json
import os
import signal
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer

from data.prompt_form import example
from data.rows import nl2bash_rows
from shellwright_model.base import Config
from shellwright_model.fetch import cache_dir
from train.batches import deal_steps, micro_batches
from train.checkpoint import load_checkpoint, save_checkpoint, save_model
from train.decoder import Weights, summed_loss
from train.gradient_workers import GradientWorkers
from train.schedule import Progress, learning_rate
from train.stages import STAGES, Stage
from train.start import starting_point

CHECKPOINT_EVERY_S = 600
DEV_ROWS = 128
# Small, so that no worker waits long for the last one of a step.
MICRO_BATCH_TOKENS = 256


@torch.inference_mode()
def dev_loss(config: Config, weights: Weights, tokenizer: Tokenizer) -> float:
    """Nats per answer token on the first rows of nl2bash-dev."""
    rows = nl2bash_rows("dev")[:DEV_ROWS]
    batches = micro_batches([example(tokenizer, row.request, row.answer) for row in rows], MICRO_BATCH_TOKENS)
    total = sum(summed_loss(config, weights, batch.ids, batch.at, batch.targets).item() for batch in batches)
    return total / sum(len(batch.targets) for batch in batches)


def working_precision() -> torch.dtype:
    """bf16 where the processor multiplies in it; elsewhere it is emulated, at less than a tenth of float32's speed."""
    return torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32


def trained(masters: Weights, frozen_layers: int) -> Weights:
    """Those that training changes."""
    if frozen_layers == 0:
        return masters
    frozen = ("model.embed_tokens.", *(f"model.layers.{layer}." for layer in range(frozen_layers)))
    return {name: value for name, value in masters.items() if not name.startswith(frozen)}


def optimiser_for(masters: Weights) -> torch.optim.Optimizer:
    """AdamW with decay on the layers' matrices only."""
    matrices = [value for name, value in masters.items() if value.ndim == 2 and "embed" not in name]
    others = [value for name, value in masters.items() if value.ndim == 1 or "embed" in name]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), fused=True)


class StopRequest:
    """Whether SIGTERM has come since this was made."""

    def __init__(self) -> None:
        self.came = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, *_: object) -> None:
        self.came = True


def train(stage: Stage, folder: Path, workers: int, limit_s: float | None, origin: tuple[Config, Weights, dict]) -> None:
    """Runs the stage to its end from `origin`, in `limit_s` at most. Safe to kill at any time: the next call resumes."""
    began, stop = time.monotonic(), StopRequest()
    config, masters, tokenizer_json = origin
    tokenizer = Tokenizer.from_str(json.dumps(tokenizer_json))
    steps = deal_steps(stage.examples(tokenizer, cache_dir() / "train" / "bash-n.json"), stage.tokens_per_step, stage.seed)
    changing = trained(masters, stage.frozen_layers)
    optimiser = optimiser_for(changing)
    first, done = 0, 0.0
    if saved := load_checkpoint(folder):
        first, done = saved["step"], saved["progress"]
        for name, value in saved["masters"].items():
            masters[name].copy_(value)
        optimiser.load_state_dict(saved["optimiser"])
        del saved
    precision = working_precision()
    working = {name: value.to(precision, copy=True) for name, value in masters.items()}
    pool = GradientWorkers(config, working, workers, frozenset(changing), stage.dropout)
    torch.set_num_threads(workers)
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / "log.jsonl").open("a", buffering=1)
    print(f"stage {stage.name}: step {first} of {len(steps)}", flush=True)
    progress = Progress(first, len(steps), done, limit_s)
    saved_at = time.monotonic()
    for step in range(first, len(steps)):
        started = time.monotonic()
        done = progress.at(step, started - began)
        if done == 1:
            break
        batches = micro_batches(steps[step], MICRO_BATCH_TOKENS)
        targets = sum(len(batch.targets) for batch in batches)
        loss = pool.run(batches) / targets
        pool.collect(changing, 1 / targets)
        norm = torch.nn.utils.clip_grad_norm_(changing.values(), 1.0).item()
        rate = learning_rate(stage.peak_learning_rate, stage.last_learning_rate, stage.warmup, done)
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        with torch.no_grad():
            for name, value in changing.items():
                working[name].copy_(value)
        tokens, seconds = sum(batch.tokens for batch in batches), time.monotonic() - started
        entry = {"step": step + 1, "loss": loss, "norm": norm, "lr": rate, "tokens": tokens, "seconds": seconds}
        if stop.came or time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
            entry["dev_loss"] = dev_loss(config, working, tokenizer)
            state = {"progress": done, "masters": masters, "optimiser": optimiser.state_dict()}
            save_checkpoint(folder, step + 1, state)
            saved_at = time.monotonic()
        log.write(json.dumps(entry) + "\n")
        if stop.came:
            print(f"stage {stage.name}: stopped after step {step + 1}", flush=True)
            return
    log.write(json.dumps({"finished": True, "dev_loss": dev_loss(config, working, tokenizer)}) + "\n")
    save_model(folder / "model", config, masters, tokenizer_json)
    print(f"stage {stage.name}: done", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, help="end the stage after this time, with less data if need be")
    parser.add_argument("--start", type=Path, help="a model folder, trained or shipped, instead of what the stage starts from")
    parser.add_argument("--whole-vocabulary", action="store_true", help="keep all words of the base, to compare (stages that start from it)")
    arguments = parser.parse_args()
    stage = STAGES[arguments.stage]
    if arguments.whole_vocabulary and (arguments.start or stage.starts_from):
        parser.error("--whole-vocabulary goes with a stage that starts from the base, and without --start")
    limit_s = arguments.minutes * 60 if arguments.minutes else None
    torch.manual_seed(stage.seed)
    origin = starting_point(stage, arguments.start, arguments.whole_vocabulary)
    name = f"{stage.name}-whole" if arguments.whole_vocabulary else stage.name
    train(stage, cache_dir() / "train" / name, arguments.workers, limit_s, origin)


if __name__ == "__main__":
    main()
