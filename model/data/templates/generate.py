"""Writes scripts from the templates: `python -m data.templates.generate [--scripts N] [--seed N] OUT.jsonl.xz`.

Deterministic: the same seed gives the same bytes. Every script passes `bash -n`. Multi-line scripts are counted
against N; one-line commands come on top, in proportion to their templates.
"""

import argparse
import json
import lzma
import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from data.rows import Row, valid_rows
from data.templates.fill import Filled, fill
from data.templates.parse import Template, Value, load_slots, load_templates
from shellwright_model.fetch import cache_dir

FOLDER = Path(__file__).parent
DEFAULT_SCRIPTS = 20_000
DEFAULT_SEED = 7
_FRUITLESS_DRAWS = 60


def distinct_fillings(
    template: Template, shared: dict[str, tuple[Value, ...]], rng: random.Random
) -> Iterator[Filled]:
    """Fillings of one template that differ in request or script, until new ones become rare."""
    seen: set[tuple[str, str]] = set()
    fruitless = 0
    while fruitless < _FRUITLESS_DRAWS:
        filled = fill(template, shared, rng)
        if (filled.request, filled.script) in seen:
            fruitless += 1
            continue
        fruitless = 0
        seen.add((filled.request, filled.script))
        yield filled


def generate(scripts: int, seed: int) -> list[Filled]:
    """At least `scripts` multi-line fillings, taken from the templates in turn, and one-line ones beside them.

    Raises ValueError when the templates cannot give that many.
    """
    shared = load_slots(FOLDER)
    sources = {
        template.name: distinct_fillings(template, shared, random.Random(f"{seed}/{template.name}"))
        for template in load_templates(FOLDER)
    }
    made: list[Filled] = []
    multi_line = 0
    while multi_line < scripts:
        if not sources:
            raise ValueError(f"the templates give only {multi_line} multi-line scripts")
        for name in list(sources):
            filled = next(sources[name], None)
            if filled is None:
                del sources[name]
                continue
            made.append(filled)
            multi_line += "\n" in filled.script
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=int, default=DEFAULT_SCRIPTS, help="at least this many multi-line scripts")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    made = generate(arguments.scripts, arguments.seed)
    rows = [Row("templates", filled.request, filled.script) for filled in made]
    broken = len(rows) - len(valid_rows(rows, cache_dir() / "train" / "bash-n.json"))
    if broken:
        raise SystemExit(f"{broken} scripts do not pass bash -n")
    with lzma.open(arguments.out, "wt", encoding="utf-8") as file:
        for filled in made:
            file.write(json.dumps(asdict(filled), ensure_ascii=False) + "\n")
    multi_line = sum("\n" in filled.script for filled in made)
    print(f"{len(made)} rows, {multi_line} of them multi-line, from {len({filled.template for filled in made})} templates")


if __name__ == "__main__":
    main()
