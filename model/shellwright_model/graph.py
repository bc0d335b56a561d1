"""A thin builder over onnx.helper whose weights are only references into external files."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .expand import ExpandedFile, Expansion
from .pack import PackTensor

PACK_LOCATION = "pack"
EXPANDED_LOCATION = "expanded"
MICROSOFT = "com.microsoft"
OPSET = 21


def external(name: str, dtype: int, shape: list[int], location: str, offset: int, length: int) -> TensorProto:
    """An initializer whose bytes lie in `location`."""
    tensor = TensorProto(name=name, data_type=dtype, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": offset, "length": length}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


class GraphBuilder:
    """Adds nodes and initializers in order; every method returns the name of what it added."""

    def __init__(self, tensors: dict[str, PackTensor]):
        self.tensors = tensors
        self.expanded = ExpandedFile(tensors)
        self._nodes = []
        self._initializers = {}
        self._inputs = []
        self._outputs = []

    def input(self, name: str, dtype: int, shape: list) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, name: str, dtype: int, shape: list) -> str:
        self._outputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", extra: tuple[str, ...] = (), **attributes):
        """Adds a node with first output `output`; `extra` names its further outputs ("" skips one)."""
        outputs = [output, *extra]
        self._nodes.append(helper.make_node(op, inputs, outputs, name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, values, dtype=np.int64) -> str:
        """A small constant held in the graph itself."""
        if name not in self._initializers:
            self._initializers[name] = numpy_helper.from_array(np.asarray(values, dtype), name)
        return name

    def pack(self, source: str, dtype: int, shape: list[int], name: str | None = None) -> str:
        """A pack tensor used as it lies in the pack."""
        tensor = self.tensors[source]
        name = name or source
        self._initializers[name] = external(name, dtype, shape, PACK_LOCATION, tensor.offset, tensor.bytes)
        return name

    def expand(self, source: str, transform: str, dtype: int, shape: list[int]) -> str:
        """A pack tensor through a transform, in the expanded file; a second request shares the first one's bytes."""
        name = f"{source}:{transform}"
        if name not in self._initializers:
            return self.place(name, [self.expanded.place(source, transform)], dtype, shape)
        return name

    def place(self, name: str, steps: list[Expansion], dtype: int, shape: list[int]) -> str:
        """One initializer over consecutive steps of the expanded file."""
        length = sum(step.bytes for step in steps)
        self._initializers[name] = external(name, dtype, shape, EXPANDED_LOCATION, steps[0].offset, length)
        return name

    def model(self, name: str):
        """The finished model."""
        graph = helper.make_graph(
            self._nodes, name, self._inputs, self._outputs, list(self._initializers.values())
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="shellwright")
