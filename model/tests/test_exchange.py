"""Names and numbers are exchanged in request and answer alike, or not at all."""

import random

import pytest

from data.exchange import Exchange
from data.rows import Row

OTHERS = [
    Row("nl2bash", 'Copy "alpha" to /srv/data', "cp alpha /srv/data"),
    Row("nl2bash", 'Show the variable "total_count"', "echo $total_count"),
    Row("nl2bash", "Find *.bak files below /opt/app", 'find /opt/app -name "*.bak"'),
    Row("nl2bash", "Print the first 42 lines of report.csv", "head -n 42 report.csv"),
]


def every_form(request: str, answer: str) -> set[tuple[str, str]]:
    row = Row("nl2bash", request, answer)
    exchange, rng = Exchange([*OTHERS, row]), random.Random(3)
    return {(made.request, made.answer) for made in (exchange(row, rng) for _ in range(200))}


def test_a_number_stays_the_same_in_both() -> None:
    forms = every_form("Find files changed in the last 15 days", "find . -type f -mtime -15")
    assert ("Find files changed in the last 42 days", "find . -type f -mtime -42") in forms
    for request, answer in forms:
        number = request.split()[-2]
        assert answer == f"find . -type f -mtime -{number}"


def test_paths_patterns_and_quoted_words_are_exchanged_for_their_own_kind() -> None:
    forms = every_form('Search "beta" in *.log below /var/log', 'grep -r "beta" --include=*.log /var/log')
    assert any("/opt/app" in request and "/opt/app" in answer for request, answer in forms)
    assert any('"alpha"' in request and '"alpha"' in answer for request, answer in forms)
    for request, answer in forms:
        _, word, _, pattern, _, path = request.split()
        assert answer == f"grep -r {word} --include={pattern} {path}"


def test_an_extension_named_as_a_word_changes_with_the_pattern() -> None:
    forms = every_form("Count all php files", 'find . -name "*.php" | wc -l')
    assert len(forms) > 5
    for request, answer in forms:
        assert answer == f'find . -name "*.{request.split()[2]}" | wc -l'


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        ("Print the 3rd column", "awk '{print $3}'"),
        ("Find files larger than 5 MB", "find . -size +5120k"),
        ("Print 7 numbers from 7 on", "seq 7 20 | head -n 7"),
        ("List all php packages", "dpkg -l php"),
        ("Show the disk usage", "df -h"),
    ],
)
def test_what_is_not_surely_the_same_in_both_stays(request_text: str, answer: str) -> None:
    assert every_form(request_text, answer) == {(request_text, answer)}


def test_the_same_seed_makes_the_same_rows() -> None:
    exchange = Exchange(OTHERS)
    first, second = ([exchange(row, rng) for row in OTHERS] for rng in (random.Random(5), random.Random(5)))
    assert first == second
