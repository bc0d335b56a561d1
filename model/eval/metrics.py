"""The measures of one answer against its reference, and of all answers together."""

import math
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from data.rows import passes_bash_n

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


@dataclass(frozen=True)
class Scores:
    """Shares in [0, 1], `char_bleu` in [0, 100]; over `rows` answers."""

    rows: int
    exact: float
    normalised_exact: float
    first_utility: float
    char_bleu: float
    char_bleu_all_references: float
    passes_bash_n: float

    def as_dict(self) -> dict[str, float]:
        """The scores for printing or JSON."""
        return asdict(self)


def normalised(command: str) -> str:
    """The command with both kinds of quote made alike, runs of blanks made one space, and no blanks at its ends."""
    return " ".join(command.replace("'", '"').split())


def first_utility(command: str) -> str:
    """The first word that is a command: opening parentheses, braces, `!` and assignments before it are passed over."""
    words = iter(command.split())
    for word in words:
        word = word.lstrip("(")
        if word in ("", "{", "!"):
            continue
        if _ASSIGNMENT.match(word):
            # An assignment whose value is quoted with blanks ends where its quote does.
            while not _is_whole_word(word):
                word += " " + next(words, "'\"")
                if word.endswith("'\""):
                    break
            continue
        return word.rstrip(";")
    return ""


def _is_whole_word(word: str) -> bool:
    try:
        shlex.split(word)
    except ValueError:
        return False
    return True


def char_bleu(answers: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Corpus BLEU over characters, up to four in a row, uniform weights, no smoothing (Papineni et al. 2002), in [0, 100].

    The brevity penalty takes, for each answer, the reference nearest to it in length.
    """
    matched, total = [0] * 4, [0] * 4
    answer_length = reference_length = 0
    for answer, refs in zip(answers, references, strict=True):
        answer_length += len(answer)
        reference_length += min((abs(len(ref) - len(answer)), len(ref)) for ref in refs)[1]
        for size in range(1, 5):
            grams = _ngrams(answer, size)
            most: Counter[str] = Counter()
            for ref in refs:
                most |= _ngrams(ref, size)
            matched[size - 1] += (grams & most).total()
            total[size - 1] += grams.total()
    if 0 in matched:
        return 0.0
    precision = sum(math.log(m / t) for m, t in zip(matched, total, strict=True)) / 4
    return 100 * math.exp(precision + min(0.0, 1 - reference_length / answer_length))


def _ngrams(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))


def score(requests: Sequence[str], answers: Sequence[str], references: Sequence[str]) -> Scores:
    """Scores of answers, each with its one reference.

    `char_bleu_all_references` counts every reference that the set has for the same request; all else only the row's own.
    """
    by_request: dict[str, list[str]] = {}
    for request, reference in zip(requests, references, strict=True):
        by_request.setdefault(request, []).append(reference)
    pairs = list(zip(answers, references, strict=True))

    def share(hits: Sequence[bool]) -> float:
        return sum(hits) / len(hits)

    return Scores(
        rows=len(pairs),
        exact=share([answer == reference for answer, reference in pairs]),
        normalised_exact=share([normalised(answer) == normalised(reference) for answer, reference in pairs]),
        first_utility=share([first_utility(answer) == first_utility(reference) for answer, reference in pairs]),
        char_bleu=char_bleu(answers, [[reference] for reference in references]),
        char_bleu_all_references=char_bleu(answers, [by_request[request] for request in requests]),
        passes_bash_n=share([bool(answer.strip()) and passes_bash_n(answer) for answer in answers]),
    )
