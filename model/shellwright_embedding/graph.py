"""The encoder as an ONNX graph: BERT with post-norm layers, from token ids to one vector for each token."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
HEADS = 12
WIDTH = 384
EPSILON = 1e-12
# Added to the scores of padding; far below any real score, and finite for int8 kernels.
MASKED = -1e4


class _Graph:
    """Adds nodes in order; every method returns the name of what it added."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self._weights = weights
        self.nodes = []
        self.initializers = {}

    def node(self, op: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values, dtype=np.int64) -> str:
        self.initializers.setdefault(name, numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def weight(self, name: str, transpose: bool = False) -> str:
        values = self._weights[name]
        return self.constant(name, np.ascontiguousarray(values.T) if transpose else values, np.float32)

    def linear(self, source: str, prefix: str, output: str) -> str:
        product = self.node("MatMul", [source, self.weight(f"{prefix}.weight", transpose=True)], f"{output}.product")
        return self.node("Add", [product, self.weight(f"{prefix}.bias")], output)

    def norm(self, source: str, prefix: str, output: str) -> str:
        inputs = [source, self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")]
        return self.node("LayerNormalization", inputs, output, axis=-1, epsilon=EPSILON)


def build_graph(weights: dict[str, np.ndarray], layers: int) -> onnx.ModelProto:
    """Inputs `input_ids`, `attention_mask`, `token_type_ids` int64 [B, T]; output `last_hidden_state` f32 [B, T, 384]."""
    graph = _Graph(weights)
    state = _embed(graph)
    bias = _mask(graph)
    for layer in range(layers):
        state = _layer(graph, state, bias, f"encoder.layer.{layer}")
    graph.node("Identity", [state], "last_hidden_state")
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", WIDTH])
    onnx_graph = helper.make_graph(graph.nodes, "all-minilm-l6-v2", ids, [output], list(graph.initializers.values()))
    # The IR version of this opset: onnxruntime-web reads no newer one.
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def _embed(graph: _Graph) -> str:
    words = graph.node("Gather", [graph.weight("embeddings.word_embeddings.weight"), "input_ids"], "words")
    types = graph.node("Gather", [graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"], "types")
    graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    end = graph.node("Squeeze", ["length"], "end")
    positions = graph.node("Range", [graph.constant("zero", 0), end, graph.constant("one", 1)], "positions")
    places = graph.node("Gather", [graph.weight("embeddings.position_embeddings.weight"), positions], "places")
    total = graph.node("Add", [graph.node("Add", [words, types], "words_types"), places], "embedded")
    return graph.norm(total, "embeddings.LayerNorm", "embedded.norm")


def _mask(graph: _Graph) -> str:
    """f32 [B, 1, 1, T]: 0 where there is a token, MASKED where there is padding."""
    present = graph.node("Cast", ["attention_mask"], "present", to=TensorProto.FLOAT)
    absent = graph.node("Sub", [graph.constant("present.one", 1, np.float32), present], "absent")
    scaled = graph.node("Mul", [absent, graph.constant("masked", MASKED, np.float32)], "absent.scaled")
    return graph.node("Unsqueeze", [scaled, graph.constant("mask.axes", [1, 2])], "mask")


def _heads(graph: _Graph, state: str, prefix: str, permutation: list[int]) -> str:
    projected = graph.linear(state, prefix, f"{prefix}.out")
    shape = graph.constant("heads.shape", [0, 0, HEADS, WIDTH // HEADS])
    split = graph.node("Reshape", [projected, shape], f"{prefix}.split")
    return graph.node("Transpose", [split], f"{prefix}.heads", perm=permutation)


def _layer(graph: _Graph, state: str, mask: str, prefix: str) -> str:
    attention = f"{prefix}.attention"
    query = _heads(graph, state, f"{attention}.self.query", [0, 2, 1, 3])
    key = _heads(graph, state, f"{attention}.self.key", [0, 2, 3, 1])
    value = _heads(graph, state, f"{attention}.self.value", [0, 2, 1, 3])
    scores = graph.node("MatMul", [query, key], f"{attention}.scores")
    scale = graph.constant("scale", (WIDTH // HEADS) ** -0.5, np.float32)
    scaled = graph.node("Mul", [scores, scale], f"{attention}.scaled")
    biased = graph.node("Add", [scaled, mask], f"{attention}.biased")
    shares = graph.node("Softmax", [biased], f"{attention}.shares", axis=-1)
    mixed = graph.node("MatMul", [shares, value], f"{attention}.mixed")
    turned = graph.node("Transpose", [mixed], f"{attention}.turned", perm=[0, 2, 1, 3])
    joined = graph.node("Reshape", [turned, graph.constant("joined.shape", [0, 0, WIDTH])], f"{attention}.joined")
    output = graph.linear(joined, f"{attention}.output.dense", f"{attention}.dense")
    state = graph.norm(
        graph.node("Add", [output, state], f"{attention}.sum"), f"{attention}.output.LayerNorm", f"{attention}.norm"
    )
    inner = graph.linear(state, f"{prefix}.intermediate.dense", f"{prefix}.inner")
    active = graph.node("Gelu", [inner], f"{prefix}.active")
    outer = graph.linear(active, f"{prefix}.output.dense", f"{prefix}.outer")
    return graph.norm(
        graph.node("Add", [outer, state], f"{prefix}.sum"), f"{prefix}.output.LayerNorm", f"{prefix}.norm"
    )
