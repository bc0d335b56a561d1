"""Puts the mean of two models into `train/mean/model`: `python -m train.mean FIRST SECOND`, model folders of one vocabulary.

Of a model and what further training made of it, the mean is often better than both (Wortsman et al. 2022, "Model soups").
"""

import argparse
from pathlib import Path

from shellwright_model.fetch import cache_dir
from train.checkpoint import save_model
from train.decoder import Weights
from train.start import load_model


def mean(first: Weights, second: Weights) -> Weights:
    """Parameter by parameter, half of each."""
    return {name: (weight + second[name]) / 2 for name, weight in first.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    arguments = parser.parse_args()
    config, first, tokenizer_json = load_model(arguments.first)
    other_config, second, other_tokenizer_json = load_model(arguments.second)
    if (config, tokenizer_json) != (other_config, other_tokenizer_json):
        parser.error("the two models differ in shape or vocabulary")
    save_model(cache_dir() / "train" / "mean" / "model", config, mean(first, second), tokenizer_json)


if __name__ == "__main__":
    main()
