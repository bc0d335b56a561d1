"""The stages of the run: what each one reads and its optimiser settings. Each ends with a model that can be shipped."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from data.exchange import Exchange
from data.prompt_form import Example, example
from data.rows import Row, nl2bash_rows, tldr_rows, valid_rows
from data.templates.fill import Filled
from data.templates.generate import DEFAULT_SCRIPTS, DEFAULT_SEED, generate

LONGEST_EXAMPLE = 400
# What stages take of the generated scripts: seed, how many of several lines, how many of one line.
SCRIPT_SAMPLES = {"two": (23, 900, 3000), "four": (44, 1500, 4000), "five": (54, 500, 1000), "six": (64, 6000, 3000)}
_CONTINUATION_SHARE = 0.06
_SCRIPT_CONTINUATION_SHARE = 0.25
# In stage two: longer ones cost more than they teach when time is short.
_LONG_ANSWER = 240  # characters
_LONG_SCRIPT = 150  # tokens of the whole example


@dataclass(frozen=True)
class Stage:
    """`warmup` is the share of the stage in which the learning rate rises. The embedding and the lowest `frozen_layers` layers keep
    their weights, if that is not 0. `dropout` is decoder.hidden_states' own. `examples(tokenizer, cache)` gives the whole stage's
    examples, every repetition included."""

    name: str
    starts_from: str | None
    peak_learning_rate: float
    last_learning_rate: float
    warmup: float
    tokens_per_step: int
    frozen_layers: int
    seed: int
    examples: Callable[[Tokenizer, Path], list[Example]]
    dropout: float = 0.0


def row_example(tokenizer: Tokenizer, row: Row, rng: random.Random) -> Example:
    """One example of a row: as a request, or now and then as a script's beginning with the request as its comment.

    A tldr request seldom names its tool, so mostly the tool is added to it.
    """
    request = row.request
    if row.tool and row.tool.split()[0].lower() not in request.lower():
        request = rng.choice(
            [request, f"{request} with {row.tool}", f"{request} using {row.tool}", f"{row.tool}: {request}"]
        )
    if rng.random() < _CONTINUATION_SHARE:
        return example(tokenizer, "", row.answer, beginning=f"#!/bin/bash\n# {request}\n")
    return example(tokenizer, request, row.answer)


def script_example(tokenizer: Tokenizer, filled: Filled, rng: random.Random) -> Example:
    """One example of a generated script: mostly from its request, at times as a script's beginning to continue.

    A beginning is the shebang and a comment that says what is wanted, sometimes with a few lines of the script.
    """
    if rng.random() >= _SCRIPT_CONTINUATION_SHARE:
        return example(tokenizer, filled.request, filled.script)
    lines = filled.script.split("\n")
    if lines[0].startswith("#!"):
        lines = lines[1:]
    shebang = rng.choice(["#!/bin/bash", "#!/bin/bash", "#!/usr/bin/env bash"])
    given = rng.choice([0, 0, 0, len(lines) // 3])
    beginning = "\n".join([shebang, f"# {filled.phrase}", *lines[:given], ""])
    return example(tokenizer, "", "\n".join(lines[given:]), beginning)


def _examples(tokenizer: Tokenizer, rows: list[Row], seed: int) -> list[Example]:
    rng = random.Random(seed)
    made = (row_example(tokenizer, row, rng) for row in rows)
    return [item for item in made if len(item.ids) <= LONGEST_EXAMPLE]


def _stage_one(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    nl2bash = valid_rows(nl2bash_rows("train"), cache)
    everyday = valid_rows(tldr_rows(everyday=True), cache)
    others = valid_rows(tldr_rows(everyday=False), cache)
    sample = random.Random(11).sample(others, 4000)
    return _examples(tokenizer, [*nl2bash, *nl2bash, *everyday, *sample], seed=12)


def sampled_scripts(rng: random.Random, long: int, short: int) -> list[Filled]:
    """So many scripts of several lines and of one line, out of all that the templates give."""
    made = generate(DEFAULT_SCRIPTS, DEFAULT_SEED)
    several_lines = [filled for filled in made if "\n" in filled.script]
    one_line = [filled for filled in made if "\n" not in filled.script]
    return [*rng.sample(several_lines, long), *rng.sample(one_line, short)]


def _short_nl2bash(cache: Path) -> list[Row]:
    return [row for row in valid_rows(nl2bash_rows("train"), cache) if len(row.answer) <= _LONG_ANSWER]


def _scripts(tokenizer: Tokenizer, stage: str, longest: int, take: int | None = None) -> list[Example]:
    """The stage's sample of scripts, those of at most `longest` tokens; of them `take`, if that is given."""
    seed, long, short = SCRIPT_SAMPLES[stage]
    rng = random.Random(seed)
    made = [script_example(tokenizer, filled, rng) for filled in sampled_scripts(rng, long, short)]
    kept = [item for item in made if len(item.ids) <= longest]
    return kept if take is None else rng.sample(kept, take)


def _stage_two(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    nl2bash = _short_nl2bash(cache)
    everyday = valid_rows(tldr_rows(everyday=True), cache)
    scripts = _scripts(tokenizer, "two", _LONG_SCRIPT)
    return _examples(tokenizer, [*nl2bash, *nl2bash, *nl2bash, *everyday], seed=22) + scripts


def _stage_three(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    nl2bash = _short_nl2bash(cache)
    everyday = random.Random(31).sample(valid_rows(tldr_rows(everyday=True), cache), 1200)
    scripts = _scripts(tokenizer, "two", _LONG_SCRIPT, take=1500)
    return _examples(tokenizer, [*nl2bash, *nl2bash, *everyday], seed=32) + scripts


def _exchanged(cache: Path, times: int, seed: int) -> list[Row]:
    """NL2Bash train `times` times, each time with other names and numbers."""
    rows, rng = _short_nl2bash(cache), random.Random(seed)
    exchange = Exchange(rows)
    return valid_rows([exchange(row, rng) for _ in range(times) for row in rows], cache)


def _probe(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    return _examples(tokenizer, random.Random(61).sample(_short_nl2bash(cache), 4000), seed=62)


def _stage_four(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    everyday = valid_rows(tldr_rows(everyday=True), cache)
    others = random.Random(41).sample(valid_rows(tldr_rows(everyday=False), cache), 10_000)
    rows = [*_exchanged(cache, 1, seed=42), *everyday, *others]
    return _examples(tokenizer, rows, seed=43) + _scripts(tokenizer, "four", LONGEST_EXAMPLE)


def _stage_five(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    everyday = random.Random(51).sample(valid_rows(tldr_rows(everyday=True), cache), 1200)
    rows = [*_exchanged(cache, 3, seed=52), *everyday]
    return _examples(tokenizer, rows, seed=53) + _scripts(tokenizer, "five", LONGEST_EXAMPLE)


def _stage_six(tokenizer: Tokenizer, cache: Path) -> list[Example]:
    everyday = random.Random(61).sample(valid_rows(tldr_rows(everyday=True), cache), 1200)
    rows = [*_exchanged(cache, 2, seed=62), *everyday]
    return _examples(tokenizer, rows, seed=63) + _scripts(tokenizer, "six", LONGEST_EXAMPLE)


STAGES = {
    stage.name: stage
    for stage in [
        Stage(
            name="one",
            starts_from=None,
            peak_learning_rate=6e-4,
            last_learning_rate=6e-5,
            warmup=0.06,
            tokens_per_step=3072,
            frozen_layers=0,
            seed=1,
            examples=_stage_one,
        ),
        Stage(
            name="two",
            starts_from="one",
            peak_learning_rate=4.5e-4,
            last_learning_rate=5e-6,
            warmup=0.02,
            tokens_per_step=1536,
            frozen_layers=10,
            seed=2,
            examples=_stage_two,
        ),
        Stage(
            name="three",
            starts_from="two",
            peak_learning_rate=3e-4,
            last_learning_rate=3e-6,
            warmup=0.02,
            tokens_per_step=1536,
            frozen_layers=10,
            seed=3,
            examples=_stage_three,
        ),
        Stage(
            name="four",
            starts_from="two",
            peak_learning_rate=4e-4,
            last_learning_rate=4e-5,
            warmup=0.05,
            tokens_per_step=1536,
            frozen_layers=0,
            seed=4,
            examples=_stage_four,
        ),
        Stage(
            name="five",
            starts_from="four",
            peak_learning_rate=3e-4,
            last_learning_rate=3e-6,
            warmup=0.02,
            tokens_per_step=1536,
            frozen_layers=10,
            seed=5,
            examples=_stage_five,
            dropout=0.1,
        ),
        Stage(
            name="six",
            starts_from="five",
            peak_learning_rate=3e-4,
            last_learning_rate=3e-6,
            warmup=0.02,
            tokens_per_step=1536,
            frozen_layers=10,
            seed=7,
            examples=_stage_six,
            dropout=0.1,
        ),
        # Not for a model to ship: short, so that two settings can be compared.
        Stage(
            name="probe",
            starts_from=None,
            peak_learning_rate=6e-4,
            last_learning_rate=6e-6,
            warmup=0.06,
            tokens_per_step=1536,
            frozen_layers=0,
            seed=6,
            examples=_probe,
        ),
    ]
}
