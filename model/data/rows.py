"""Reads the rows of the shared data sets as clean (request, answer) pairs that `bash -n` accepts."""

import hashlib
import json
import lzma
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from data.everyday_tools import EVERYDAY_TOOLS

_TYPOGRAPHY = str.maketrans(
    {
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2033": '"',
        "\u2018": "'",
        "\u2019": "'",
        "\u2032": "'",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u00ad": None,
        "\u200b": None,
        "\ufeff": None,
    }
)


@dataclass(frozen=True)
class Row:
    """A request in English and bash that does it. `tool` is the page a tldr row is from, else empty."""

    source: str
    request: str
    answer: str
    tool: str = ""


def data_dir() -> Path:
    """Where the shared data sets are: `$SHELLWRIGHT_DATA`, else `shared/data` beside the repository."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("SHELLWRIGHT_DATA") or default)


def normalise_request(text: str) -> str:
    """The request as the model sees it: straight quotes and dashes, no invisible characters, single spaces."""
    return re.sub(r"\s+", " ", text.translate(_TYPOGRAPHY)).strip()


def clean_answer(text: str) -> str:
    """An answer with typographic quotes and dashes made plain and without blanks at its ends."""
    return text.translate(_TYPOGRAPHY).replace("\r", "").strip()


def raw_rows(path: Path) -> Iterator[dict]:
    """The JSON objects of one xz-compressed file, in order."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def passes_bash_n(script: str) -> bool:
    """Whether `bash -n` exits 0 on this text. Nothing of it is run."""
    command = ["bash", "-n"]
    return subprocess.run(command, input=script.encode(), capture_output=True, timeout=10).returncode == 0


def valid_rows(rows: Iterable[Row], cache: Path) -> list[Row]:
    """The rows whose answer `bash -n` accepts, in order.

    `cache` is a JSON file of earlier verdicts by the answer's sha256; it is updated.
    """
    rows = list(rows)
    known: dict[str, bool] = json.loads(cache.read_text()) if cache.exists() else {}
    digests = [hashlib.sha256(row.answer.encode()).hexdigest() for row in rows]
    missing = {digest: row.answer for digest, row in zip(digests, rows, strict=True) if digest not in known}
    if missing:
        with ThreadPoolExecutor(max_workers=2) as pool:
            known.update(zip(missing, pool.map(passes_bash_n, missing.values()), strict=True))
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps(known))
    return [row for digest, row in zip(digests, rows, strict=True) if known[digest]]


def _is_mostly_ascii(text: str) -> bool:
    return sum(ord(char) > 126 for char in text) <= len(text) // 10


def nl2bash_rows(split: str) -> list[Row]:
    """NL2Bash's `train` or `dev` rows; of `train`, neither broken rows nor pairs that are also in `dev`."""
    rows = [
        Row("nl2bash", normalise_request(raw["prompt"]), clean_answer(raw["bash"]))
        for raw in raw_rows(data_dir() / f"nl2bash-{split}.jsonl.xz")
    ]
    if split != "train":
        return rows
    held_out = {(row.request.lower(), row.answer) for row in nl2bash_rows("dev")}
    return [
        row
        for row in rows
        if (row.request.lower(), row.answer) not in held_out
        and _is_mostly_ascii(row.request + row.answer)
        and len(row.request) <= 400
        and len(row.answer) <= 320
    ]


def tldr_rows(*, everyday: bool) -> list[Row]:
    """Rows of tldr pages, of tools on the everyday list or of all the others.

    Pages give each command in short and in long option spelling; only the first is kept, since two
    answers to one request would teach the model to waver. Pointers to other pages are left out.
    """
    rows, seen = [], set()
    for raw in raw_rows(data_dir() / "tldr-pages.jsonl.xz"):
        tool, answer = raw["tool"], clean_answer(raw["bash"])
        request = normalise_request(raw["prompt"]).rstrip(".:")
        if (tool.split()[0] in EVERYDAY_TOOLS) != everyday or answer.startswith("tldr "):
            continue
        if (tool, request) in seen or not _is_mostly_ascii(request + answer):
            continue
        seen.add((tool, request))
        rows.append(Row("tldr", request, answer, tool))
    return rows
