// The layout of parts that nearly all feed nearly all: one column, and a lane beside it for each value that goes far.

const GAP = 30;
const LANE = 7;
const BEND = 4;

/** A column of the items, each arrow that passes others on a lane; as `Segment` in layout.js wants it. */
export function column({ items, edges, ins, outs }) {
  const widest = Math.max(0, ...items.map((item) => item.across));
  const line = widest / 2;
  const placed = [];
  let along = ins ? GAP : 0;
  for (const item of items) {
    placed.push({ across: line - anchor(item.ins, item), along });
    along += item.along + GAP;
  }
  const end = outs ? along : along - GAP;
  const lanes = laned(edges, items.length);
  const right = widest + 16;
  const at = (n, side) =>
    n < 0 ? 0 : n >= items.length ? end : placed[n].along + (side === "out" ? items[n].along : 0);
  const paths = edges.map((edge) => {
    const from =
      edge.tail < 0
        ? ends(ins, line, edge.tailPort)
        : placed[edge.tail].across + anchor(items[edge.tail].outs, items[edge.tail], edge.tailPort);
    const to =
      edge.head >= items.length
        ? ends(outs, line, edge.headPort)
        : placed[edge.head].across + anchor(items[edge.head].ins, items[edge.head], edge.headPort);
    const start = at(edge.tail, "out");
    const stop = at(edge.head, "in");
    const lane = lanes.get(edge);
    if (lane === undefined) return from === to ? line2(from, start, stop) : step(from, to, start, stop);
    const x = right + lane * LANE;
    const down = start + GAP * 0.35;
    const up = stop - GAP * 0.35;
    return bent([
      [from, start],
      [from, down],
      [x, down],
      [x, up],
      [to, up],
      [to, stop],
    ]);
  });
  const reach = lanes.size ? right + (Math.max(...lanes.values()) + 1) * LANE : widest;
  const spread = (count) => Array.from({ length: count }, (_, n) => ends(count, line, n));
  return { across: reach, along: end, items: placed, paths, ins: spread(ins), outs: spread(outs) };
}

const anchor = (ports, item, port = 0) => ports?.[port] ?? item.across / 2;
const ends = (count, line, port) => line + (port - (count - 1) / 2) * 14;
const line2 = (x, start, stop) => [
  ["M", x, start],
  ["L", x, stop],
];

function step(from, to, start, stop) {
  const middle = (start + stop) / 2;
  return bent([
    [from, start],
    [from, middle],
    [to, middle],
    [to, stop],
  ]);
}

/** A lane for each value that passes other items; lanes that have become free are used again. */
function laned(edges, count) {
  const runs = new Map();
  for (const edge of edges) {
    if (edge.head === edge.tail + 1 && !(edge.tail < 0 && edge.head >= count)) continue;
    const key = `${edge.tail}/${edge.tailPort ?? ""}`;
    const run = runs.get(key) ?? { start: edge.tail, stop: edge.head, edges: [] };
    run.stop = Math.max(run.stop, edge.head);
    run.edges.push(edge);
    runs.set(key, run);
  }
  const busy = [];
  const found = new Map();
  for (const run of [...runs.values()].sort((a, b) => a.start - b.start || b.stop - a.stop)) {
    let lane = busy.findIndex((until) => until <= run.start);
    if (lane < 0) lane = busy.length;
    busy[lane] = run.stop;
    for (const edge of run.edges) found.set(edge, lane);
  }
  return found;
}

/** Straight lines with rounded corners. */
function bent(points) {
  const path = [["M", ...points[0]]];
  for (let n = 1; n < points.length - 1; n += 1) {
    const [before, corner, after] = [points[n - 1], points[n], points[n + 1]];
    const near = (other) => {
      const length = Math.hypot(other[0] - corner[0], other[1] - corner[1]);
      const part = length ? Math.min(BEND, length / 2) / length : 0;
      return [corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part];
    };
    const [a, b] = [near(before), near(after)];
    path.push(["L", ...a], ["C", ...middle(a, corner), ...middle(b, corner), ...b]);
  }
  path.push(["L", ...points.at(-1)]);
  return path;
}

const middle = (a, b) => [(a[0] + 2 * b[0]) / 3, (a[1] + 2 * b[1]) / 3];
