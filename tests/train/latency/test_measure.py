"""What a measurement says of itself, and what it leaves as it was. No test looks at how long anything took."""

from __future__ import annotations

import threading
from typing import ClassVar

import pytest

torch = pytest.importorskip("torch")

from archgraph.errors import UsageError  # noqa: E402
from archgraph.train.latency.lock import alone  # noqa: E402
from archgraph.train.latency.measure import measure, spread  # noqa: E402
from archgraph.train.latency.settings import Timing  # noqa: E402

pytestmark = pytest.mark.torch


def net() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Dropout())


class Seen(torch.nn.Module):
    """Notes what it is called with."""

    calls: ClassVar[list[tuple[object, ...]]] = []

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        x = inputs[0]
        found = (len(inputs), tuple(x.shape), x.dtype, self.training, x.requires_grad, torch.get_num_threads())
        self.calls.append((*found, torch.is_inference_mode_enabled(), float(x.flatten()[0])))
        return x


def test_the_record_says_on_what_it_was_measured() -> None:
    record = measure(net(), [(4,)], on=Timing(batch=3, dtype="bfloat16"), warmup=0.0, repeats=7).as_dict()
    assert record["low_ms"] <= record["median_ms"] <= record["high_ms"]
    known = {key: record[key] for key in ("device", "batch", "dtype", "threads", "repeats")}
    assert known == {"device": "cpu", "batch": 3, "dtype": "bfloat16", "threads": 1, "repeats": 7}
    assert "cores" in record["device_name"]


def test_the_network_runs_as_in_use_on_the_same_numbers_every_time() -> None:
    Seen.calls = []
    for _ in range(2):
        measure(Seen(), [(4, 2), (3,)], on=Timing(batch=5, dtype="float16"), warmup=0.0, repeats=5)
    assert len(set(Seen.calls)) == 1
    assert Seen.calls[0][:7] == (2, (5, 4, 2), torch.float16, False, False, 1, True)


def test_the_module_and_torch_stay_as_they_were() -> None:
    module = net().train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    torch.set_num_threads(2)
    try:
        measure(module, [(4,)], on=Timing(dtype="float16"), warmup=0.0, repeats=5)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert module.training and not torch.is_inference_mode_enabled()
    for name, tensor in module.state_dict().items():
        assert tensor.dtype == before[name].dtype and torch.equal(tensor, before[name])


def test_median_and_quartiles_are_those_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    times = [3.0, 1.0, 10.0, 4.0, 2.0, 8.0]
    assert spread(times)[:3] == pytest.approx(numpy.percentile(times, [50, 25, 75]))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="torch finds no GPU here; cpu is there"):
        measure(net(), [(4,)], on=Timing(device="cuda"))


def test_what_torch_cannot_do_is_told() -> None:
    with pytest.raises(UsageError, match=r"it does not run on cpu, batch 1, float32, 1 thread: mat1 and mat2"):
        measure(net(), [(5,)])


def test_one_measures_at_a_time() -> None:
    pytest.importorskip("fcntl")
    entered = threading.Event()

    def other() -> None:
        with alone():
            entered.set()

    with alone():
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.2)
    assert entered.wait(30)
    thread.join()
