"""Ends a stage early: `python -m train.finish STAGE` writes its model folder from its newest checkpoint."""

import argparse
from pathlib import Path

from shellwright_model.fetch import cache_dir
from train.checkpoint import load_checkpoint, save_model
from train.stages import STAGES
from train.start import starting_point


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--start", type=Path, help="the folder that the stage was started with, if it was")
    arguments = parser.parse_args()
    stage = STAGES[arguments.stage]
    folder = cache_dir() / "train" / stage.name
    saved = load_checkpoint(folder)
    if saved is None:
        raise SystemExit(f"no checkpoint in {folder}")
    config, _, tokenizer_json = starting_point(stage, arguments.start)
    save_model(folder / "model", config, saved["masters"], tokenizer_json)
    print(f"{folder / 'model'}: from step {saved['step']}")


if __name__ == "__main__":
    main()
