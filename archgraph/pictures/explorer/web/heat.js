// Boxes coloured by what they cost, and the legend of what colours mean.

import { amount, MEASURES } from "./words.js";

const HOT = 0.55; // from here on texts are light

/** Colour all closed boxes and nodes by their part of a measure; none gives them their own colours again. */
export function warm(scene, measure) {
  const seen = [...scene.drawn.values()].filter((one) => !one.layout);
  const most = measure ? Math.max(1, ...seen.map((one) => one.part[measure])) : 0;
  for (const { node, part } of seen) {
    const share = measure ? part[measure] / most : 0;
    node.classList.toggle("heated", Boolean(measure));
    node.classList.toggle("hot", share > HOT);
    if (measure) node.style.setProperty("--warmth", `${(100 * share).toFixed(1)}%`);
    else node.style.removeProperty("--warmth");
  }
  return most;
}

const FAMILIES = {
  conv: "convolution",
  linear: "linear",
  norm: "normalisation",
  activation: "activation",
  pool: "pooling",
  merge: "merging",
  attention: "attention",
  block: "block",
  other: "other",
};
const STATUS = { added: "added", removed: "removed", changed: "changed", same: "unchanged" };

/** What the colours mean: of the heat map, of a diff, or of the families of ops that the network has. */
export function legend(place, network, measure, most) {
  place.replaceChildren();
  const entry = (kind, text, extra = "") => {
    const line = document.createElement("span");
    const swatch = document.createElement("i");
    swatch.className = `${kind} ${extra}`;
    line.append(swatch, text);
    place.append(line);
  };
  if (measure) {
    const ramp = document.createElement("i");
    ramp.className = "ramp";
    place.append(`${MEASURES[measure]}: 0`, ramp, amount(most, measure));
  } else if (network.contents.marked) {
    for (const [status, text] of Object.entries(STATUS)) entry(`status-${status}`, text);
  } else {
    const has = new Set(network.parts.filter((part) => !part.end).map((part) => part.family));
    for (const [family, text] of Object.entries(FAMILIES)) if (has.has(family)) entry(`family-${family}`, text);
  }
  if (network.parts.some((part) => part.train_only)) entry("training", "in training only");
}
