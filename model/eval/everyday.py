"""Runs the everyday suite: `python -m eval.everyday MODEL [--out FILE]`. How many requests does the model's script fulfil?

Every script runs in the sandbox of sandbox.py, never outside it. MODEL is as in eval.nl2bash.
"""

import argparse
import json
from pathlib import Path

import torch

from eval.answer import load_answerer
from eval.sandbox import Case, run_case, sandbox_available

SUITE = Path(__file__).with_name("everyday.jsonl")
LONGEST_ANSWER_TOKENS = 300


def load_suite() -> list[Case]:
    """The cases of everyday.jsonl, in order. `solution` in a line is a correct script, for the suite's own test."""
    return [Case(**fields) for fields, _ in _lines()]


def load_solutions() -> dict[str, str]:
    """A correct script for each case, by its id."""
    return {fields["id"]: solution for fields, solution in _lines()}


def _lines() -> list[tuple[dict, str]]:
    parsed = [json.loads(line) for line in SUITE.read_text(encoding="utf-8").splitlines()]
    return [(fields, fields.pop("solution")) for fields in parsed]


def whole_script(case: Case, answer: str) -> str:
    """The script to run: for a script's beginning, the answer goes on from there."""
    if not case.request.startswith("#!"):
        return answer + "\n"
    return case.request + ("" if case.request.endswith("\n") else "\n") + answer + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--out", type=Path, help="write every script and its result to this JSON file")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if not sandbox_available():
        raise SystemExit("bubblewrap (bwrap) is needed: nothing of a model is run without it")
    torch.set_num_threads(arguments.threads)
    suite = load_suite()
    answers = load_answerer(arguments.model).answers([case.request for case in suite], LONGEST_ANSWER_TOKENS)
    results = [
        {"id": case.id, "request": case.request, "answer": answer, "done": run_case(case, whole_script(case, answer))}
        for case, answer in zip(suite, answers, strict=True)
    ]
    done = sum(result["done"] for result in results)
    print(json.dumps({"model": arguments.model, "done": done, "of": len(results)}))
    print("not done: " + " ".join(result["id"] for result in results if not result["done"]))
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
