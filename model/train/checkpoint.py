"""Checkpoints of a run: everything that resuming needs, written so that a kill at any moment leaves a whole one."""

import json
from pathlib import Path

import torch
from safetensors.numpy import save_file

from shellwright_model.base import Config
from train.decoder import Weights, unfuse


def save_checkpoint(folder: Path, step: int, state: dict) -> None:
    """Writes `checkpoint-<step>.pt` and then removes all but the two newest."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"checkpoint-{step:06d}.pt"
    part = target.with_suffix(".part")
    torch.save({"step": step, **state}, part)
    part.replace(target)
    for old in sorted(folder.glob("checkpoint-*.pt"))[:-2]:
        old.unlink()


def load_checkpoint(folder: Path) -> dict | None:
    """The newest checkpoint of a stage, or None."""
    files = sorted(folder.glob("checkpoint-*.pt"))
    return torch.load(files[-1], weights_only=True) if files else None


def save_model(folder: Path, config: Config, masters: Weights, tokenizer_json: dict) -> None:
    """Writes weights.safetensors (float32, Hugging Face Llama names), config.json and tokenizer.json: what export reads."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = unfuse(config, {name: value.detach() for name, value in masters.items()})
    part = folder / "weights.part"
    save_file({name: value.copy() for name, value in weights.items()}, part)
    part.replace(folder / "weights.safetensors")
    (folder / "config.json").write_text(json.dumps(vars(config), indent=2) + "\n")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json, ensure_ascii=False) + "\n", encoding="utf-8")
