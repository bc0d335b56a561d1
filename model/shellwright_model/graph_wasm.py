"""The WASM graphs: the pack expanded to float32 or int8, and only the new tokens' keys and values as output.

ONNX Runtime copies every input and output of a run between JavaScript and the WASM heap, so the graph never returns the
cache (docs/decisions/0002-wasm-kv-layout.md). Keys are stored transposed, which makes the scores a plain matrix product.
"""

import numpy as np
from onnx import TensorProto

from .base import Config
from .graph import MICROSOFT, GraphBuilder
from .pack import PackTensor
from .quantise import BLOCK

FLOAT = TensorProto.FLOAT


class _WasmGraph:
    def __init__(self, config: Config, tensors: dict[str, PackTensor], int8: bool):
        self.config = config
        self.int8 = int8
        self.build = GraphBuilder(tensors)

    def matmul(self, rows: str, matrices: list[str], output: str) -> str:
        """`rows` [S, in] times matrices side by side: [S, sum of their outputs]."""
        build = self.build
        shapes = [build.tensors[f"{matrix}.weight"].shape for matrix in matrices]
        width, out = shapes[0][1], sum(shape[0] for shape in shapes)
        if self.int8:
            return self.matmul_int8(rows, matrices, output)
        steps = [
            build.expanded.place(f"{matrix}.weight", "dequantise-f32", align=index == 0)
            for index, matrix in enumerate(matrices)
        ]
        weight = build.place(f"{output}.weight", steps, FLOAT, [out, width])
        return build.node("Gemm", [rows, weight], output, transB=1)

    def matmul_int8(self, rows: str, matrices: list[str], output: str) -> str:
        build = self.build
        products = []
        for matrix in matrices:
            out, width = build.tensors[f"{matrix}.weight"].shape
            codes = build.expand(f"{matrix}.weight", "int8-rows-transposed", TensorProto.INT8, [width, out])
            scales = build.expand(f"{matrix}.weight", "int8-row-scales", FLOAT, [out])
            name = output if len(matrices) == 1 else f"{output}.{matrix.rsplit('.', 1)[1]}"
            products.append(build.node("DynamicQuantizeMatMul", [rows, codes, scales], name, MICROSOFT))
        return build.node("Concat", products, output, axis=1) if len(products) > 1 else products[0]

    def norm_weight(self, source: str) -> str:
        return self.build.expand(source, "f16-to-f32", FLOAT, [self.config.width])

    def reshape(self, rows: str, shape: list[int], output: str) -> str:
        name = "shape_" + "_".join("n" if size == -1 else str(size) for size in shape)
        return self.build.node("Reshape", [rows, self.build.constant(name, shape)], output)

    def embed(self, ids: str) -> str:
        build, config = self.build, self.config
        weight = build.tensors["embedding.weight"]
        bits = int(weight.dtype[1:])
        codes = build.pack("embedding.weight", TensorProto.UINT8, [config.vocab_size, config.width * bits // 8])
        scales = build.expand("embedding.scales", "f16-to-f32", FLOAT, [config.vocab_size, config.width // BLOCK])
        attributes = {"bits": bits, "block_size": BLOCK, "gather_axis": 0, "quantize_axis": 1}
        rows = build.node("GatherBlockQuantized", [codes, ids, scales], "embedded_batch", MICROSOFT, **attributes)
        return self.reshape(rows, [-1, config.width], "embedded")

    def attention(self, name: str, qkv: str, past_key: str, past_value: str, bias: str, positions: str) -> tuple[str, str, str]:
        """Names of the mixed rows [S, width], the new keys [kvHeads, headDim, S] and values [kvHeads, S, headDim]."""
        build, config = self.build, self.config
        kv, dim = config.kv_heads, config.head_dim
        group = config.heads // kv
        rotated_width = (config.heads + kv) * dim
        build.node(
            "Split", [qkv, build.constant("qk_v", [rotated_width, kv * dim])], f"{name}.qk", extra=(f"{name}.v",), axis=1
        )
        batch = self.reshape(f"{name}.qk", [1, -1, rotated_width], f"{name}.qk_batch")
        tables = [build.pack(f"rope.{part}.f32", FLOAT, build.tensors[f"rope.{part}.f32"].shape) for part in ("cos", "sin")]
        rotated = build.node("RotaryEmbedding", [batch, positions, *tables], f"{name}.rotated", MICROSOFT)
        heads = self.reshape(rotated, [-1, config.heads + kv, dim], f"{name}.rotated_heads")
        build.node(
            "Split", [heads, build.constant("q_k", [config.heads, kv])], f"{name}.q", extra=(f"{name}.k",), axis=1
        )
        grouped = self.reshape(f"{name}.q", [-1, kv, group, dim], f"{name}.q_groups")
        first = build.node("Transpose", [grouped], f"{name}.q_first", perm=[1, 0, 2, 3])
        query = self.reshape(first, [kv, -1, dim], f"{name}.query")
        key = build.node("Transpose", [f"{name}.k"], f"{name}.key", perm=[1, 2, 0])
        value_heads = self.reshape(f"{name}.v", [-1, kv, dim], f"{name}.v_heads")
        value = build.node("Transpose", [value_heads], f"{name}.value", perm=[1, 0, 2])
        alpha = float(1 / np.sqrt(dim))
        scores = [
            build.node("FusedMatMul", [query, keys], f"{name}.scores_{which}", MICROSOFT, alpha=alpha)
            for which, keys in (("past", past_key), ("new", key))
        ]
        scored = build.node("Concat", scores, f"{name}.scores", axis=2)
        biased = build.node("Add", [scored, bias], f"{name}.biased")
        shares = build.node("Softmax", [biased], f"{name}.shares", axis=-1)
        build.node("Split", [shares, "past_and_new"], f"{name}.share_past", extra=(f"{name}.share_new",), axis=2)
        mixed_past = build.node("MatMul", [f"{name}.share_past", past_value], f"{name}.mixed_past")
        mixed_new = build.node("MatMul", [f"{name}.share_new", value], f"{name}.mixed_new")
        mixed = build.node("Add", [mixed_past, mixed_new], f"{name}.mixed")
        split = self.reshape(mixed, [kv, -1, group, dim], f"{name}.mixed_heads")
        joined = build.node("Transpose", [split], f"{name}.mixed_rows", perm=[1, 0, 2, 3])
        return self.reshape(joined, [-1, config.width], f"{name}.mixed_flat"), key, value

    def add_and_norm(self, added: str, rows: str, weight: str) -> tuple[str, str]:
        """Names of the normalised sum and of the sum."""
        total = f"{added}.sum"
        normed = self.build.node(
            "SkipSimplifiedLayerNormalization",
            [added, rows, weight],
            f"{added}.normed",
            MICROSOFT,
            extra=("", "", total),
            epsilon=self.config.rms_eps,
        )
        return normed, total

    def shared_inputs(self, past_key: str, bias: str) -> str:
        """Prepares what all layers use: the bias by rows of (token, query head in its group), and the split sizes."""
        build, config = self.build, self.config
        group = config.heads // config.kv_heads
        tokens = build.node("Shape", [bias], "bias_tokens", start=2, end=3)
        width = build.node("Shape", [bias], "bias_width", start=3, end=4)
        column = build.node("Concat", [tokens, build.constant("one", [1]), width], "bias_column_shape", axis=0)
        target = build.node("Concat", [tokens, build.constant("group", [group]), width], "bias_group_shape", axis=0)
        flat = build.node("Concat", [build.constant("one", [1]), build.constant("rest", [-1]), width], "bias_flat_shape", axis=0)
        expanded = build.node("Expand", [build.node("Reshape", [bias, column], "bias_column"), target], "bias_groups")
        past = build.node("Shape", [past_key], "past_width", start=2, end=3)
        build.node("Concat", [past, tokens], "past_and_new", axis=0)
        return build.node("Reshape", [expanded, flat], "bias_rows")

    def finish(self) -> GraphBuilder:
        build, config = self.build, self.config
        ids = build.input("input_ids", TensorProto.INT32, [1, "S"])
        positions = build.input("position_ids", TensorProto.INT32, [1, "S"])
        bias = build.input("attention_bias", FLOAT, [1, 1, "S", "T"])
        wanted = build.input("logit_index", TensorProto.INT32, ["K"])
        kv, dim = config.kv_heads, config.head_dim
        caches = [
            (build.input(f"past_key.{layer}", FLOAT, [kv, dim, "C"]), build.input(f"past_value.{layer}", FLOAT, [kv, "C", dim]))
            for layer in range(config.layers)
        ]
        build.output("logits", FLOAT, [1, "K", config.vocab_size])
        build.output("new_keys", FLOAT, [config.layers, kv, dim, "S"])
        build.output("new_values", FLOAT, [config.layers, kv, "S", dim])

        positions = build.node("Cast", [positions], "positions", to=TensorProto.INT64)
        bias = self.shared_inputs(caches[0][0], bias)
        rows = self.embed(ids)
        normed = build.node(
            "SimplifiedLayerNormalization",
            [rows, self.norm_weight("layers.0.attention_norm")],
            "layers.0.normed",
            axis=-1,
            epsilon=config.rms_eps,
        )
        news = []
        for layer in range(config.layers):
            name = f"layers.{layer}"
            qkv = self.matmul(normed, [f"{name}.{part}" for part in "qkv"], f"{name}.qkv")
            mixed, key, value = self.attention(name, qkv, *caches[layer], bias, positions)
            news.append((key, value))
            attended = self.matmul(mixed, [f"{name}.o"], f"{name}.attention")
            normed, rows = self.add_and_norm(attended, rows, self.norm_weight(f"{name}.mlp_norm"))
            gate, up = (self.matmul(normed, [f"{name}.{part}"], f"{name}.{part}") for part in ("gate", "up"))
            silu = build.node("QuickGelu", [gate], f"{name}.silu", MICROSOFT, alpha=1.0)
            product = build.node("Mul", [silu, up], f"{name}.product")
            following = f"layers.{layer + 1}.attention_norm" if layer + 1 < config.layers else "final_norm"
            normed, rows = self.add_and_norm(self.matmul(product, [f"{name}.down"], f"{name}.mlp"), rows, self.norm_weight(following))
        for part, index in (("keys", 0), ("values", 1)):
            single = [
                build.node("Unsqueeze", [new[index], build.constant("axis_0", [0])], f"layers.{layer}.new_{part}")
                for layer, new in enumerate(news)
            ]
            build.node("Concat", single, f"new_{part}", axis=0)
        chosen = build.node("Gather", [normed, wanted], "chosen", axis=0)
        flat = self.matmul(chosen, ["embedding"], "logit_rows")
        self.reshape(flat, [1, -1, config.vocab_size], "logits")
        return build


def build_wasm_graph(config: Config, tensors: dict[str, PackTensor], int8: bool) -> GraphBuilder:
    """The graph over float32 weights, or over int8 weights with activations quantised at run time."""
    return _WasmGraph(config, tensors, int8).finish()
