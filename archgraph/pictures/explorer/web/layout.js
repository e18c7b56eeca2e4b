// Where everything in an open box stands. A box is laid out from the sizes of what is in it, and again only if one of
// them changed; boxes in which everything is equal share one layout.

import { pieces, solve } from "./segments.js";
import { heading, lettering } from "./words.js";

const PAD = 14;
const JOG = 14; // for a line between two pieces that has to move aside
const APART = 24; // between pieces that nothing connects

/** The layouts of a network's open boxes, for one direction of the flow. */
export class Layout {
  constructor(network, wiring, direction) {
    this.network = network;
    this.wiring = wiring;
    this.down = direction === "down";
    this.boxes = new Map();
    this.known = new Map();
    this.open = new Set();
  }

  /** The layout of the network with some of its boxes open. What holds no box that opened or closed stays as it was. */
  whole(open) {
    for (const id of open) if (!this.open.has(id)) this.forget(id);
    for (const id of this.open) if (!open.has(id)) this.forget(id);
    this.open = new Set(open);
    return this.of(this.network.root, open);
  }

  forget(id) {
    const part = this.network.parts[id];
    for (const box of [this.network.root, ...this.network.around(part), part]) this.boxes.get(box.id)?.stale();
  }

  /** The layout of an open box: its size, where its `items` are and the `arrows` between them, in its own corner. */
  of(box, open) {
    const before = this.boxes.get(box.id);
    if (before?.fresh) return before.layout;
    const items = box.kids.map((kid) => this.item(kid, open));
    const content = this.content(box, items, open);
    const key = JSON.stringify([content.pieces.map((one) => one.solution.key), this.words(box), box.id < 0]);
    if (before?.layout.key === key && same(before.layout.children, items)) {
      before.fresh = true;
      return before.layout;
    }
    let found = this.known.get(key);
    if (!found) {
      found = this.stacked(content, this.words(box), box);
      this.known.set(key, found);
    }
    const arrows = content.edges.map((edge, n) => ({ ...edge, path: found.paths[n] }));
    const mine = { ...found, key, children: items, arrows };
    this.boxes.set(box.id, new Known(mine));
    return mine;
  }

  /** Open children are laid out first, for their sizes; a closed one is as large as its words. */
  item(kid, open) {
    const turned = (width, height) => (this.down ? { across: width, along: height } : { across: height, along: width });
    if (!kid.box || !open.has(kid.id)) {
      const { width, height } = lettering(kid);
      return { kid, ...turned(width, height) };
    }
    const layout = this.of(kid, open);
    return { kid, layout, ...turned(layout.width, layout.height), ins: layout.ins, outs: layout.outs };
  }

  words(box) {
    return box.id < 0 ? { width: 0, height: 0 } : { width: heading(box).width, height: heading(box).height };
  }

  /** The pieces of a box, each solved, and all arrows of all pieces in one list. */
  content(box, items, open) {
    const { links, ins, outs } = this.wiring.of(box);
    const place = new Map(box.kids.map((kid, n) => [kid.id, n]));
    const ports = (id, value, side) =>
      open.has(id) ? this.wiring.of(this.network.parts[id])[side].get(value) : undefined;
    const arrows = new Map();
    for (const link of links.values()) {
      const arrow = {
        tail: link.tail < 0 ? -1 : place.get(link.tail),
        tailPort: link.tail < 0 ? ins.get(link.value) : ports(link.tail, link.value, "outs"),
        head: link.head < 0 ? items.length : place.get(link.head),
        headPort: link.head < 0 ? outs.get(link.value) : ports(link.head, link.value, "ins"),
      };
      const key = [arrow.tail, arrow.tailPort, arrow.head, arrow.headPort].join();
      const known = arrows.get(key) ?? { ...arrow, links: [] };
      known.links.push(link);
      arrows.set(key, known);
    }
    const found = pieces(items, [...arrows.values()]).map((one) => ({ ...one, solution: solve(one) }));
    const edges = found.flatMap((one) =>
      one.edges.map((edge) => ({
        links: [...new Set(edge.arrows.flatMap((arrow) => arrow.links))],
        starts: edge.tail >= 0 ? items[one.from + edge.tail].kid : null,
        ends: edge.head < one.items.length ? items[one.from + edge.head].kid : null,
      })),
    );
    return { pieces: found, edges, ins: ins.size, outs: outs.size };
  }

  /** The pieces one below the other, their lines in and out on one straight line where there is one. */
  stacked(content, words, box) {
    const [places, paths] = [[], []];
    const ports = { ins: [], outs: [] };
    let along = 0;
    let before = null;
    content.pieces.forEach((one, n) => {
      const { solution } = one;
      const single = one.ins.length === 1 ? solution.ins[0] : one.outs.length === 1 ? solution.outs[0] : null;
      const shift = -(single ?? solution.across / 2);
      if (before) {
        const [from, to] = [before.at, one.ins.length === 1 ? 0 : null];
        if (from === null || to === null) along += APART;
        else if (Math.abs(from - to) > 0.5) along += JOG;
      }
      solution.items.forEach((place, m) => {
        places.push({ across: place.across + shift, along: place.along + along, size: one.items[m].across });
      });
      const start = before?.at ?? null;
      solution.paths.forEach((path, m) => {
        const moved = path.map(([letter, ...numbers]) => [
          letter,
          ...numbers.map((x, k) => x + (k % 2 ? along : shift)),
        ]);
        const edge = one.edges[m];
        if (edge.tail < 0 && start !== null && Math.abs(start) > 0.5) joined(moved, start, before.along);
        paths.push(moved);
      });
      if (n === 0)
        ports.ins = ordered(
          one.ins,
          solution.ins.map((x) => x + shift),
          content.ins,
        );
      if (n === content.pieces.length - 1)
        ports.outs = ordered(
          one.outs,
          solution.outs.map((x) => x + shift),
          content.outs,
        );
      along += solution.along;
      before = { at: one.outs.length === 1 ? solution.outs[0] + shift : null, along };
    });
    const edges = content.pieces.flatMap((one) => one.edges.map((edge) => [edge, one]));
    return this.framed({ places, paths, ports, along, edges }, words, box);
  }

  /** The content with its words and a border around it, turned as the flow goes. */
  framed({ places, paths, ports, along, edges }, words, box) {
    const points = paths.flatMap((path) => path.flatMap(([, ...n]) => n.filter((_, k) => k % 2 === 0)));
    const sides = places.flatMap((place) => [place.across, place.across + place.size]);
    const low = Math.min(0, ...points, ...sides);
    const high = Math.max(0, ...points, ...sides);
    const pad = box.id < 0 ? 0 : PAD;
    const start = this.down ? words.height : pad;
    // The words stand left of the line that comes in, as far as they are short.
    const aside = ports.ins.length === 1 && words.width ? Math.min(words.width, 180) + 22 : 0;
    const left = this.down ? Math.max(pad - low, aside) : words.height - low + 4;
    const width = Math.max(left + high + pad, this.down ? words.width + 2 * pad : 0);
    const length = Math.max(start + along + pad, this.down ? 0 : words.width + 2 * pad);
    const put = (x, y) => (this.down ? [x + left, y + start] : [y + start, x + left]);
    edges.forEach(([edge, one], n) => {
      if (edge.tail < 0 && one.from === 0) paths[n].unshift(["M", paths[n][0][1], -start]);
      if (edge.tail < 0 && one.from === 0) paths[n][1] = ["L", ...paths[n][1].slice(1)];
      if (edge.head >= one.items.length && one.from + one.items.length === places.length) {
        paths[n].push(["L", paths[n].at(-1).at(-2), length - start]);
      }
    });
    const turned = ([letter, ...numbers]) => {
      const pairs = [];
      for (let k = 0; k < numbers.length; k += 2)
        pairs.push(
          put(numbers[k], numbers[k + 1])
            .map(rounded)
            .join(" "),
        );
      return letter + pairs.join(" ");
    };
    return {
      width: Math.ceil(this.down ? width : length),
      height: Math.ceil(this.down ? length : width),
      ins: ports.ins.map((x) => x + left),
      outs: ports.outs.map((x) => x + left),
      items: places.map((place) => put(place.across, place.along)),
      paths: paths.map((path) => ({ d: path.map(turned).join(""), at: put(...path[0].slice(-2)) })),
    };
  }
}

/** A layout that is right until something in its box opens or closes. */
class Known {
  constructor(layout) {
    this.layout = layout;
    this.fresh = true;
  }

  stale() {
    this.fresh = false;
  }
}

const rounded = (number) => Math.round(number * 10) / 10;
const same = (before, after) => before.every((item, n) => item.layout === after[n].layout);

/** Begin a path where the line of the piece above ended, with a step aside. */
function joined(path, from, along) {
  const [, x, y] = path[0];
  const middle = (along + y) / 2;
  path.splice(0, 1, ["M", from, along], ["C", from, middle, x, middle, x, y]);
}

/** The places of ports by their number in the box, whatever order the piece met them in. */
function ordered(numbers, places, count) {
  const found = Array.from({ length: count }, () => 0);
  numbers.forEach((number, n) => (found[number] = places[n]));
  return found;
}
