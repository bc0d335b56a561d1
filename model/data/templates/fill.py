"""Fills a template's slots with values and puts the preamble of its kind in front."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from data.templates.parse import SLOT, Template, Value
from data.templates.phrase import capitalised, phrase_request

_SHEBANG = "#!/usr/bin/env bash"
_PREAMBLES = {"strict": f"{_SHEBANG}\nset -euo pipefail\n\n", "plain": f"{_SHEBANG}\n\n", "function": "", "snippet": ""}


@dataclass(frozen=True)
class Filled:
    """A request and its whole script; `phrase` is the request as a bare imperative, for a comment."""

    template: str
    kind: str
    request: str
    phrase: str
    script: str


def choose_values(
    template: Template, shared: Mapping[str, tuple[Value, ...]], rng: random.Random
) -> dict[str, Value]:
    """A value for each slot. Slots that differ only in a last digit (`dir`, `dir2`) draw from one list, never the same value.

    Raises KeyError for a slot that neither the template nor the shared list has.
    """
    chosen: dict[str, Value] = {}
    for name in template.slot_names():
        kind = name.rstrip("0123456789")
        values = template.slots.get(name) or template.slots.get(kind) or shared.get(name) or shared[kind]
        taken = {value.written for other, value in chosen.items() if other.rstrip("0123456789") == kind}
        chosen[name] = rng.choice([value for value in values if value.written not in taken])
    return chosen


def fill(template: Template, shared: Mapping[str, tuple[Value, ...]], rng: random.Random) -> Filled:
    """One filling of the template, drawn with `rng`."""
    values = choose_values(template, shared, rng)
    phrase = SLOT.sub(lambda slot: values[slot[1]].said, rng.choice(template.requests))
    body = SLOT.sub(lambda slot: values[slot[1]].written, template.body)
    return Filled(
        template=template.name,
        kind=template.kind,
        request=phrase_request(template.kind, phrase, rng),
        phrase=capitalised(phrase),
        script=_PREAMBLES[template.kind] + body,
    )
