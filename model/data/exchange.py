"""Other names and numbers in a request and its answer alike, so that a row teaches to copy them instead of knowing them by heart.

Only what stands in both, spelled alike, is exchanged: file patterns, paths, file names, quoted words, extensions and numbers from 3 on
that the answer has once. What it becomes is of its own kind, drawn from all rows, so it looks like what people ask for.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from data.rows import Row

_EXTENSIONS = frozenset("txt log c h py java js html php css jpg png mp3 pdf xml csv json md conf bak tmp cpp rb pl xls doc avi sql".split())
# A path, a pattern or a file name: something with a slash, a dot or a star inside. Not an option, a variable or a web address.
_NAME = re.compile(r"(?<![\w$~*./:{-])[~/*]?[A-Za-z0-9_*][\w*/-]*(?:[./*][\w*-]+)+(?![\w*/(:{-])")
_PATH = re.compile(r"(?<![\w$~*./:{-])/[\w.-]+(?:/[\w.-]+)*(?![\w*/(:{])")
_HOST = re.compile(r"www\.|[\d.]+$|.*\.(?:com|org|net)$")
_QUOTED = re.compile(r"""(?<![\w=])(["'])([A-Za-z][\w-]{2,15})\1""")
_NUMBER = re.compile(r"(?<![\w$.,/:\\-])(?:[3-9]|[1-9]\d{1,3})(?![\w.,/:]*\w)")


def _kind(value: str) -> str:
    if value.isdigit():
        return f"mode {len(value)}" if re.fullmatch(r"[0-7]{3}", value) else f"number {len(value)}"
    if value.startswith(("/", "~")):
        return f"path {value.count('/')}{'*' if '*' in value else ''}"
    if "*" in value:
        return f"pattern {value.count('*')}{'/' if '/' in value else ''}"
    if "." in value:
        return "host" if _HOST.match(value) else f"file {value.count('/')}"
    if "/" in value:
        return "words"
    # Only a word without a dash can be a variable's name.
    return "dashed word" if "-" in value else "word"


def _whole(value: str) -> str:
    """A pattern that finds `value` where no longer name has it as a part; a longer path may begin with it."""
    if value.isdigit():
        return rf"(?<![\w$.,/:\\]){value}(?![\w.,/:]*\w)"
    return rf"(?<![\w$*./~]){re.escape(value)}(?![\w*.]*[\w*])"


def _in_answer(value: str) -> str:
    """As `_whole`, but a number may stand in an option or beside letters there, such as `-n5` and `+100M`."""
    return rf"(?<!\d){value}(?!\d)" if value.isdigit() else _whole(value)


def _shared(row: Row) -> list[str]:
    """What of the row can be exchanged, longest first."""
    found = {match.group() for pattern in (_NAME, _PATH) for match in pattern.finditer(row.request)}
    found |= {match.group(2) for match in _QUOTED.finditer(row.request)}
    numbers = {match.group() for match in _NUMBER.finditer(row.request)}
    shared = [value for value in found if re.search(_whole(value), row.answer) and not value.endswith((".", "/"))]
    shared += [value for value in numbers if len(re.findall(_in_answer(value), row.answer)) == 1]
    return sorted(shared, key=lambda value: (-len(value), value))


class Exchange:
    """Draws the new names from those of `rows`."""

    def __init__(self, rows: Iterable[Row]) -> None:
        pools: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            for value in _shared(row):
                pools[_kind(value)].add(value)
        self._pools = {kind: sorted(values) for kind, values in pools.items()}

    def __call__(self, row: Row, rng: random.Random) -> Row:
        """The row with each of its shared names and numbers exchanged at even odds; the row itself if there is none."""
        request, answer = row.request, row.answer
        for value in _shared(row):
            if rng.random() < 0.5:
                continue
            new = rng.choice(self._pools.get(_kind(value), [value]))
            request = re.sub(_whole(value), lambda _, new=new: new, request)
            answer = re.sub(_in_answer(value), lambda _, new=new: new, answer)
        row = replace(row, request=request, answer=answer)
        return _other_extension(row, rng) if rng.random() < 0.5 else row


def _other_extension(row: Row, rng: random.Random) -> Row:
    """`*.txt` in the answer and "txt" or ".txt" in the request become another extension, if there is just one."""
    used = set(re.findall(r"\*\.(\w+)\b", row.answer))
    if len(used) != 1 or not used <= _EXTENSIONS:
        return row
    (old,) = used
    word = rf"(?<![\w$]){old}(?![\w])"
    # As a word of its own elsewhere in the answer it may be a command or a directory.
    if not re.search(word, row.request) or len(re.findall(word, row.answer)) != row.answer.count(f"*.{old}"):
        return row
    new = rng.choice(sorted(_EXTENSIONS - {old}))
    return replace(row, request=re.sub(word, new, row.request), answer=row.answer.replace(f"*.{old}", f"*.{new}"))
