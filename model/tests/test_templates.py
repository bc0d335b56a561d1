"""Every template gives scripts that bash and ShellCheck accept; generation is deterministic and leaks no test request."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from data.rows import passes_bash_n
from data.templates.fill import Filled, fill
from data.templates.generate import FOLDER, generate
from data.templates.parse import SLOT, load_slots, load_templates, parse_templates
from eval.everyday import load_suite
from train.stages import SCRIPT_SAMPLES, sampled_scripts

TEMPLATES = load_templates(FOLDER)
SHARED = load_slots(FOLDER)


def one_of_each(seed: int) -> list[Filled]:
    rng = random.Random(seed)
    return [fill(template, SHARED, rng) for template in TEMPLATES]


def test_there_are_several_hundred_templates_with_several_ways_to_ask():
    assert len(TEMPLATES) >= 400
    assert all(len(template.requests) >= 2 for template in TEMPLATES)


def test_every_template_passes_bash_n():
    assert [filled.template for filled in one_of_each(1) if not passes_bash_n(filled.script)] == []


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_every_template_passes_shellcheck_at_warning_level(tmp_path: Path):
    for filled in one_of_each(2):
        (tmp_path / f"{filled.template}.sh").write_text(filled.script + "\n")
    command = ["shellcheck", "-s", "bash", "-S", "warning", "-f", "gcc", *map(str, sorted(tmp_path.iterdir()))]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.stdout == ""
    assert checked.returncode == 0


def test_no_slot_is_left_unfilled():
    for filled in one_of_each(3):
        assert not SLOT.search(filled.request + filled.script), filled.template


def test_every_shared_slot_is_used():
    used = {name for template in TEMPLATES for name in template.slot_names()}
    used |= {name.rstrip("0123456789") for name in used}
    assert set(SHARED) - used == set()


def test_two_slots_of_one_kind_get_different_values():
    [template] = parse_templates("== t\n> compare @dir@ and @dir2@\n%snippet\ndiff @dir@ @dir2@\n", "topic")
    for seed in range(50):
        _, first, second = fill(template, SHARED, random.Random(seed)).script.split()
        assert first != second


def test_a_template_without_kind_is_refused_by_name():
    with pytest.raises(ValueError, match="lost"):
        parse_templates("== lost\n> do it\ntrue\n", "topic")


def test_generation_is_deterministic_and_distinct():
    first, again = generate(1500, seed=5), generate(1500, seed=5)
    assert first == again
    assert len({(filled.request, filled.script) for filled in first}) == len(first)
    assert sum("\n" in filled.script for filled in first) >= 1500
    assert generate(1500, seed=6) != first


@pytest.mark.parametrize(("seed", "long", "short"), SCRIPT_SAMPLES.values(), ids=SCRIPT_SAMPLES)
def test_no_everyday_request_is_trained_on(seed: int, long: int, short: int):
    asked = {case.request.lower().rstrip(".?") for case in load_suite()}
    trained = {filled.request.lower().rstrip(".?") for filled in sampled_scripts(random.Random(seed), long, short)}
    assert len(trained) > 1000 and asked & trained == set()
