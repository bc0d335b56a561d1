"""The scores of answers against known values."""

import json
from pathlib import Path

import pytest

from eval.metrics import char_bleu, first_utility, normalised, score


@pytest.mark.parametrize(
    ("command", "utility"),
    [
        ("find . -name x", "find"),
        ("LC_ALL=C sort file", "sort"),
        ("IFS='a b' read x", "read"),
        ("(cd /tmp && ls)", "cd"),
        ("! grep -q x file", "grep"),
        ("{ ls; }", "ls"),
        ("ls; pwd", "ls"),
        ("a=$(date)", ""),
        ("", ""),
    ],
)
def test_the_first_utility_is_the_first_command_word(command: str, utility: str):
    assert first_utility(command) == utility


def test_normalising_makes_quotes_and_blanks_alike_but_keeps_words():
    assert normalised("find  . -name '*.txt' ") == normalised('find . -name "*.txt"')
    assert normalised("find . -name *.txt") != normalised("find . -type f")


def test_bleu_of_equal_text_is_100_and_of_foreign_text_0():
    assert char_bleu(["find . -name x"], [["find . -name x"]]) == pytest.approx(100)
    assert char_bleu(["abcdefgh"], [["12345678"]]) == 0


def test_bleu_by_hand():
    # "abcde" against "abcdf": 4/5, 3/4, 2/3 and 1/2 of the n-grams match; no brevity penalty.
    expected = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert char_bleu(["abcde"], [["abcdf"]]) == pytest.approx(expected)


def test_bleu_punishes_short_answers():
    whole, half = "find . -type f", "find . "
    assert char_bleu([half], [[whole]]) == pytest.approx(100 * 2.718281828 ** (1 - len(whole) / len(half)))


def test_scores_count_each_answer_once():
    scores = score(["a", "b", "b"], ["ls -l", "cat 'x'", "if"], ["ls -l", 'cat  "x"', "pwd"])
    assert (scores.rows, scores.exact, scores.normalised_exact) == (3, 1 / 3, 2 / 3)
    assert (scores.first_utility, scores.passes_bash_n) == (2 / 3, 2 / 3)
    assert scores.char_bleu_all_references >= scores.char_bleu


def test_the_figures_are_those_that_typescript_gives_too():
    cases = json.loads((Path(__file__).parents[2] / "tests" / "fixtures" / "command-scores.json").read_text(encoding="utf-8"))
    assert [[command, first_utility(command)] for command, _ in cases["firstUtility"]] == cases["firstUtility"]
    rows = cases["rows"]
    scores = score(*([row[key] for row in rows] for key in ("request", "answer", "reference")))
    wanted = cases["scores"]
    assert scores.as_dict() == pytest.approx(
        {
            "rows": wanted["rows"],
            "exact": wanted["exact"],
            "normalised_exact": wanted["normalisedExact"],
            "first_utility": wanted["firstUtility"],
            "char_bleu": wanted["charBleu"],
            "char_bleu_all_references": wanted["charBleuAllReferences"],
            "passes_bash_n": wanted["passesBashN"],
        }
    )
