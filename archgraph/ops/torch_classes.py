"""Which classes of `torch.nn` cannot be nodes, and how the arguments of the others stand in order."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import NamedTuple


class Refusal(NamedTuple):
    """Why a class cannot be a node, and what to write in its place."""

    what: str
    instead: str = ""


_HOLDS = Refusal("it holds other modules", "the nodes of a graph do: write what it would hold as nodes")
_RECURRENT = Refusal("it gives its states in a tuple of their own", "its cell is a node, e.g. `nn.LSTMCell`")
_INDICES = Refusal("it looks rows up by whole numbers, and what flows in a graph are not", "`linear` or `conv`")

REFUSED = {
    **dict.fromkeys(("Module", "Sequential", "ModuleList", "ModuleDict"), _HOLDS),
    **dict.fromkeys(("ParameterList", "ParameterDict", "Container"), _HOLDS),
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _RECURRENT),
    **dict.fromkeys(("RNNBase", "RNNCellBase"), Refusal("it is a base of other classes", "e.g. `nn.GRUCell`")),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), _INDICES),
    "CrossMapLRN2d": Refusal("it goes through the channels in a loop of Python", "`local_response_norm` does the same"),
    "DataParallel": Refusal("it says where a network runs, not what it is", "wrap the built module"),
    "TransformerEncoder": Refusal(_HOLDS.what, "`nn.TransformerEncoderLayer` with `repeat:`, or `transformer`"),
    "TransformerDecoder": Refusal(_HOLDS.what, "`nn.TransformerDecoderLayer`, once a layer"),
    "AdaptiveLogSoftmaxWithLoss": Refusal("it is a loss", "a recipe names the loss, not a network"),
    **dict.fromkeys(
        ("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"),
        Refusal("its second input are whole numbers, which torch checks", "`max_unpool` is an op of its own"),
    ),
}


def refusal(name: str) -> Refusal | None:
    """Why a class of `torch.nn` cannot be a node; None for one that may."""
    if name in REFUSED:
        return REFUSED[name]
    if name.endswith(("Loss", "Loss2d")):
        return Refusal("it is a loss", "a recipe names the loss, not a network")
    if name.startswith("Lazy"):
        return Refusal("it learns its sizes at the first run", f"`nn.{name.removeprefix('Lazy')}` says them")
    return None


def positional(target: type, arguments: Iterable[str]) -> list[str]:
    """The arguments that a class takes by position, in order, up to the first that a spec cannot give."""
    known = set(arguments)
    found = []
    for name, parameter in inspect.signature(target).parameters.items():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or name not in known:
            break
        found.append(name)
    return found
