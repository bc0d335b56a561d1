"""Builds the model directory: pack in shards, graphs, tokenizer and manifest."""

import hashlib
import json
import shutil
from pathlib import Path

from .calibration import round_model
from .fetch import cache_dir
from .graph import EXPANDED_LOCATION, PACK_LOCATION, GraphBuilder
from .graph_wasm import build_wasm_graph
from .graph_webgpu import build_webgpu_graph
from .pack import Pack, build_pack
from .plan import bits_of
from .prompt import prompt_form
from .tokenizer import special_tokenizer
from .trained import Trained, load_trained

MODEL_ID = "shellwright-bash-116m"
TRAINED = "mean"
# What training writes beside the weights, for people.
DOCUMENTS = ("README.md", "loss.svg", "training.json")
CONTEXT_LENGTH = 2048
SHARD_BYTES = 24 * 1024 * 1024
OUTPUT = Path(__file__).parents[2] / "public" / "models" / MODEL_ID


def trained_folder() -> Path:
    """Where training left the model that ships."""
    return cache_dir() / "train" / TRAINED / "model"


def make_pack(model: Trained) -> Pack:
    """The final pack, quantised as `plan.py` says. Takes some minutes."""
    norms = {name: weight for name, weight in model.weights.items() if weight.ndim == 1}
    return build_pack(model.config, norms, round_model(model, bits_of), CONTEXT_LENGTH)


def graph_builders(model: Trained, pack: Pack) -> dict[str, GraphBuilder]:
    """Every graph by name."""
    config, tensors = model.config, pack.tensors
    return {
        "webgpu-f16": build_webgpu_graph(config, tensors, half=True),
        "webgpu-f32": build_webgpu_graph(config, tensors, half=False),
        "wasm-f32": build_wasm_graph(config, tensors, int8=False),
        "wasm-int8": build_wasm_graph(config, tensors, int8=True),
    }


def build(output: Path = OUTPUT) -> None:
    """Writes the directory beside `output`, then puts it in its place."""
    model = load_trained(trained_folder())
    config = model.config
    pack = make_pack(model)
    data = pack.to_bytes()
    target, output = output, output.with_name(f"{output.name}.part")
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    shards = []
    for index, start in enumerate(range(0, len(data), SHARD_BYTES)):
        shards.append(f"weights-{index:02d}.bin")
        (output / shards[-1]).write_bytes(data[start : start + SHARD_BYTES])
    graphs = {}
    for name, builder in graph_builders(model, pack).items():
        path = f"{name}.onnx"
        (output / path).write_bytes(builder.model(f"{MODEL_ID}-{name}").SerializeToString())
        graphs[name] = {"path": path, "externalData": external_data(builder, len(data))}
    tokenizer_text = json.dumps(model.tokenizer_json, ensure_ascii=False, separators=(",", ":"))
    (output / "tokenizer.json").write_text(tokenizer_text, encoding="utf-8")
    files = [
        {"path": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(output.iterdir())
    ]
    manifest = {
        "format": 1,
        "id": MODEL_ID,
        "name": "Shellwright Bash 116M",
        "baseModel": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "licence": "Apache-2.0",
        "madeBy": "python -m train.run, then python -m shellwright_model build (model/README.md)",
        "architecture": {
            "vocabSize": config.vocab_size,
            "layers": config.layers,
            "width": config.width,
            "heads": config.heads,
            "kvHeads": config.kv_heads,
            "headDim": config.head_dim,
            "ffn": config.ffn,
            "ropeTheta": config.rope_theta,
            "rmsEps": config.rms_eps,
            "contextLength": CONTEXT_LENGTH,
        },
        "tokenizer": {"path": "tokenizer.json"},
        "prompt": prompt_form(special_tokenizer(model.tokenizer_json)),
        "files": files,
        "pack": {
            "bytes": len(data),
            "shards": shards,
            "tensors": [tensor.to_json() for tensor in pack.tensors.values()],
        },
        "graphs": graphs,
    }
    (output / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    write_documents(output)
    shutil.rmtree(target, ignore_errors=True)
    output.rename(target)


def write_documents(output: Path = OUTPUT) -> None:
    """Copies what is there of the model card and its plot; the manifest does not list them, so they may come later."""
    for name in DOCUMENTS:
        if (trained_folder() / name).exists():
            shutil.copyfile(trained_folder() / name, output / name)


def external_data(builder: GraphBuilder, pack_bytes: int) -> list[dict]:
    """The external files that a graph refers to: the pack as it is, and one that is expanded from it."""
    result: list[dict] = [{"path": PACK_LOCATION, "kind": "pack", "bytes": pack_bytes}]
    if builder.expanded.steps:
        steps = [step.to_json() for step in builder.expanded.steps]
        result.append({"path": EXPANDED_LOCATION, "kind": "expanded", "bytes": builder.expanded.bytes, "tensors": steps})
    return result
