"""The gallery: `python docs/gallery.py` draws its pictures and writes docs/gallery.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import archgraph
from archgraph.pictures.choices import Choices
from archgraph.pictures.dot import dot
from archgraph.pictures.picture import Drawing

PAGE = Path(__file__).parent / "gallery.md"
IMAGES = PAGE.parent / "images" / "gallery"


@dataclass(frozen=True)
class Shown:
    """A picture: the network, how it is drawn, what it is here for, and how wide it is on the page."""

    name: str
    look: Mapping[str, Any]
    says: str
    width: int = 420

    @property
    def options(self) -> str:
        """How it is drawn, as `archgraph render` is asked."""
        return " ".join(f"--{key}" if value is True else f"--{key} {value}" for key, value in self.look.items())

    @property
    def file(self) -> Path:
        """Where it is kept: under the name of the network and the options."""
        return IMAGES / ("_".join([self.name, *self.options.replace("--", "").split()]) + ".svg")

    def svg(self) -> str:
        """It, drawn now."""
        spec = archgraph.load(self.name)
        choices = Choices.of(spec, {})
        return Drawing(dot(archgraph.expand(spec), choices=choices, **self.look)).render("svg").decode()


GALLERY = (
    Shown("resnet50", {"depth": 1}, "Stages: each is one box that says how many blocks it has.", 260),
    Shown("resnet50", {"depth": 2}, "The same, its stages open: blocks, equal ones once with how many they are.", 400),
    Shown("resnet18", {}, "By default the first box of each kind is open, and the others like it are closed.", 400),
    Shown("cifar_resnet8", {"flat": True}, "Every primitive.", 460),
    Shown("googlenet_bn", {"depth": 1}, "Heads that exist in training alone are dashed.", 460),
    Shown("hrnetv2_w48", {"depth": 1}, "Streams are lanes, the finest first.", 420),
    Shown("hrnetv2_w48", {"depth": 2}, "The same lanes, with the ways between them.", 640),
    Shown("unet", {"depth": 1, "heat": "activations"}, "Where the memory of training goes.", 360),
    Shown("mobilenet_v2", {"depth": 1, "heat": "macs"}, "Where the multiply-adds are.", 300),
    Shown("vgg16", {"depth": 1, "heat": "params"}, "Where the parameters are.", 300),
    Shown("resnet18", {"depth": 1, "theme": "paper"}, "For print: black on white, serif, a column wide.", 240),
    Shown("deeplabv3plus_resnet50", {"depth": 1, "direction": "right"}, "From left to right.", 900),
    Shown("vit_tiny", {"depth": 1, "theme": "dark"}, "On a dark page.", 300),
    Shown("nasbench201", {}, "A space: every choice with what was taken, and what else there is.", 640),
    Shown("swin_tiny", {}, "Windows of attention, shifted and not.", 520),
    Shown("densenet121", {"depth": 1}, "Dense blocks, closed.", 280),
)


def page() -> str:
    """The gallery as Markdown."""
    parts = [
        "# Gallery\n",
        "Networks of the zoo, each drawn by the command above it. `python docs/gallery.py` makes this page;",
        "[Pictures](pictures.md) says what can be asked for.\n",
    ]
    for shown in GALLERY:
        command = f"archgraph render {shown.name} -o {shown.name}.svg {shown.options}".rstrip()
        heading = f"{shown.name} {shown.options.replace('--', '')}".strip()
        alt = f"{shown.name}, drawn by {command}"
        parts += [
            f"## {heading}\n",
            f"{shown.says}\n",
            f"```sh\n{command}\n```\n",
            f'<img src="images/gallery/{shown.file.name}" alt="{alt}" width="{shown.width}">\n',
        ]
    return "\n".join(parts)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    for path in set(IMAGES.glob("*.svg")) - {shown.file for shown in GALLERY}:
        path.unlink()
    for shown in GALLERY:
        shown.file.write_text(shown.svg(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(GALLERY)} pictures")


if __name__ == "__main__":
    main()
