"""Which matrix gets how many bits, and why: `python -m shellwright_model plans` measures the choices below."""

import re
from collections.abc import Callable

# The second product of the MLP in these layers has inputs hundreds of times larger than the rest, so its columns can't be rounded coarsely.
_EIGHT_BITS = re.compile(r"model\.layers\.(11|28|29)\.mlp\.down_proj\.weight")

PLANS: dict[str, Callable[[str], int]] = {
    "three down 8": lambda name: 8 if _EIGHT_BITS.fullmatch(name) else 4,
    "three down and embedding 8": lambda name: 8 if _EIGHT_BITS.fullmatch(name) or "embed" in name else 4,
    "all down and embedding 8": lambda name: 8 if "mlp.down_proj" in name or "embed" in name else 4,
}
CHOSEN = "three down and embedding 8"


def bits_of(name: str) -> int:
    """4 or 8 for the matrix of this name."""
    return PLANS[CHOSEN](name)
