"""The WASM graphs: the pack expanded to float32 or int8, and only the new tokens' keys and values as output.

ONNX Runtime copies every input and output of a run between JavaScript and the WASM heap, so the graph never returns the
cache (docs/decisions/0005-wasm-kv-layout.md). Keys are stored transposed, which makes the scores a plain matrix product.
Every node costs time on this provider too, hence one product for q, k and v.
"""

from onnx import TensorProto

from .base import Config
from .graph import MICROSOFT, GraphBuilder
from .pack import PackTensor
from .quantise import BLOCK

FLOAT = TensorProto.FLOAT


def build_wasm_graph(config: Config, tensors: dict[str, PackTensor], int8: bool) -> GraphBuilder:
    """The graph over float32 weights, or over int8 weights with activations quantised at run time."""
    return _Int8Graph(config, tensors).finish() if int8 else _FloatGraph(config, tensors).finish()


class _WasmGraph:
    """All but the matrix products, which differ by the weights' type."""

    def __init__(self, config: Config, tensors: dict[str, PackTensor]):
        self.config = config
        self.build = GraphBuilder(tensors)

    def matmul(self, rows: str, matrix: str, output: str) -> str:
        raise NotImplementedError

    def qk_and_value(self, rows: str, name: str) -> tuple[str, str]:
        """Queries and keys side by side [1, S, width + kv_heads * head_dim], and values."""
        raise NotImplementedError

    def gate_and_up(self, rows: str, name: str) -> list[str]:
        raise NotImplementedError

    def finish(self) -> GraphBuilder:
        build, config = self.build, self.config
        kv, dim = config.kv_heads, config.head_dim
        ids = build.input("input_ids", TensorProto.INT32, [1, "S"])
        positions = build.input("position_ids", TensorProto.INT32, [1, "S"])
        bias = build.input("attention_bias", FLOAT, [1, 1, "S", "T"])
        wanted = build.input("logit_index", TensorProto.INT32, ["K"])
        caches = [
            (build.input(f"past_key.{layer}", FLOAT, [kv, dim, "C"]), build.input(f"past_value.{layer}", FLOAT, [kv, "C", dim]))
            for layer in range(config.layers)
        ]
        build.output("logits", FLOAT, [1, "K", config.vocab_size])
        build.output("new_keys", FLOAT, [config.layers, kv, dim, "S"])
        build.output("new_values", FLOAT, [config.layers, kv, "S", dim])

        build.node("Cast", [positions], "positions", to=TensorProto.INT64)
        self.prepare_bias(bias, caches[0][0])
        rows = self.embed(ids)
        normed = build.node(
            "SimplifiedLayerNormalization",
            [rows, self.norm_weight("layers.0.attention_norm")],
            "layers.0.normed",
            axis=-1,
            epsilon=config.rms_eps,
        )
        for layer in range(config.layers):
            name = f"layers.{layer}"
            self.rotated_qkv(normed, name)
            attended = self.matmul(self.attention(name, *caches[layer]), f"{name}.o", f"{name}.attention")
            normed, rows = self.add_and_norm(attended, rows, self.norm_weight(f"{name}.mlp_norm"))
            gate, up = self.gate_and_up(normed, name)
            silu = build.node("QuickGelu", [gate], f"{name}.silu", MICROSOFT, alpha=1.0)
            product = build.node("Mul", [silu, up], f"{name}.product")
            following = f"layers.{layer + 1}.attention_norm" if layer + 1 < config.layers else "final_norm"
            added = self.matmul(product, f"{name}.down", f"{name}.mlp")
            normed, rows = self.add_and_norm(added, rows, self.norm_weight(following))
        self.collect("key", "new_keys", perm=[0, 2, 3, 1])
        self.collect("value", "new_values", perm=[0, 2, 1, 3])
        self.matmul(build.node("Gather", [normed, wanted], "chosen", axis=1), "embedding", "logits")
        return build

    def prepare_bias(self, bias: str, past_key: str) -> None:
        """Makes what every layer uses: `bias_rows` [1, S * group, C + S], and `past_and_new`, the sizes C and S."""
        build, config = self.build, self.config
        tokens = build.node("Shape", [bias], "new_count", start=2, end=3)
        width = build.node("Shape", [bias], "bias_width", start=3)
        one, every = build.constant("one", [1]), build.constant("every", [-1])
        group = build.constant("group", [config.heads // config.kv_heads])
        column = build.node("Reshape", [bias, build.node("Concat", [tokens, one, width], "column_shape", axis=0)], "bias_column")
        repeated = build.node("Expand", [column, build.node("Concat", [tokens, group, width], "repeated_shape", axis=0)], "bias_repeated")
        build.node("Reshape", [repeated, build.node("Concat", [one, every, width], "rows_shape", axis=0)], "bias_rows")
        capacity = build.node("Shape", [past_key], "capacity", start=2)
        build.node("Concat", [capacity, tokens], "past_and_new", axis=0)

    def rotated_qkv(self, rows: str, name: str) -> None:
        """Makes `name`.query [kv_heads, S * group, head_dim], `name`.key and `name`.value [S, kv_heads, head_dim]."""
        build, config = self.build, self.config
        kv, dim = config.kv_heads, config.head_dim
        qk, value = self.qk_and_value(rows, name)
        tables = [
            build.pack(f"rope.{part}.f32", FLOAT, build.tensors[f"rope.{part}.f32"].shape) for part in ("cos", "sin")
        ]
        rotated = build.node("RotaryEmbedding", [qk, "positions", *tables], f"{name}.rotated", MICROSOFT)
        sizes = build.constant("q_and_k", [config.width, kv * dim])
        build.node("Split", [rotated, sizes], f"{name}.q_rows", extra=(f"{name}.k_rows",), axis=2)
        self.reshape(f"{name}.k_rows", [-1, kv, dim], f"{name}.key")
        self.reshape(value, [-1, kv, dim], f"{name}.value")
        grouped = self.reshape(f"{name}.q_rows", [-1, kv, config.heads // kv, dim], f"{name}.q_groups")
        by_head = build.node("Transpose", [grouped], f"{name}.q_by_head", perm=[1, 0, 2, 3])
        self.reshape(by_head, [kv, -1, dim], f"{name}.query")

    def attention(self, name: str, past_key: str, past_value: str) -> str:
        """The mixed values [1, S, width]. Past and new tokens stay apart, so that the cache is never copied."""
        build, config = self.build, self.config
        kv, dim = config.kv_heads, config.head_dim
        alpha = dim**-0.5
        past = build.node("FusedMatMul", [f"{name}.query", past_key], f"{name}.scores_past", MICROSOFT, alpha=alpha)
        new = build.node(
            "FusedMatMul",
            [f"{name}.query", f"{name}.key"],
            f"{name}.scores_new",
            MICROSOFT,
            alpha=alpha,
            transB=1,
            transBatchB=1,
        )
        scores = build.node("Concat", [past, new], f"{name}.scores", axis=2)
        biased = build.node("Add", [scores, "bias_rows"], f"{name}.biased")
        shares = build.node("Softmax", [biased], f"{name}.shares", axis=-1)
        build.node("Split", [shares, "past_and_new"], f"{name}.shares_past", extra=(f"{name}.shares_new",), axis=2)
        mixed_past = build.node("MatMul", [f"{name}.shares_past", past_value], f"{name}.mixed_past")
        mixed_new = build.node(
            "FusedMatMul", [f"{name}.shares_new", f"{name}.value"], f"{name}.mixed_new", MICROSOFT, transBatchB=1
        )
        mixed = build.node("Add", [mixed_past, mixed_new], f"{name}.mixed")
        grouped = self.reshape(mixed, [kv, -1, config.heads // kv, dim], f"{name}.mixed_groups")
        by_token = build.node("Transpose", [grouped], f"{name}.mixed_by_token", perm=[1, 0, 2, 3])
        return self.reshape(by_token, [1, -1, config.width], f"{name}.mixed_rows")

    def collect(self, part: str, output: str, perm: list[int]) -> None:
        """Joins one part of every layer's new tokens [S, kv_heads, head_dim] and lays it out as the cache is."""
        build, config = self.build, self.config
        every = build.node("Concat", [f"layers.{layer}.{part}" for layer in range(config.layers)], f"every_{part}", axis=0)
        by_layer = self.reshape(every, [config.layers, -1, config.kv_heads, config.head_dim], f"{part}_by_layer")
        build.node("Transpose", [by_layer], output, perm=perm)

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
        return build.node("GatherBlockQuantized", [codes, ids, scales], "embedded", MICROSOFT, **attributes)

    def norm_weight(self, source: str) -> str:
        return self.build.expand(source, "f16-to-f32", FLOAT, [self.config.width])

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


class _FloatGraph(_WasmGraph):
    """Products over float32 [out, in], several matrices that share an input as one."""

    def product(self, rows: str, matrices: list[str], output: str) -> str:
        build = self.build
        shapes = [build.tensors[f"{matrix}.weight"].shape for matrix in matrices]
        steps = [
            build.expanded.place(f"{matrix}.weight", "dequantise-f32", align=index == 0)
            for index, matrix in enumerate(matrices)
        ]
        shape = [sum(shape[0] for shape in shapes), shapes[0][1]]
        weight = build.place(f"{output}.weight", steps, FLOAT, shape)
        return build.node("FusedMatMul", [rows, weight], output, MICROSOFT, transB=1)

    def matmul(self, rows: str, matrix: str, output: str) -> str:
        return self.product(rows, [matrix], output)

    def qk_and_value(self, rows: str, name: str) -> tuple[str, str]:
        config = self.config
        kv_width = config.kv_heads * config.head_dim
        qkv = self.product(rows, [f"{name}.{part}" for part in "qkv"], f"{name}.qkv")
        sizes = self.build.constant("qk_and_v", [config.width + kv_width, kv_width])
        self.build.node("Split", [qkv, sizes], f"{name}.qk", extra=(f"{name}.v",), axis=2)
        return f"{name}.qk", f"{name}.v"

    def gate_and_up(self, rows: str, name: str) -> list[str]:
        both = self.product(rows, [f"{name}.gate", f"{name}.up"], f"{name}.gate_up")
        sizes = self.build.constant("gate_up_sizes", [self.config.ffn, self.config.ffn])
        self.build.node("Split", [both, sizes], f"{name}.gate", extra=(f"{name}.up",), axis=2)
        return [f"{name}.gate", f"{name}.up"]


class _Int8Graph(_FloatGraph):
    """Products over int8 [in, out] with a scale by output, the rows of a run quantised as they come, with one scale for all.

    So a token's logits depend a little on the tokens beside it. A scale for each row would not end that: other numbers
    of rows are summed in another order, and then single codes differ. The second product of the MLP stays in float32: single inputs of it are hundreds of times larger than the rest, and
    one scale a row of activations cannot hold both (perplexity 44 instead of 14 with all of them in int8).
    """

    def matmul(self, rows: str, matrix: str, output: str) -> str:
        if matrix.endswith(".down"):
            return self.product(rows, [matrix], output)
        build = self.build
        out, width = build.tensors[f"{matrix}.weight"].shape
        codes = build.expand(f"{matrix}.weight", "int8-rows-transposed", TensorProto.INT8, [width, out])
        scales = build.expand(f"{matrix}.weight", "int8-row-scales", FLOAT, [out])
        return build.node("DynamicQuantizeMatMul", [rows, codes, scales], output, MICROSOFT)

    def qk_and_value(self, rows: str, name: str) -> tuple[str, str]:
        query, key, value = (self.matmul(rows, f"{name}.{part}", f"{name}.{part}") for part in "qkv")
        return self.build.node("Concat", [query, key], f"{name}.qk", axis=2), value

    def gate_and_up(self, rows: str, name: str) -> list[str]:
        return [self.matmul(rows, f"{name}.{part}", f"{name}.{part}") for part in ("gate", "up")]
