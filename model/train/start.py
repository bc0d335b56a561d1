"""Where a stage starts: the base model with its vocabulary cut, or the model that an earlier stage ended with."""

import json
from dataclasses import replace
from pathlib import Path

from safetensors.numpy import load_file

from data.rows import Row, nl2bash_rows, tldr_rows
from data.vocabulary import passed_tokens, trim, trimmed_embedding
from shellwright_model.artefact import Artefact
from shellwright_model.base import Config, load_base
from shellwright_model.fetch import cache_dir
from train.decoder import Weights, fuse
from train.stages import Stage

VOCABULARY_SIZE = 16_384


def trimmed_base() -> tuple[Config, Weights, dict]:
    """Configuration, fused float32 weights and tokenizer.json of the base on its own trimmed vocabulary."""
    base = load_base()
    rows: list[Row] = [*nl2bash_rows("train"), *tldr_rows(everyday=True), *tldr_rows(everyday=False)]
    counts = passed_tokens(base.tokenizer_json, (text for row in rows for text in (row.request, row.answer)))
    vocabulary = trim(base.tokenizer_json, counts, VOCABULARY_SIZE, least_count=1)
    embedding = trimmed_embedding(base.weights["model.embed_tokens.weight"], vocabulary.base_ids)
    weights = {**base.weights, "model.embed_tokens.weight": embedding}
    config = replace(base.config, vocab_size=VOCABULARY_SIZE)
    return config, fuse(config, weights), vocabulary.tokenizer_json


def whole_base() -> tuple[Config, Weights, dict]:
    """The base as it is, with all its words."""
    base = load_base()
    return base.config, fuse(base.config, base.weights), base.tokenizer_json


def load_model(folder: Path) -> tuple[Config, Weights, dict]:
    """Configuration, fused float32 weights and tokenizer.json of a folder that `save_model` wrote, or of a shipped model (its rounded weights)."""
    tokenizer_json = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    if (folder / "manifest.json").exists():
        artefact = Artefact(folder)
        return artefact.config, fuse(artefact.config, artefact.weights()), tokenizer_json
    config = Config(**json.loads((folder / "config.json").read_text()))
    return config, fuse(config, load_file(folder / "weights.safetensors")), tokenizer_json


def starting_point(stage: Stage, start: Path | None = None, whole_vocabulary: bool = False) -> tuple[Config, Weights, dict]:
    """What the stage's first step works on; `start` is a model folder to take instead of what the stage names."""
    if start is not None:
        return load_model(start)
    if stage.starts_from is None:
        return whole_base() if whole_vocabulary else trimmed_base()
    return load_model(cache_dir() / "train" / stage.starts_from / "model")
