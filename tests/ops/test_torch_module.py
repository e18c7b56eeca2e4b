"""Every class of torch.nn: what comes of it as a node, and its cost against a count by hand."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

import archgraph
from archgraph.errors import RuleError, SpecError
from archgraph.ops import make
from archgraph.ops.base import Primitive
from archgraph.ops.facts import facts
from archgraph.ops.torch_classes import refusal
from archgraph.shape import Shape

pytestmark = pytest.mark.torch

CLASSES = sorted(
    name for name in dir(nn) if inspect.isclass(getattr(nn, name)) and issubclass(getattr(nn, name), nn.Module)
)
MAP, SEQUENCE, VECTOR, VOLUME = (8, 6, 5), (8, 9), (8,), (2, 5, 5, 5)


class Case(NamedTuple):
    """Arguments and inputs of a class, and its multiply-adds by hand."""

    args: Mapping[str, Any] = {}
    inputs: tuple[Shape, ...] = (MAP,)
    macs: int = 0


SIMPLE = [
    "AlphaDropout", "CELU", "Dropout", "Dropout2d", "ELU", "FeatureAlphaDropout", "Flatten", "GELU", "Hardshrink",
    "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU", "LogSigmoid", "Mish", "PReLU", "RReLU", "ReLU",
    "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax2d", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink",
]  # fmt: skip
"""Those that take a map and no argument."""

CASES = {
    **dict.fromkeys(SIMPLE, Case()),
    "GLU": Case(inputs=((8, 5, 6),)),
    "AdaptiveAvgPool1d": Case({"0": 3}, (SEQUENCE,)),
    "AdaptiveAvgPool2d": Case({"0": (None, 3)}),
    "AdaptiveAvgPool3d": Case({"0": 2}, (VOLUME,)),
    "AdaptiveMaxPool1d": Case({"0": 3}, (SEQUENCE,)),
    "AdaptiveMaxPool2d": Case({"0": 2, "return_indices": True}),
    "AdaptiveMaxPool3d": Case({"0": 2}, (VOLUME,)),
    "AvgPool1d": Case({"0": 2}, (SEQUENCE,)),
    "AvgPool2d": Case({"0": 2, "ceil_mode": True}),
    "AvgPool3d": Case({"0": 2}, (VOLUME,)),
    "BatchNorm1d": Case({"0": 8}, (SEQUENCE,)),
    "BatchNorm2d": Case({"0": 8, "affine": False}),
    "BatchNorm3d": Case({"0": 2}, (VOLUME,)),
    "ChannelShuffle": Case({"groups": 2}),
    "CircularPad1d": Case({"0": (1, 2)}, (SEQUENCE,)),
    "CircularPad2d": Case({"0": 1}),
    "CircularPad3d": Case({"0": 1}, (VOLUME,)),
    "ConstantPad1d": Case({"0": 1, "1": 0.5}, (SEQUENCE,)),
    "ConstantPad2d": Case({"padding": (1, 0, 2, 0), "value": 0}),
    "ConstantPad3d": Case({"0": 1, "1": 0.5}, (VOLUME,)),
    "Conv1d": Case({"0": 8, "1": 4, "2": 3, "groups": 2}, (SEQUENCE,), 4 * 7 * 4 * 3),
    "Conv2d": Case({"0": 8, "1": 16, "2": 3, "padding": "same"}, (MAP,), 16 * 30 * 8 * 9),
    "Conv3d": Case({"0": 2, "1": 3, "2": 3}, (VOLUME,), 3 * 27 * 2 * 27),
    "ConvTranspose1d": Case({"0": 8, "1": 6, "2": 3}, (SEQUENCE,), 9 * 8 * 6 * 3),
    "ConvTranspose2d": Case({"0": 8, "1": 6, "2": 3, "stride": 2, "groups": 2}, (MAP,), 30 * 8 * 3 * 9),
    "ConvTranspose3d": Case({"0": 2, "1": 3, "2": 2}, (VOLUME,), 125 * 2 * 3 * 8),
    "CosineSimilarity": Case({}, (MAP, MAP)),
    "Dropout1d": Case({}, (SEQUENCE,)),
    "Dropout3d": Case({}, (VOLUME,)),
    "Fold": Case({"0": (4, 4), "1": 2}, ((12, 9),)),
    "FractionalMaxPool2d": Case({"0": 2, "output_ratio": 0.5}),
    "FractionalMaxPool3d": Case({"0": 2, "output_size": 2}, (VOLUME,)),
    "GRUCell": Case({"0": 8, "1": 16}, (VECTOR,), 3 * 16 * (8 + 16)),
    "GroupNorm": Case({"0": 4, "1": 8}),
    "InstanceNorm1d": Case({"0": 8, "affine": True}, (SEQUENCE,)),
    "InstanceNorm2d": Case({"0": 8, "track_running_stats": True}),
    "InstanceNorm3d": Case({"0": 2}, (VOLUME,)),
    "LPPool1d": Case({"0": 2, "1": 3}, (SEQUENCE,)),
    "LPPool2d": Case({"0": 2.0, "1": 3}),
    "LPPool3d": Case({"0": 2, "1": 3}, (VOLUME,)),
    "LSTMCell": Case({"0": 8, "1": 16}, (VECTOR,), 4 * 16 * (8 + 16)),
    "LayerNorm": Case({"0": (6, 5), "bias": False}),
    "Linear": Case({"0": 9, "1": 4}, (SEQUENCE,), 8 * 9 * 4),
    "LocalResponseNorm": Case({"0": 3}),
    "LogSoftmax": Case({"dim": 1}),
    "MaxPool1d": Case({"0": 2}, (SEQUENCE,)),
    "MaxPool2d": Case({"0": (2, 3), "stride": 1, "padding": (1, 0)}),
    "MaxPool3d": Case({"0": 2}, (VOLUME,)),
    "MultiheadAttention": Case(
        # Queries, keys and values; scores and their use; the last layer.
        {"0": 8, "1": 2, "batch_first": True}, ((5, 8),) * 3, 5 * 8 * 24 + 2 * 5 * 5 * 8 + 5 * 8 * 8,
    ),
    "PairwiseDistance": Case({}, (VECTOR, VECTOR)),
    "PixelShuffle": Case({"0": 2}),
    "PixelUnshuffle": Case({"0": 2}, ((3, 4, 6),)),
    "RMSNorm": Case({"0": 5, "eps": 1e-6}),
    "RNNCell": Case({"0": 8, "1": 16, "nonlinearity": "relu"}, (VECTOR,), 16 * (8 + 16)),
    "ReflectionPad1d": Case({"0": 2}, (SEQUENCE,)),
    "ReflectionPad2d": Case({"0": (1, 2, 0, 3)}),
    "ReflectionPad3d": Case({"0": 1}, (VOLUME,)),
    "ReplicationPad1d": Case({"0": 2}, (SEQUENCE,)),
    "ReplicationPad2d": Case({"0": 2}),
    "ReplicationPad3d": Case({"0": 1}, (VOLUME,)),
    "Softmax": Case({"dim": -1}),
    "Softmin": Case({"dim": 1}, (VECTOR,)),
    "SyncBatchNorm": Case({"0": 8}),
    "Threshold": Case({"0": 0.5, "1": 0.0}),
    "Transformer": Case(
        {"d_model": 8, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 16,
         "batch_first": True},
        ((5, 8), (7, 8)),
        # The encoder, of 5 tokens; the decoder's own attention, of 7; between the two; its linear layers.
        (5 * 8 * 32 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 16)
        + (7 * 8 * 32 + 2 * 7 * 7 * 8) + (7 * 8 * 16 + 5 * 8 * 16 + 2 * 7 * 5 * 8) + 2 * 7 * 8 * 16,
    ),
    "TransformerDecoderLayer": Case(
        {"0": 8, "1": 2, "2": 16, "batch_first": True}, ((5, 8), (7, 8)),
        (5 * 8 * 32 + 2 * 5 * 5 * 8) + (5 * 8 * 16 + 7 * 8 * 16 + 2 * 5 * 7 * 8) + 2 * 5 * 8 * 16,
    ),
    "TransformerEncoderLayer": Case(
        {"0": 8, "1": 2, "2": 16, "activation": "gelu", "batch_first": True}, ((5, 8),),
        5 * 8 * 32 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 16,
    ),
    "Unflatten": Case({"0": 1, "1": (2, 4)}),
    "Unfold": Case({"0": 2, "stride": 2}),
    "Upsample": Case({"scale_factor": 2.0, "mode": "bilinear"}),
    "UpsamplingBilinear2d": Case({"0": (9, 9)}),
    "UpsamplingNearest2d": Case({"scale_factor": 2}),
    "ZeroPad1d": Case({"0": 1}, (SEQUENCE,)),
    "ZeroPad2d": Case({"0": 1}),
    "ZeroPad3d": Case({"0": 1}, (VOLUME,)),
}  # fmt: skip

HOLDERS = ["Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
REFUSED = {
    **dict.fromkeys((*HOLDERS, "TransformerEncoder", "TransformerDecoder"), "it holds other modules"),
    "CrossMapLRN2d": "it goes through the channels in a loop of Python",
    "DataParallel": "it says where a network runs, not what it is",
    **dict.fromkeys(("RNN", "LSTM", "GRU"), "it gives its states in a tuple of their own"),
    **dict.fromkeys(("RNNBase", "RNNCellBase"), "it is a base of other classes"),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), "it looks rows up by whole numbers"),
    **dict.fromkeys(("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"), "whole numbers"),
    **{name: "it is a loss" for name in CLASSES if "Loss" in name},
    **{name: "it learns its sizes at the first run" for name in CLASSES if name.startswith("Lazy")},
}
UNSEEN = {"Bilinear": Case({"0": 8, "1": 7, "2": 3}, ((8,), (7,)))}


def primitive(name: str, args: Mapping[str, Any]) -> Primitive:
    op = make(f"nn.{name}", args)
    assert isinstance(op, Primitive)
    return op


def test_these_are_all_classes_of_torch_nn() -> None:
    assert not set(CASES) & set(REFUSED)
    assert set(CLASSES) == {name for name in (*CASES, *REFUSED, *UNSEEN) if hasattr(nn, name)}


@pytest.mark.parametrize("name", [name for name in CASES if hasattr(nn, name)])
def test_a_class_costs_what_it_does_and_gives_what_it_gives(name: str) -> None:
    case = CASES[name]
    op = primitive(name, case.args)
    found = facts(op, case.inputs)
    assert found.macs == case.macs
    assert op.measured

    call = op.lower(*case.inputs).module
    assert call is not None and call.target == f"nn.{name}"
    module = getattr(nn, name)(*call.args, **call.kwargs).eval()
    with torch.no_grad():
        given = module(*(torch.rand(4, *shape) for shape in case.inputs))
    outputs = (given,) if isinstance(given, Tensor) else given
    assert [tuple(output.shape) for output in outputs] == [(4, *shape) for shape in (found.shape, *found.further)]
    assert dict(op.weights(*case.inputs)) == {name: tuple(value.shape) for name, value in module.named_parameters()}
    buffers = {name: tuple(value.shape) for name, value in module.named_buffers() if value.dim()}
    assert dict(op.buffers(*case.inputs)) == buffers
    assert pickle.loads(pickle.dumps(op)) == copy.deepcopy(op) == op


@pytest.mark.parametrize("name", [name for name in REFUSED if hasattr(nn, name)])
def test_a_class_that_is_no_node_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(RuleError) as caught:
        make(f"nn.{name}", {})
    assert caught.value.message.startswith(f"nn.{name} cannot be a node: ")
    assert REFUSED[name] in caught.value.message
    assert caught.value.hint and refusal(name) is not None


def test_work_that_the_counter_does_not_see_is_no_zero() -> None:
    case = UNSEEN["Bilinear"]
    with pytest.raises(RuleError, match=r"torch's counter sees no work in nn.Bilinear, though it has weight of 3x8x7"):
        primitive("Bilinear", case.args).macs(*case.inputs)


@pytest.mark.parametrize(
    ("name", "args", "message", "hint"),
    [
        ("nn.Gelu", {}, "nn.Gelu is unknown: `nn.` stands before a class of torch.nn", "did you mean 'nn.GELU'?"),
        ("nn.functional", {}, "nn.functional is not a module: `nn.` stands before a class of torch.nn", "e.g. "),
        ("nn.Parameter", {}, "nn.Parameter is not a module: `nn.` stands before a class of torch.nn", ""),
        ("nn.Conv2d", {"0": 3, "1": 8}, "nn.Conv2d needs kernel_size", "nn.Conv2d takes in_channels, out_channels"),
        ("nn.Conv2d", {"in_chanels": 3}, "nn.Conv2d has no argument 'in_chanels'", "did you mean 'in_channels'?"),
        ("nn.Linear", {"0": 3, "1": 4, "device": "cuda"}, "nn.Linear has no argument 'device'", "allowed: "),
        ("nn.ReLU", {"0": False, "1": 3}, "nn.ReLU takes 1 arguments by position, given more", "they are: inplace"),
        ("nn.Linear", {"0": 3, "in_features": 3, "1": 4}, "in_features is given twice: by name and by position", ""),
        ("nn.ReLU", {"inplace": True}, "nn.ReLU with inplace would overwrite", "leave it out"),
        ("nn.Softmax", {}, "nn.Softmax needs dim", ""),
        ("nn.Linear", {"0": 3, "1": {"a": 4}}, "out_features takes a number, a text", ""),
        ("nn.Conv2d", {"0": 3, "1": 8, "2": 3, "groups": 2}, "torch refuses nn.Conv2d: in_channels", ""),
        ("nn.Linear", {"0": 3, "1": "many"}, "torch refuses nn.Linear: ", ""),
        (
            "nn.MultiheadAttention",
            {"0": 8, "1": 2},
            "nn.MultiheadAttention takes the batch as its second axis unless batch_first is true",
            "write `batch_first: true`",
        ),
        ("nn.Transformer", {"num_encoder_layers": 10**9, "batch_first": True}, "num_encoder_layers is 1000000000", ""),
    ],
)  # fmt: skip
def test_wrong_classes_and_arguments_are_refused(name: str, args: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(RuleError) as caught:
        make(name, args)
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("name", "args", "inputs", "message"),
    [
        ("Conv2d", {"0": 3, "1": 8, "2": 3}, ((4, 9, 9),), "torch refuses nn.Conv2d at 4x9x9: "),
        ("Conv2d", {"0": 2, "1": 8, "2": 3}, ((9, 9),), "torch refuses nn.Conv2d at 9x9: "),
        ("Linear", {"0": 3, "1": 8}, ((3,), (3,)), "torch refuses nn.Linear at 3, 3: "),
        ("Flatten", {"start_dim": 0}, ((3, 4),), "nn.Flatten does not keep the batch as the first axis at 3x4"),
        ("GLU", {"dim": -3}, ((4, 6),), "dim -3 is the axis of the batch"),
        ("Softmax", {"dim": 0}, ((4, 6),), "dim 0 is the axis of the batch"),
        ("Softmax2d", {}, ((4, 6),), "nn.Softmax2d takes a map, given 4x6"),
        # An attention without an axis of tokens takes the batch for it: its work grows with the batch's square.
        ("MultiheadAttention", {"0": 8, "1": 2, "batch_first": True}, ((8,),) * 3, "nn.MultiheadAttention does not"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    name: str, args: dict[str, Any], inputs: tuple[Shape, ...], message: str
) -> None:
    with pytest.raises(RuleError) as caught:
        primitive(name, args).shape(*inputs)
    assert caught.value.message.startswith(message)


SPEC = """\
archgraph: 1
name: net
input: [3, 16, 16]
graph:
  - nn.Conv2d: [3, 8, 3]
  - nn.PReLU: {num_parameters: 8}
  - nn.MaxPool2d: {kernel_size: 2, return_indices: true}
    id: pool
  - nn.Flatten:
    from: pool/0
  - nn.Linear: [392, 10]
"""


def test_a_network_of_torch_classes_costs_and_runs_like_any_other() -> None:
    spec = archgraph.loads(SPEC)
    assert archgraph.loads(archgraph.dump(spec)) == spec
    cost = archgraph.cost(spec)
    module = archgraph.build(spec)
    assert cost.params == sum(weight.numel() for weight in module.parameters()) == 224 + 8 + 3930
    assert cost.macs == 14 * 14 * 8 * 27 + 3920
    torch.manual_seed(0)
    x = torch.randn(2, 3, 16, 16)
    by_hand = nn.Sequential(nn.Conv2d(3, 8, 3), nn.PReLU(8), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(392, 10))
    by_hand.load_state_dict(dict(zip(by_hand.state_dict(), module.state_dict().values(), strict=True)))
    torch.testing.assert_close(module(x), by_hand(x))
    torch.testing.assert_close(pickle.loads(pickle.dumps(module))(x), by_hand(x))


def test_a_mistake_is_shown_at_its_place() -> None:
    with pytest.raises(SpecError) as caught:
        archgraph.expand(archgraph.loads(SPEC.replace("{num_parameters: 8}", "{parameters: 8}"), name="net.yaml"))
    (finding,) = caught.value.findings
    assert str(finding.at) == "net.yaml:6:28"
    assert finding.message == "PReLU1: nn.PReLU has no argument 'parameters'"


def test_without_torch_the_error_says_how_to_install_it() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import archgraph\n"
        f"spec = archgraph.loads({SPEC!r}, name='net.yaml')\n"
        "try: archgraph.cost(spec)\n"
        "except archgraph.SpecError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("net.yaml:5:5: Conv2d1: nn.Conv2d needs torch, which is not installed\n")
    assert "install it: python -m pip install torch" in said


def test_torch_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    op = primitive("Linear", {"0": 31, "1": 17})
    first = facts(op, ((31,),))
    monkeypatch.setattr(nn.Linear, "forward", None)
    again = primitive("Linear", {"0": 31, "1": 17})
    assert again is op and facts(again, ((31,),)) is first
