"""Reads template files: what people ask, and the bash that does it, with slots. The format is in README.md beside this file."""

import re
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("strict", "plain", "function", "snippet")
SLOT = re.compile(r"@([a-z_]+[0-9]?)@")
_SLOT_LINE = re.compile(r"@([a-z_]+[0-9]?) = (.+)")


@dataclass(frozen=True)
class Value:
    """One value of a slot: how a request says it and how the script writes it."""

    said: str
    written: str


@dataclass(frozen=True)
class Template:
    """`requests` are imperative phrases without a full stop; `body` is the script without its preamble."""

    name: str
    topic: str
    kind: str
    requests: tuple[str, ...]
    body: str
    slots: dict[str, tuple[Value, ...]] = field(default_factory=dict)

    def slot_names(self) -> list[str]:
        """Every slot that the body or a request uses, in order of first use."""
        return list(dict.fromkeys(SLOT.findall("\n".join([self.body, *self.requests]))))


def parse_values(text: str) -> tuple[Value, ...]:
    """The values of a slot line: `a | b` or `said => written | said => written`."""
    values = []
    for item in text.split(" | "):
        said, _, written = item.partition(" => ")
        values.append(Value(said.strip(), (written or said).strip()))
    return tuple(values)


def parse_templates(text: str, topic: str) -> list[Template]:
    """All templates of one file. Raises ValueError that names the template when its head is not as documented."""
    return [_parse_one(block, topic) for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]]


def _parse_one(block: str, topic: str) -> Template:
    name, *lines = block.rstrip().split("\n")
    requests: list[str] = []
    slots: dict[str, tuple[Value, ...]] = {}
    for at, line in enumerate(lines):
        if line.startswith("> "):
            requests.append(line[2:])
        elif slot := _SLOT_LINE.fullmatch(line):
            slots[slot[1]] = parse_values(slot[2])
        elif line.startswith("%") and line[1:] in KINDS and requests:
            body = "\n".join(lines[at + 1 :]).strip("\n")
            return Template(name, topic, line[1:], tuple(requests), body, slots)
        else:
            break
    raise ValueError(f"{topic}: template {name!r} has no proper head")


def load_slots(folder: Path) -> dict[str, tuple[Value, ...]]:
    """The slots that all templates share, from slots.txt."""
    lines = (folder / "slots.txt").read_text(encoding="utf-8").splitlines()
    return {match[1]: parse_values(match[2]) for line in lines if (match := _SLOT_LINE.fullmatch(line))}


def load_templates(folder: Path) -> list[Template]:
    """The templates of all `*.templates` files, in order of file and position. Names are unique."""
    templates = [
        template
        for path in sorted(folder.glob("*.templates"))
        for template in parse_templates(path.read_text(encoding="utf-8"), path.stem)
    ]
    names = [template.name for template in templates]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"names used twice: {sorted(twice)}")
    return templates
