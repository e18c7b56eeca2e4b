"""`archgraph train`: what it prints and writes, and every mistake before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Archgraph = Callable[..., Any]
DIGITS = ("train", "cifar_resnet8", "--data", "digits", "--input", "1,8,8")


@pytest.mark.torch
def test_it_trains_and_writes_weights_that_load(archgraph: Archgraph, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from archgraph import build, load, override
    from archgraph.train.data import load as load_data

    file = tmp_path / "w.safetensors"
    found = archgraph(*DIGITS, "--epochs", 2, "-o", file, "--test", "--json")
    assert found.code == 0
    told = json.loads(found.out)
    assert len(told["epochs"]) == 2 and told["validation"] == told["epochs"][-1]
    module = build(override(load("cifar_resnet8"), {"input": (1, 8, 8)}))
    module.load_state_dict(load_file(file))
    test = load_data("digits")["test"]
    right = module.eval()(torch.from_numpy(test.images)).argmax(1).numpy() == test.labels
    assert told["test"]["accuracy"] == pytest.approx(right.mean(), abs=1e-6)


@pytest.mark.torch
def test_a_line_tells_of_every_epoch(archgraph: Archgraph) -> None:
    found = archgraph(*DIGITS, "--epochs", 3, "--train", "images=100", "--set", "classes=10")
    lines = found.out.splitlines()
    assert found.code == 0 and [line.split()[1] for line in lines if line.startswith("epoch")] == ["1/3", "2/3", "3/3"]
    assert lines[0].startswith("cifar_resnet8 on 1,797 handwritten digits")


@pytest.mark.torch
def test_the_same_seed_gives_the_same_weights(archgraph: Archgraph, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.safetensors" for name in "abc"]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        archgraph(*DIGITS, "--epochs", 1, "--train", "augment=[flip, cutout]", "--seed", seed, "-o", file)
    first, same, other = (file.read_bytes() for file in files)
    assert len(first) == len(other)
    # The head of the file names the seed; the weights follow it.
    assert first == same and first[-1000:] != other[-1000:]


@pytest.mark.torch
def test_a_loss_that_is_no_number_ends_with_1(archgraph: Archgraph, tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    found = archgraph(*DIGITS, "--train", "lr=1e12", "-o", file)
    assert found.code == 1 and "ended: the loss became" in found.out and not file.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "digits"), "takes [3, 32, 32], the images of digits are [1, 8, 8]; --input 1,8,8"),
        (
            ("--data", "digits", "--input", "1,8,8", "--set", "classes=7"),
            "is [7], digits has 10 classes; for example --set classes=10",
        ),
        (("--data", "digitz"), "unknown data set 'digitz'; did you mean 'digits'?"),
        (("--data", "no/such"), "no file and no folder 'no/such'; data sets by name: digits"),
        (("--data", "{folder: x, siz: 3}"), "unknown key 'siz' of data: folder; did you mean 'size'?"),
        (("--data", "digits", "--train", "lrr=3"), "--train has no key 'lrr'; did you mean 'lr'?"),
        (("--data", "digits", "--train", "lr=-3"), "--train lr is -3; it takes a number above 0"),
        (("--data", "digits", "--train", "augment=[flop]"), "--train augment is ['flop']; it takes none, or one or"),
        (("--data", "3"), "--data is 3; it takes the name of a data set, a path, or a mapping"),
        (("--data", "digits", "--input", "1,8,8", "-o", "w.pt"), "-o is 'w.pt'; weights are written to a .safetensors"),
        (("--data", "digits", "--input", "1,8,8", "-o", "no/w.safetensors"), "there is no folder 'no'"),
    ],
)
def test_a_wrong_use_is_told_before_anything_is_trained(
    archgraph: Archgraph, words: tuple[str, ...], said: str
) -> None:
    found = archgraph("train", "cifar_resnet8", *words)
    assert found.code == 2 and said in found.err
