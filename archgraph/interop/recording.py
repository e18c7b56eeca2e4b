"""One forward of a module as a list of the ops that ran, each with the tensors it read and gave.

It runs on shapes alone (torch's meta device), and what torch calls composite is seen in its parts, so that two ways to
ask for one thing look alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

Example = Tensor | tuple[Tensor, ...]


class Event(NamedTuple):
    """An op that ran: its name, what it was given by argument name, what it gave, and the module it ran in."""

    op: str
    given: Mapping[str, Any]
    gave: tuple[Tensor, ...]
    overwrites: bool
    place: str


class Recording(NamedTuple):
    """What ran, in order. `weights` are names in the state_dict, by the identity of the tensor that stood for them;
    `constants` the real values of tensors that are neither weights nor inputs.
    """

    events: Sequence[Event]
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    weights: Mapping[int, str]
    constants: Mapping[int, Tensor]


def record(module: nn.Module, example: Example, *, training: bool = True) -> Recording:
    """What a module does with an input (or several); dropout is off."""
    inputs = tuple(x.to("meta") for x in (example if isinstance(example, tuple) else (example,)))
    kept = module.state_dict(keep_vars=True)
    stand_ins: dict[str, Tensor] = {}
    weights: dict[int, str] = {}
    constants: dict[int, Tensor] = {}
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        stand_in = stand_ins[name] = torch.empty_like(tensor, device="meta")
        if name in kept and tensor.is_floating_point():
            weights[id(stand_in)] = name
        else:
            constants[id(stand_in)] = tensor.detach().clone()
    recorder = _Recorder(constants)
    # The fused kernels of attention are one op each; in their parts (MATH) they look like attention written out.
    quiet = (torch.no_grad(), torch.device("meta"), sdpa_kernel(SDPBackend.MATH))
    with ExitStack() as stack:
        for context in (_mode(module, training=training), _places(module, recorder), *quiet):
            stack.enter_context(context)
        with recorder, _Linear(recorder):
            outputs = torch.func.functional_call(module, stand_ins, inputs)
    given = [leaf for leaf in pytree.tree_leaves(outputs) if isinstance(leaf, Tensor)]
    return Recording(recorder.events, inputs, given, weights, constants)


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down every op. It holds all tensors, so that their identities stay theirs."""

    def __init__(self, constants: dict[int, Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.events: list[Event] = []
        self.path: list[str] = []
        self.paused = False
        self._constants = constants
        self._stand_ins: dict[int, tuple[Tensor, Tensor]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = pytree.tree_map_only(Tensor, self._meta, (args, kwargs or {}))
        out = func(*args, **kwargs)
        if not self.paused:
            arguments = func._schema.arguments
            given = {argument.name: argument.default_value for argument in arguments if argument.has_default_value()}
            given |= dict(zip((argument.name for argument in arguments), args, strict=False)) | kwargs
            name = func._schema.name.rpartition("::")[2]
            self.note(name.rstrip("_"), given, out, overwrites=name.endswith("_"))
        return out

    def note(self, name: str, given: Mapping[str, Any], out: Any, *, overwrites: bool = False) -> None:
        gave = tuple(leaf for leaf in pytree.tree_leaves(out) if isinstance(leaf, Tensor))
        self.events.append(Event(name, given, gave, overwrites, self.path[-1] if self.path else ""))

    def leave(self) -> None:
        """The module that ran last is done."""
        self.path.pop()

    def _meta(self, tensor: Tensor) -> Tensor:
        """The stand-in of a tensor that a module keeps beside its weights and buffers."""
        if tensor.is_meta:
            return tensor
        if id(tensor) not in self._stand_ins:
            stand_in = torch.empty_like(tensor, device="meta")
            self._stand_ins[id(tensor)] = (tensor, stand_in)
            self._constants[id(stand_in)] = tensor.detach().clone().clone()
        return self._stand_ins[id(tensor)][1]


class _Linear(TorchFunctionMode):
    """Notes a linear layer as one op; its parts depend on the number of axes."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is not torch.nn.functional.linear or self._recorder.paused:
            return func(*args, **kwargs)
        self._recorder.paused = True
        try:
            out = func(*args, **kwargs)
        finally:
            self._recorder.paused = False
        given = {**dict(zip(("input", "weight", "bias"), args, strict=False)), **kwargs}
        self._recorder.note("linear", {name: given.get(name) for name in ("input", "weight", "bias")}, out)
        return out


@contextmanager
def _mode(module: nn.Module, *, training: bool) -> Iterator[None]:
    before = {part: part.training for part in module.modules()}
    module.train(training)
    for part in module.modules():
        if isinstance(part, _DropoutNd):
            part.training = False
    try:
        yield
    finally:
        for part, mode in before.items():
            part.training = mode


@contextmanager
def _places(module: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Keep the name of the module that runs, for errors."""
    handles = []
    for name, part in module.named_modules():
        handles.append(part.register_forward_pre_hook(lambda *_, name=name: recorder.path.append(name)))
        handles.append(part.register_forward_hook(lambda *_: recorder.leave()))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
