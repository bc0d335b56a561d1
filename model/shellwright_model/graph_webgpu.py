"""The WebGPU graphs: 4-bit weights straight from the pack, static KV buffers, every node on the GPU.

Shapes follow what ONNX Runtime fuses by itself: (skip) norm -> three MatMulNBits becomes MatMulNBitsQkv, and
norm -> two MatMulNBits -> Sigmoid, Mul, Mul becomes MatMulNBitsMlp. Integers stay int32: ONNX Runtime computes int64 on the CPU,
which would break graph capture.
"""

import numpy as np
from onnx import TensorProto

from .base import Config
from .graph import MICROSOFT, GraphBuilder
from .pack import PackTensor
from .quantise import BLOCK


def build_webgpu_graph(config: Config, tensors: dict[str, PackTensor], half: bool) -> GraphBuilder:
    """The graph with f16 (`half`) or f32 activations; `past_key.i` and `present_key.i` may be one buffer."""
    build = GraphBuilder(tensors)
    real = TensorProto.FLOAT16 if half else TensorProto.FLOAT

    def floats(source: str, shape: list[int]) -> str:
        if half:
            return build.pack(source, real, shape)
        return build.expand(source, "f16-to-f32", real, shape)

    # ONNX Runtime folds these casts away when the session is made.
    tables = [build.pack(f"rope.{part}.f32", TensorProto.FLOAT, tensors[f"rope.{part}.f32"].shape) for part in ("cos", "sin")]
    if half:
        tables = [build.node("Cast", [table], f"{table}.half", to=real) for table in tables]

    def matmul(rows: str, matrix: str, output: str) -> str:
        weight = tensors[f"{matrix}.weight"]
        out, width = weight.shape
        bits = int(weight.dtype[1:])
        codes = build.pack(f"{matrix}.weight", TensorProto.UINT8, [out, width // BLOCK, bits * BLOCK // 8])
        scales = floats(f"{matrix}.scales", [out, width // BLOCK])
        attributes = {"K": width, "N": out, "bits": bits, "block_size": BLOCK}
        return build.node("MatMulNBits", [rows, codes, scales], output, MICROSOFT, **attributes)

    def norm_weight(source: str) -> str:
        return floats(source, [config.width])

    ids = build.input("input_ids", TensorProto.INT32, [1, "S"])
    wanted = build.input("logit_index", TensorProto.INT32, ["K"])
    seqlens = build.input("seqlens_k", TensorProto.INT32, [1])
    total = build.input("total_sequence_length", TensorProto.INT32, [1])
    cache_shape = [1, config.kv_heads, "MAX", config.head_dim]
    caches = [
        [build.input(f"past_{part}.{layer}", real, cache_shape) for part in ("key", "value")]
        for layer in range(config.layers)
    ]
    build.output("logits", TensorProto.FLOAT, [1, "K", config.vocab_size])

    rows = _embed(build, config, ids, floats)
    attributes = {"axis": -1, "epsilon": config.rms_eps}
    normed = build.node(
        "SimplifiedLayerNormalization", [rows, norm_weight("layers.0.attention_norm")], "layers.0.normed", **attributes
    )
    for layer in range(config.layers):
        name = f"layers.{layer}"
        query, key, value = (matmul(normed, f"{name}.{part}", f"{name}.{part}") for part in "qkv")
        present = [build.output(f"present_{part}.{layer}", real, cache_shape) for part in ("key", "value")]
        mixed = build.node(
            "GroupQueryAttention",
            [query, key, value, *caches[layer], seqlens, total, *tables],
            f"{name}.mixed",
            MICROSOFT,
            extra=tuple(present),
            num_heads=config.heads,
            kv_num_heads=config.kv_heads,
            do_rotary=1,
        )
        normed, rows = _add_and_norm(
            build, matmul(mixed, f"{name}.o", f"{name}.attention"), rows, norm_weight(f"{name}.mlp_norm"), config
        )
        gate, up = (matmul(normed, f"{name}.{part}", f"{name}.{part}") for part in ("gate", "up"))
        sigmoid = build.node("Sigmoid", [gate], f"{name}.sigmoid")
        silu = build.node("Mul", [gate, sigmoid], f"{name}.silu")
        product = build.node("Mul", [silu, up], f"{name}.product")
        following = f"layers.{layer + 1}.attention_norm" if layer + 1 < config.layers else "final_norm"
        normed, rows = _add_and_norm(build, matmul(product, f"{name}.down", f"{name}.mlp"), rows, norm_weight(following), config)
    chosen = build.node("Gather", [normed, wanted], "chosen", axis=1)
    if half:
        build.node("Cast", [matmul(chosen, "embedding", "logits_half")], "logits", to=TensorProto.FLOAT)
    else:
        matmul(chosen, "embedding", "logits")
    return build


def _embed(build: GraphBuilder, config: Config, ids: str, floats) -> str:
    # The table keeps MatMulNBits' shape [vocabulary, blocks, bytes], so that both ends of the model share one buffer.
    weight = build.tensors["embedding.weight"]
    bits = int(weight.dtype[1:])
    blocks = config.width // BLOCK
    codes = build.pack("embedding.weight", TensorProto.UINT8, [config.vocab_size, blocks, bits * BLOCK // 8])
    scales = floats("embedding.scales", [config.vocab_size, blocks])
    attributes = {"bits": bits, "block_size": BLOCK, "gather_axis": 0, "quantize_axis": 2}
    column = build.node("Reshape", [scales, build.constant("scale_shape", [config.vocab_size, blocks, 1])], "embedding.scale_column")
    gathered = build.node("GatherBlockQuantized", [codes, ids, column], "embedded_blocks", MICROSOFT, **attributes)
    return build.node("Reshape", [gathered, build.constant("rows_shape", np.array([1, -1, config.width]))], "embedded")


def _add_and_norm(build: GraphBuilder, added: str, rows: str, weight: str, config: Config) -> tuple[str, str]:
    """Names of the normalised sum and of the sum."""
    total = f"{added}.sum"
    normed = build.node(
        "SkipSimplifiedLayerNormalization",
        [added, rows, weight],
        f"{added}.normed",
        MICROSOFT,
        extra=("", "", total),
        epsilon=config.rms_eps,
    )
    return normed, total
