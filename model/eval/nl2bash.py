"""Scores a model on nl2bash-dev: `python -m eval.nl2bash MODEL [--rows N] [--out FILE]`.

MODEL is `base`, a model folder or a stage's folder. Answers are greedy and only parsed, never run.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from data.rows import nl2bash_rows
from eval.answer import load_answerer
from eval.metrics import score

LONGEST_ANSWER_TOKENS = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--rows", type=int, help="only this many rows, spread evenly over the set")
    parser.add_argument("--out", type=Path, help="write every answer and the scores to this JSON file")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = nl2bash_rows("dev")
    if arguments.rows:
        rows = rows[:: max(1, len(rows) // arguments.rows)][: arguments.rows]
    answerer = load_answerer(arguments.model)
    started = time.monotonic()
    answers = answerer.answers([row.request for row in rows], LONGEST_ANSWER_TOKENS)
    seconds = time.monotonic() - started
    scores = score([row.request for row in rows], answers, [row.answer for row in rows])
    print(json.dumps({"model": arguments.model, "seconds": round(seconds, 1), **scores.as_dict()}, indent=2))
    if arguments.out:
        listed = [
            {"request": row.request, "answer": answer, "reference": row.answer}
            for row, answer in zip(rows, answers, strict=True)
        ]
        arguments.out.write_text(json.dumps({"scores": scores.as_dict(), "answers": listed}, indent=1) + "\n")


if __name__ == "__main__":
    main()
