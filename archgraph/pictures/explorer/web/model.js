// The network as the page knows it: boxes within boxes, wires between nodes, and the costs of each.

/** Everything about one network. Parts stand in the order of a walk, so that what is in a box follows it up to `end`. */
export class Network {
  constructor(contents) {
    this.contents = contents;
    const known = contents.known;
    this.parts = contents.parts.map((part, id) => ({
      ...part,
      id,
      args: known[part.args],
      says: known[part.says],
      shapes: known[part.shapes],
      at: known[part.at],
      kids: [],
      next: id + 1,
    }));
    this.first = this.parts.length; // of the ends: the network's inputs, then its outputs
    this.root = { id: -1, up: null, kids: [], box: "network", label: contents.name, name: contents.name };
    this.wires = [];
    this.addEnds();
    this.nest();
    this.connect();
    this.sum();
  }

  addEnds() {
    const end = (kind, { name, shape, train_only, status }) => ({
      id: this.parts.length,
      end: kind,
      name,
      label: name,
      op: kind,
      family: "other",
      up: -1,
      says: [],
      args: [],
      shapes: [shape],
      params: 0,
      macs: 0,
      bytes: 0,
      kids: [],
      next: this.parts.length + 1,
      train_only,
      status,
    });
    for (const input of this.contents.inputs) this.parts.push(end("input", input));
    for (const output of this.contents.outputs) this.parts.push(end("output", output));
  }

  nest() {
    const inputs = this.parts.filter((part) => part.end === "input");
    this.root.kids.push(...inputs);
    for (const part of this.parts) {
      if (part.end) continue;
      (part.up < 0 ? this.root : this.parts[part.up]).kids.push(part);
    }
    this.root.kids.push(...this.parts.filter((part) => part.end === "output"));
    for (let id = this.first - 1; id >= 0; id -= 1) {
      const { kids } = this.parts[id];
      if (kids.length) this.parts[id].next = kids.at(-1).next;
    }
  }

  connect() {
    const key = ([from, out, to]) => `${from}/${out}/${to}`;
    const added = new Set(this.contents.added.map(key));
    const wire = (from, out, to, became = added.has(key([from, out, to])) ? "added" : "") => {
      const tail = from < 0 ? this.first - 1 - from : from;
      const status = [tail, to].some((end) => this.parts[end].status === "removed") ? "removed" : became;
      this.wires.push({ from: tail, out, to, status, shape: this.parts[tail].shapes[out] });
    };
    for (const part of this.contents.parts.keys()) {
      for (const [from, out] of this.parts[part].inputs ?? []) {
        wire(from, out, part);
      }
    }
    for (const [from, out, to] of this.contents.removed) wire(from, out, to, "removed");
    const outputs = this.parts.filter((part) => part.end === "output");
    this.contents.outputs.forEach(({ from: [from, out] }, n) => {
      const { id } = outputs[n];
      wire(from, out, id);
    });
    this.into = this.parts.map(() => []);
    this.outOf = this.parts.map(() => []);
    for (const one of this.wires) {
      this.into[one.to].push(one);
      this.outOf[one.from].push(one);
    }
  }

  /** Costs of boxes; what exists in training alone counts no MACs in a box that holds more, and what is gone nothing. */
  sum() {
    for (let id = this.first - 1; id >= 0; id -= 1) {
      const part = this.parts[id];
      if (!part.box) continue;
      const found = new Set(part.kids.map((kid) => kid.status ?? "same"));
      const status = found.size === 1 ? [...found][0] : "changed";
      if (status !== "same") part.status = status;
      const total = (name, kids) => kids.reduce((sum, kid) => sum + kid[name], 0);
      const kids = status === "removed" ? part.kids : part.kids.filter((kid) => kid.status !== "removed");
      part.train_only = part.kids.every((kid) => kid.train_only);
      part.params = total("params", kids);
      part.bytes = total("bytes", kids);
      part.macs = total("macs", part.train_only ? kids : kids.filter((kid) => !kid.train_only));
    }
    const kept = this.root.kids.filter((kid) => kid.status !== "removed");
    for (const name of ["params", "macs", "bytes"]) {
      this.root[name] = kept.reduce((sum, kid) => sum + (name === "macs" && kid.train_only ? 0 : kid[name]), 0);
    }
  }

  /** The boxes around a part, the outermost first. */
  around(part) {
    const found = [];
    for (let up = part.up; up >= 0; up = this.parts[up].up) found.unshift(this.parts[up]);
    return found;
  }

  /** The nodes (and ends) that a part stands for. */
  nodesOf(part) {
    return this.parts.slice(part.id, part.next).filter((one) => !one.box);
  }

  /** Ids of the nodes from which a part can be reached (`into`), or which it reaches (`outOf`), itself among them. */
  reach(part, direction) {
    const [side, other] = direction === "into" ? [this.into, "from"] : [this.outOf, "to"];
    const seen = new Set(this.nodesOf(part).map((node) => node.id));
    const waiting = [...seen];
    while (waiting.length) {
      for (const wire of side[waiting.pop()]) {
        if (wire.status === "removed" || seen.has(wire[other])) continue;
        seen.add(wire[other]);
        waiting.push(wire[other]);
      }
    }
    return seen;
  }

  /** The parts whose name, op or a word in short has a text, in the order of the network; nodes within a hit too. */
  find(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    return this.parts.filter(
      (part) => part.name.toLowerCase().includes(wanted) || part.op.toLowerCase().includes(wanted),
    );
  }

  byName(name) {
    this.names ??= new Map(this.parts.toReversed().map((part) => [part.name, part]));
    return this.names.get(name);
  }
}
