"""Measures the plans of plan.py: size and perplexity on nl2bash-dev, for the trained weights and for each plan."""

from .build import CONTEXT_LENGTH, trained_folder
from .calibration import round_model
from .pack import build_pack
from .perplexity import answer_perplexity
from .plan import PLANS
from .trained import load_trained

ROWS = 200


def report_plans(names: tuple[str, ...] = tuple(PLANS)) -> None:
    """Prints one line a plan. Each takes some minutes."""
    model = load_trained(trained_folder())
    norms = {name: weight for name, weight in model.weights.items() if weight.ndim == 1}
    exact = answer_perplexity(model.config, model.weights, model.tokenizer_json, ROWS)
    print(f"trained weights: {exact:.4f} ({ROWS} rows)", flush=True)
    for name in names:
        matrices = round_model(model, PLANS[name])
        size = len(build_pack(model.config, norms, matrices, CONTEXT_LENGTH).to_bytes())
        rounded = {**model.weights, **{key: matrix.dequantise() for key, matrix in matrices.items()}}
        packed = answer_perplexity(model.config, rounded, model.tokenizer_json, ROWS)
        print(f"{name}: {size / 1e6:.1f} MB, {packed:.4f} ({packed / exact - 1:+.2%})", flush=True)
