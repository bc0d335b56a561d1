"""Which tensor gets how many bits: decided by perplexity (`python -m shellwright_model perplexity`)."""

from .base import Base
from .quantise import Quantised, quantise


def quantise_base(base: Base) -> dict[str, Quantised]:
    """Every matrix of the model, quantised."""
    return {
        name: quantise(weight, 8 if name == "model.embed_tokens.weight" else 4)
        for name, weight in base.weights.items()
        if weight.ndim == 2
    }
