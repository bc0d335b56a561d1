"""Puts the mean of models into `train/mean/model`: `python -m train.mean FOLDER FOLDER ...`, model folders of one vocabulary.

A folder that is named twice counts twice. Of a model and what further training made of it, the mean is often better than both (Wortsman et al. 2022,
"Model soups"). mean.json beside the weights says what it is of, for the model card.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from shellwright_model.fetch import cache_dir
from train.checkpoint import save_model
from train.decoder import Weights
from train.start import load_model


def mean(models: list[Weights]) -> Weights:
    """Parameter by parameter."""
    return {name: sum(model[name] for model in models) / len(models) for name in models[0]}


def shares(folders: list[Path]) -> dict[str, float]:
    """By the name of each stage, how much of it is in the mean; `train/<stage>/model` is what training writes."""
    names = [folder.resolve().parent.name if folder.name == "model" else folder.name for folder in folders]
    return {name: count / len(names) for name, count in Counter(names).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    folders = parser.parse_args().folders
    models = [load_model(folder) for folder in folders]
    config, _, tokenizer_json = models[0]
    if any((other, words) != (config, tokenizer_json) for other, _, words in models):
        parser.error("the models differ in shape or vocabulary")
    target = cache_dir() / "train" / "mean" / "model"
    save_model(target, config, mean([weights for _, weights, _ in models]), tokenizer_json)
    (target / "mean.json").write_text(json.dumps(shares(folders)) + "\n")


if __name__ == "__main__":
    main()
