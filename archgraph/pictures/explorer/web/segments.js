// What is in a box, cut where all that flows is one line. Each piece is laid out by itself, once for all that are equal.

import { column } from "./bus.js";
import { loaded, placed } from "./library.js";

const STUB = 15; // of a line before and after what stands alone
const INCH = 72;
// Pieces whose arrows reach past more ranks in all, or have more items, take Graphviz long; those with so many arrows
// that pass others are a tangle that nobody reads.
const [FAR, THICK, TANGLE, MANY] = [500, 100, 12, 400];
const solved = new Map();

/** Thrown by a layout that needs the library before it is there. */
export class Unready extends Error {}

/**
 * The pieces of a box, in order. `items` have their sizes `across` and `along` the flow, and `ins` and `outs`, the places
 * of their ports, where they are open. An arrow goes from `tail` to `head`, places among the items; -1 is the border that
 * the flow comes in by and the number of items the one that it leaves by.
 */
export function pieces(items, arrows) {
  const count = items.length;
  const crossing = new Int32Array(count + 3);
  const anchors = new Map();
  for (const arrow of arrows) {
    const known = anchors.get(anchorOf(arrow)) ?? { low: count, high: -1 };
    known.low = Math.min(known.low, arrow.tail, arrow.head);
    known.high = Math.max(known.high, arrow.tail, arrow.head);
    anchors.set(anchorOf(arrow), known);
  }
  for (const { low, high } of anchors.values()) {
    crossing[low + 1] += 1;
    crossing[high + 1] -= 1;
  }
  const cuts = [];
  let lines = 0;
  for (let cut = 0; cut <= count; cut += 1) {
    lines += crossing[cut];
    if (lines <= 1) cuts.push(cut);
  }
  if (cuts[0] !== 0) cuts.unshift(0);
  if (cuts.at(-1) !== count) cuts.push(count);
  return cuts.slice(1).map((to, n) => piece(items, arrows, cuts[n], to));
}

const anchorOf = (arrow) => `${arrow.tail}/${arrow.tailPort ?? ""}`;

/** The items from one cut to another with the arrows among them, and those that come in and go out. */
function piece(items, arrows, from, to) {
  const found = new Map();
  const [ins, outs] = [new Map(), new Map()];
  const port = (ports, key) => {
    if (!ports.has(key)) ports.set(key, ports.size);
    return ports.get(key);
  };
  const whole = { in: from === 0, out: to === items.length };
  for (const arrow of arrows) {
    if (Math.max(arrow.tail, arrow.head) < from || Math.min(arrow.tail, arrow.head) >= to) continue;
    const edge = {
      tail: arrow.tail - from,
      tailPort: arrow.tailPort,
      head: arrow.head - from,
      headPort: arrow.headPort,
    };
    if (edge.tail < 0) [edge.tail, edge.tailPort] = [-1, port(ins, whole.in ? (arrow.tailPort ?? 0) : anchorOf(arrow))];
    if (edge.head >= to - from) {
      edge.head = to - from;
      edge.headPort = port(outs, whole.out ? (arrow.headPort ?? 0) : anchorOf(arrow));
    }
    const key = [edge.tail, edge.tailPort, edge.head, edge.headPort].join();
    const known = found.get(key) ?? { ...edge, arrows: [] };
    known.arrows.push(arrow);
    found.set(key, known);
  }
  return {
    from,
    items: items.slice(from, to),
    edges: [...found.values()],
    ins: [...ins.keys()],
    outs: [...outs.keys()],
  };
}

/** Where everything in a piece stands, its own corner being (0, 0): `items`, a path for each of its `edges`, its ports. */
export function solve(one) {
  const { items, edges } = one;
  const problem = { items, edges, ins: one.ins.length, outs: one.outs.length };
  const sizes = items.map((item) => [item.across, item.along, item.ins, item.outs]);
  const key = JSON.stringify([
    sizes,
    edges.map((e) => [e.tail, e.tailPort, e.head, e.headPort]),
    problem.ins,
    problem.outs,
  ]);
  let found = solved.get(key);
  if (!found) {
    found = { ...(alone(problem) ?? (dense(problem) ? column(problem) : drawn(problem))), key: solved.size };
    solved.set(key, found);
  }
  return found;
}

/** One item with one line in and one out, or less. */
function alone({ items, edges, ins, outs }) {
  const plain = edges.every((edge) => (edge.tail === 0) !== (edge.head === 0));
  if (items.length !== 1 || ins > 1 || outs > 1 || edges.length > ins + outs || !plain) return null;
  const [item] = items;
  const inAt = item.ins?.[edges.find((edge) => edge.head === 0)?.headPort] ?? item.across / 2;
  const outAt = item.outs?.[edges.find((edge) => edge.tail === 0)?.tailPort] ?? item.across / 2;
  const top = ins ? STUB : 0;
  const end = top + item.along + (outs ? STUB : 0);
  const paths = edges.map((edge) =>
    edge.head === 0
      ? [
          ["M", inAt, 0],
          ["L", inAt, top],
        ]
      : [
          ["M", outAt, top + item.along],
          ["L", outAt, end],
        ],
  );
  const places = [{ across: 0, along: top }];
  return { across: item.across, along: end, items: places, paths, ins: ins ? [inAt] : [], outs: outs ? [outAt] : [] };
}

/** Whether arrows reach past so many items that Graphviz would draw a thicket, and take its time. */
function dense({ items, edges }) {
  const rank = items.map(() => 0);
  const inner = edges.filter((edge) => edge.tail >= 0 && edge.head < items.length && edge.tail < edge.head);
  for (const edge of inner.sort((a, b) => a.tail - b.tail))
    rank[edge.head] = Math.max(rank[edge.head], rank[edge.tail] + 1);
  const last = Math.max(...rank, 0) + 1;
  const at = (n) => (n < 0 ? -1 : n >= items.length ? last : rank[n]);
  const past = edges.map((edge) => Math.abs(at(edge.head) - at(edge.tail)) - 1);
  const reach = past.reduce((sum, ranks) => sum + ranks, 0);
  const long = past.filter((ranks) => ranks > 0).length;
  return reach > FAR || (reach > THICK && long > TANGLE) || items.length > MANY;
}

function drawn(problem) {
  if (!loaded()) throw new Unready();
  const { items, edges, ins, outs } = problem;
  const found = placed(text(problem));
  const [, , across, along] = found.bb.split(",").map(Number);
  const point = (words) => {
    const [x, y] = words.split(",").map(Number);
    return [x, along - y];
  };
  const at = new Map(found.objects.filter((one) => one.pos).map((one) => [one.name, point(one.pos)]));
  const paths = [];
  for (const edge of found.edges) {
    if (!edge.id) continue;
    const points = edge.pos.split(" ").map(point);
    const path = [["M", ...points[0]]];
    for (let n = 1; n < points.length; n += 3) path.push(["C", ...points[n], ...points[n + 1], ...points[n + 2]]);
    paths[Number(edge.id)] = path;
  }
  const places = items.map((item, n) => {
    const [x, y] = at.get(`n${n}`);
    return { across: x - item.across / 2, along: y - item.along / 2 };
  });
  const ports = (letter, count) => Array.from({ length: count }, (_, n) => at.get(`${letter}${n}`)[0]);
  return { across, along, items: places, paths, ins: ports("i", ins), outs: ports("o", outs), edges: edges.length };
}

/** A piece in Graphviz's language: ports of the border are points in the first and last row, in their order. */
function text({ items, edges, ins, outs }) {
  const lines = ['graph[nodesep=.3,ranksep=.36];node[shape=box,fixedsize=true,label=""];edge[arrowhead=none]'];
  const row = (letter, count, rank) => {
    if (!count) return;
    const names = Array.from({ length: count }, (_, n) => letter + n);
    const order = count > 1 ? `${names.join("->")}[style=invis]` : names[0];
    lines.push(`{rank=${rank};${names.map((name) => `${name}[shape=point,width=.01,height=.01]`).join(";")};${order}}`);
  };
  row("i", ins, "source");
  items.forEach((item, n) => lines.push(`n${n}[${node(item)}]`));
  row("o", outs, "sink");
  const main = longest(items.length, edges);
  edges.forEach((edge, n) => {
    const tail =
      edge.tail < 0 ? `i${edge.tailPort}` : `n${edge.tail}${items[edge.tail].outs ? `:o${edge.tailPort}:s` : ""}`;
    const head =
      edge.head >= items.length
        ? `o${edge.headPort}`
        : `n${edge.head}${items[edge.head].ins ? `:i${edge.headPort}:n` : ""}`;
    const weight = main.has(edge) ? 20 : 1;
    lines.push(`${tail}->${head}[id="${n}",weight=${weight}]`);
  });
  return `digraph{${lines.join("\n")}}`;
}

/** The edges of the longest way through; they are kept straight. */
function longest(count, edges) {
  const length = new Map();
  const before = new Map();
  for (const edge of edges.filter((one) => one.tail < one.head).sort((a, b) => a.tail - b.tail || a.head - b.head)) {
    const here = (length.get(edge.tail) ?? 0) + 1;
    if (here > (length.get(edge.head) ?? 0)) {
      length.set(edge.head, here);
      before.set(edge.head, edge);
    }
  }
  const found = new Set();
  const start = before.has(count) ? count : [...before.keys()].sort((a, b) => length.get(b) - length.get(a))[0];
  for (let at = start; before.has(at); at = before.get(at).tail) found.add(before.get(at));
  return found;
}

function node(item) {
  const size = `width=${(item.across / INCH).toFixed(4)},height=${(item.along / INCH).toFixed(4)}`;
  if (!item.ins) return size;
  const table = 'TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE"';
  const half = Math.max(2, Math.floor(item.along / 2));
  const row = (letter, ports) => {
    const cell = (width, name) =>
      `<TD FIXEDSIZE="TRUE" WIDTH="${width}" HEIGHT="${half}"${name ? ` PORT="${name}"` : ""}></TD>`;
    let at = 0;
    let cells = "";
    for (const [x, n] of ports.map((x, n) => [Math.round(x), n]).sort((a, b) => a[0] - b[0])) {
      if (x - 1 > at) cells += cell(x - 1 - at);
      cells += cell(2, letter + n);
      at = Math.max(at, x - 1) + 2;
    }
    if (item.across > at) cells += cell(Math.round(item.across - at));
    return `<TR><TD><${table} WIDTH="${Math.round(item.across)}" HEIGHT="${half}"><TR>${cells}</TR></TABLE></TD></TR>`;
  };
  return `${size},margin=0,label=<<${table} WIDTH="${Math.round(item.across)}" HEIGHT="${2 * half}">${row("i", item.ins)}${row("o", item.outs)}</TABLE>>`;
}
