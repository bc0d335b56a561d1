"""Reads a built model directory back: everything comes from the manifest, as in the browser."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

if TYPE_CHECKING:
    import onnxruntime

from .base import Config
from .expand import Expansion, dequantise_rows, expand
from .pack import LAYER_MATRICES, LAYER_NORMS, PackTensor


class Artefact:
    """A model directory; raises ValueError when a file's size or digest differs from the manifest."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.manifest = json.loads((directory / "manifest.json").read_text())
        for file in self.manifest["files"]:
            content = (directory / file["path"]).read_bytes()
            if len(content) != file["bytes"] or hashlib.sha256(content).hexdigest() != file["sha256"]:
                raise ValueError(f"{file['path']} differs from the manifest")
        pack = self.manifest["pack"]
        self.pack = memoryview(b"".join((directory / shard).read_bytes() for shard in pack["shards"]))
        self.tensors = {tensor["name"]: PackTensor(**tensor) for tensor in pack["tensors"]}
        shape = self.manifest["architecture"]
        self.config = Config(
            layers=shape["layers"],
            width=shape["width"],
            heads=shape["heads"],
            kv_heads=shape["kvHeads"],
            head_dim=shape["headDim"],
            ffn=shape["ffn"],
            vocab_size=shape["vocabSize"],
            rope_theta=shape["ropeTheta"],
            rms_eps=shape["rmsEps"],
            context_length=shape["contextLength"],
        )
        self.tokenizer = Tokenizer.from_file(str(directory / self.manifest["tokenizer"]["path"]))

    def weights(self) -> dict[str, np.ndarray]:
        """The pack dequantised to float32 under Hugging Face names: what the reference runs on."""

        def matrix(name: str) -> np.ndarray:
            tensor = self.tensors[f"{name}.weight"]
            return dequantise_rows(self.pack, tensor, self.tensors[tensor.scales])

        def norm(name: str) -> np.ndarray:
            tensor = self.tensors[name]
            return np.frombuffer(self.pack, np.float16, tensor.bytes // 2, tensor.offset).astype(np.float32)

        result = {"model.embed_tokens.weight": matrix("embedding"), "model.norm.weight": norm("final_norm")}
        for layer in range(self.config.layers):
            for short, long in LAYER_MATRICES.items():
                result[f"model.layers.{layer}.{long}.weight"] = matrix(f"layers.{layer}.{short}")
            for short, long in LAYER_NORMS.items():
                result[f"model.layers.{layer}.{long}.weight"] = norm(f"layers.{layer}.{short}")
        return result

    def external_files(self, graph: str) -> dict[str, memoryview | bytearray]:
        """The external files of a graph by the path it refers to."""
        files = {}
        for file in self.manifest["graphs"][graph]["externalData"]:
            if file["kind"] == "pack":
                files[file["path"]] = self.pack
                continue
            data = bytearray(file["bytes"])
            for step in file["tensors"]:
                start, length = step["offset"], step["bytes"]
                data[start : start + length] = expand(
                    self.pack, self.tensors, Expansion(step["from"], step["as"], start, length)
                )
            files[file["path"]] = data
        return files

    def session(self, graph: str, **options) -> "onnxruntime.InferenceSession":
        """A session of ONNX Runtime's CPU provider."""
        # Training reads packs too, in an environment without it.
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        for key, value in options.items():
            setattr(settings, key, value)
        files = self.external_files(graph)
        buffers = [bytes(data) for data in files.values()]
        settings.add_external_initializers_from_files_in_memory(list(files), buffers, [len(data) for data in buffers])
        path = self.directory / self.manifest["graphs"][graph]["path"]
        return onnxruntime.InferenceSession(path.read_bytes(), settings, providers=["CPUExecutionProvider"])
