"""Which matrix gets how many bits: decided by perplexity (`python -m shellwright_model perplexity`)."""

import re

from .base import Base
from .calibration import round_model
from .quantise import Quantised

# The inputs of these three hold values hundreds of times larger than the rest, so their columns can't be rounded coarsely.
EIGHT_BITS = re.compile(r"model\.layers\.(11|28|29)\.mlp\.down_proj\.weight")


def bits_of(name: str) -> int:
    """4, but 8 for the few matrices that lose most."""
    return 8 if EIGHT_BITS.fullmatch(name) else 4


def quantise_base(base: Base) -> dict[str, Quantised]:
    """Every matrix of the model, quantised. Takes some minutes."""
    return round_model(base, bits_of)
