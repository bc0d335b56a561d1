"""The rows of ../shared/data that quantisation looks at: prompts for calibration, dev rows for perplexity."""

import json
import lzma
import os
from pathlib import Path

DATA = Path(os.environ.get("SHELLWRIGHT_DATA", Path(__file__).parents[3] / "shared" / "data"))


def read_rows(name: str) -> list[dict]:
    """The rows of `<name>.jsonl.xz`, each with at least `prompt` (English) and `bash`."""
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def spread(rows: list[dict], count: int) -> list[dict]:
    """`count` rows at even distances; the files are sorted, so the first ones would be much alike."""
    return [rows[index * len(rows) // count] for index in range(count)]
