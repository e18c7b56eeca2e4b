// The picture: an SVG element for each part that is seen, kept from one drawing to the next where nothing changed.

import { about, amount, heading, lettering, shapeText } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The drawing of a network. `drawn` has what is seen now: for each part its element, box and the arrows within it. */
export class Scene {
  constructor(network, group) {
    this.network = network;
    this.group = group;
    this.drawn = new Map();
    this.kept = new Map();
  }

  /** Draw a layout; elements of parts that are as they were stay, at their new places. */
  draw(layout, open) {
    this.open = open;
    this.layout = layout;
    const node = this.part({ kid: this.network.root, layout }, 0, 0, 0);
    if (this.group.firstChild !== node) this.group.replaceChildren(node);
  }

  part(item, x, y, level) {
    const { kid: part, layout } = item;
    const key = `${part.id}${layout ? "+" : ""}`;
    let shown = this.kept.get(key);
    if (shown && shown.layout === layout && this.drawn.get(part.id) === shown) return placed(shown, x, y);
    if (!layout) for (let id = part.id + 1; id < part.next; id += 1) this.drawn.delete(id);
    if (!shown || shown.layout !== layout) {
      shown ??= { part, ...(layout ? this.opened(part) : this.closed(part)) };
      if (layout) this.filled(shown, layout);
      this.kept.set(key, shown);
      this.described(shown.node, part, level, Boolean(layout));
    }
    this.drawn.set(part.id, shown);
    if (layout) {
      // What stays is not touched: to take it out and put it back would have the browser lay out all of it anew.
      let there = shown.inner.firstChild;
      layout.children.forEach((child, n) => {
        const node = this.part(child, ...layout.items[n], level + 1);
        if (!there) shown.inner.append(node);
        else if (there !== node) there.replaceWith(node);
        there = node.nextSibling;
      });
    }
    return placed(shown, x, y);
  }

  described(node, part, level, open) {
    if (part.id < 0) return;
    const shape = shapeText(part.shapes[0]);
    const cost = part.params || part.macs ? `, ${amount(part.params)} parameters, ${amount(part.macs)} MACs` : "";
    const marks = `${part.status ? `, ${part.status}` : ""}${part.train_only ? ", in training only" : ""}`;
    node.setAttribute(
      "aria-label",
      `${part.label}: ${about(part).join(", ") || part.op}, gives ${shape}${cost}${marks}`,
    );
    node.setAttribute("aria-level", level);
    if (part.box) node.setAttribute("aria-expanded", open);
  }

  closed(part) {
    const { lines, nameWidth, width, height } = lettering(part);
    const node = this.frame(part, width, height);
    let y = 5;
    const room = part.box ? 16 : 0;
    for (const line of lines) {
      y += line.height;
      const text = element("text", {
        x: width / 2 + (line.bold ? room / 2 : 0),
        y: y - 3,
        "text-anchor": "middle",
        "font-size": line.size,
        class: line.bold ? "name" : line.faint ? "faint small" : line.chosen ? "choice small" : "small",
      });
      text.textContent = line.text;
      node.append(text);
    }
    if (part.box) node.append(this.mark(part, width / 2 - nameWidth / 2 - 3, 14, false));
    return { node, width, height };
  }

  /** The element of an open box, still without a size and what is in it. */
  opened(part) {
    const inner = element("g", { role: "group" });
    const lines = element("g", { class: "arrows", "aria-hidden": true });
    if (part.id < 0) return { node: element("g", {}, lines, inner), inner, lines };
    const node = this.frame(part, 0, 0);
    node.classList.add("open");
    const { name, said } = heading(part);
    const title = element("text", { x: 24, y: 17, "font-size": 13, class: "name" });
    title.textContent = name;
    const words = element("text", { x: 10, y: 31, "font-size": 11, class: "faint small" });
    words.textContent = said;
    node.append(lines, title, words, this.mark(part, 14, 13, true), inner);
    return { node, inner, lines };
  }

  /** Give an open box the size and the arrows of a layout. */
  filled(shown, layout) {
    const said = new Set();
    shown.arrows = layout.arrows.map((arrow) => ({ arrow, node: this.arrow(arrow, said) }));
    shown.lines.replaceChildren(...shown.arrows.flatMap((one) => one.node));
    const body = shown.node.querySelector(":scope > .body");
    for (const side of ["width", "height"]) body?.setAttribute(side, layout[side]);
    Object.assign(shown, { layout, width: layout.width, height: layout.height });
  }

  frame(part, width, height) {
    const classes = ["part", `family-${part.family}`, part.box ? "box" : "", part.end ? "end" : ""];
    if (part.train_only) classes.push("training");
    if (part.status) classes.push(`status-${part.status}`);
    const node = element("g", {
      class: classes.filter(Boolean).join(" "),
      "data-id": part.id,
      role: "treeitem",
      tabindex: -1,
    });
    if (part.box === "copies" && width) {
      node.append(element("rect", { class: "copies", x: 4, y: -4, width: width - 4, height, rx: part.end ? 12 : 6 }));
    }
    node.append(element("rect", { class: "body", width, height, rx: part.end ? 12 : 6 }));
    if (part.shares !== undefined) {
      const tie = element("text", { class: "shares", x: width - 5, y: 12, "text-anchor": "end", "font-size": 11 });
      tie.textContent = "⚭";
      node.append(tie);
    }
    return node;
  }

  /** The mark that a box is opened and closed by. */
  mark(part, x, y, open) {
    const path = open ? "M-4 -2.5L0 2.5L4 -2.5" : "M-2.5 -4L2.5 0L-2.5 4";
    const area = element("rect", { x: -11, y: -11, width: 22, height: 22, class: "touch" });
    return element(
      "g",
      { class: "mark", transform: `translate(${x} ${y})`, "data-fold": part.id },
      area,
      element("path", { d: path }),
    );
  }

  /** A line, and the shape that it carries where no other line of the same part has said it. */
  arrow({ links, starts, ends, path }, saidBefore) {
    const wires = links.flatMap((link) => link.wires);
    const every = (test) => wires.length > 0 && wires.every(test);
    const classes = ["arrow"];
    if (every((wire) => this.trained(wire))) classes.push("training");
    for (const status of ["added", "removed"]) if (every((wire) => wire.status === status)) classes.push(status);
    if (ends && !this.isOpen(ends)) classes.push("tip");
    const line = element("path", { d: path.d, class: classes.join(" ") });
    const said = starts ? this.shape(starts, links) : "";
    if (!said || saidBefore.has(`${starts.id} ${said}`)) return [line];
    saidBefore.add(`${starts.id} ${said}`);
    const label = element("text", { x: path.at[0] + 5, y: path.at[1] + 11, class: "shape small", "font-size": 10 });
    label.textContent = said;
    return [line, label];
  }

  trained(wire) {
    const { parts } = this.network;
    return parts[wire.to].train_only || parts[wire.from].train_only;
  }

  isOpen(part) {
    return this.open.has(part.id);
  }

  /** What an arrow says of what it carries: the shape where the part before it has changed it. */
  shape(part, links) {
    if (this.isOpen(part) || part.end) return "";
    const shapes = [...new Set(links.map((link) => shapeText(link.shape)))];
    const values = new Set(links.map((link) => link.value)).size;
    if (values > 1) return `${values} tensors${shapes.length === 1 ? `, ${shapes[0]}` : ""}`;
    const before = this.network.nodesOf(part).flatMap((node) => this.network.into[node.id]);
    const entering = before.find((wire) => wire.from < part.id || wire.from >= part.next);
    return entering && shapeText(entering.shape) === shapes[0] ? "" : shapes[0];
  }

  /** Where a drawn part is in the whole picture. */
  place(part) {
    let [x, y] = [0, 0];
    const shown = this.drawn.get(part.id);
    for (let one = part; one && one.id >= 0; one = this.network.parts[one.up]) {
      const { x: dx, y: dy } = this.drawn.get(one.id);
      x += dx;
      y += dy;
    }
    return { x, y, width: shown.width, height: shown.height };
  }
}

function placed(shown, x, y) {
  if (shown.x !== x || shown.y !== y) shown.node.setAttribute("transform", `translate(${x} ${y})`);
  Object.assign(shown, { x, y });
  return shown.node;
}
