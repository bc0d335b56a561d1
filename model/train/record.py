"""Writes what made a model: `python -m train.record STAGE [--into FOLDER]` puts training.json and loss.svg into the stage's model folder, or another's.

training.json has each stage's settings, what it ran, its loss on nl2bash-dev, the hashes of the data, and what a mean is of (train.mean's mean.json). A stage that ran on another machine has no
log here: what the shipped model's training.json says of it is taken, and the plot begins after it.
"""

import argparse
import json
import platform
from dataclasses import fields
from pathlib import Path

import matplotlib
import torch

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402 - the backend must be chosen first

from data.rows import data_dir
from data.templates.generate import DEFAULT_SCRIPTS, DEFAULT_SEED
from shellwright_model.fetch import GGUF_SHA256, PACKAGE, VERSION, cache_dir, sha256_of
from train.stages import STAGES, Stage
from train.start import VOCABULARY_SIZE

SHIPPED = Path(__file__).parents[2] / "public" / "models" / "shellwright-bash-116m"
DATA_FILES = ("nl2bash-train.jsonl.xz", "nl2bash-dev.jsonl.xz", "tldr-pages.jsonl.xz")


def stages_up_to(name: str) -> list[Stage]:
    """The stage and those that it builds on, first one first."""
    chain = [STAGES[name]]
    while (earlier := chain[0].starts_from) is not None:
        chain.insert(0, STAGES[earlier])
    return chain


def kept_steps(log: Path) -> list[dict]:
    """The log's entries by step; after a resume, the later run's. The loss on the dev set at the end belongs to the last step."""
    by_step = {}
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if "step" in entry:
            by_step[entry["step"]] = entry
        elif "dev_loss" in entry:
            by_step[max(by_step)]["dev_loss"] = entry["dev_loss"]
    return [by_step[step] for step in sorted(by_step)]


def summary(stage: Stage, steps: list[dict]) -> dict:
    """One stage's settings and what came of them."""
    settings = {field.name: getattr(stage, field.name) for field in fields(stage) if field.name != "examples"}
    return {
        **settings,
        "steps": len(steps),
        "tokens": sum(entry["tokens"] for entry in steps),
        "minutes": round(sum(entry["seconds"] for entry in steps) / 60, 1),
        "last_train_loss": round(sum(entry["loss"] for entry in steps[-20:]) / len(steps[-20:]), 4),
        "dev_loss": {entry["step"]: round(entry["dev_loss"], 4) for entry in steps if "dev_loss" in entry},
    }


def shipped_summary(name: str) -> dict:
    """What the shipped model's training.json has of a stage."""
    stages = json.loads((SHIPPED / "training.json").read_text())["stages"]
    return next(stage for stage in stages if stage["name"] == name)


def plot(curves: dict[str, list[dict]], before: int, target: Path) -> None:
    """Training loss of each stage, smoothed over 10 steps, and the dev loss, over all tokens so far; `before` of them came before the curves."""
    figure, axes = pyplot.subplots(figsize=(7, 3.5), layout="constrained")
    for name, steps in curves.items():
        tokens, smooth, dev = [], None, []
        for entry in steps:
            before += entry["tokens"]
            smooth = entry["loss"] if smooth is None else 0.9 * smooth + 0.1 * entry["loss"]
            tokens.append((before / 1e6, smooth))
            if "dev_loss" in entry:
                dev.append((before / 1e6, entry["dev_loss"]))
        axes.plot(*zip(*tokens), label=f"stage {name}, training")
        if dev:
            axes.plot(*zip(*dev), "o", label=f"stage {name}, nl2bash-dev")
    axes.set(xlabel="million tokens", ylabel="nats per answer token", ylim=(0, 3))
    axes.legend()
    figure.savefig(target, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--into", help="the folder of `train/` that has the model, such as mean; default: the stage's")
    arguments = parser.parse_args()
    chain = stages_up_to(arguments.stage)
    root = cache_dir() / "train"
    logs = {stage.name: root / stage.name / "log.jsonl" for stage in chain}
    curves = {name: kept_steps(log) for name, log in logs.items() if log.exists()}
    stages = [summary(stage, curves[stage.name]) if stage.name in curves else shipped_summary(stage.name) for stage in chain]
    before = sum(stage["tokens"] for stage in stages if stage["name"] not in curves)
    folder = root / (arguments.into or arguments.stage) / "model"
    mean = folder / "mean.json"
    record = {
        "base": {"package": PACKAGE, "version": VERSION, "gguf_sha256": GGUF_SHA256},
        "vocabulary_size": VOCABULARY_SIZE,
        "generated": {"scripts": DEFAULT_SCRIPTS, "seed": DEFAULT_SEED},
        "data_sha256": {name: sha256_of(data_dir() / name) for name in DATA_FILES},
        "torch": torch.__version__,
        "machine": platform.machine(),
        "stages": stages,
        **({"mean": json.loads(mean.read_text())} if mean.exists() else {}),
    }
    (folder / "training.json").write_text(json.dumps(record, indent=2) + "\n")
    plot(curves, before, folder / "loss.svg")
    print(f"{folder}: training.json, loss.svg")


if __name__ == "__main__":
    main()
