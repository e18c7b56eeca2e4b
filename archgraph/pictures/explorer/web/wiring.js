// Which arrows a box has in it: between the parts in it, from its border to them and from them to its border.

/**
 * For each box its `links`: from the tail, a part in it or -1 for the border, to the head, a part or -1, each carrying
 * one value (what a node gives), and the wires that it stands for. `ins` and `outs` are the values that cross the border.
 */
export class Wiring {
  constructor(network) {
    this.network = network;
    this.boxes = new Map();
    for (const wire of network.wires) this.trace(wire);
    for (const box of this.boxes.values()) for (const ports of [box.ins, box.outs]) inOrder(ports);
  }

  of(box) {
    let found = this.boxes.get(box.id);
    if (!found) {
      found = { links: new Map(), ins: new Map(), outs: new Map() };
      this.boxes.set(box.id, found);
    }
    return found;
  }

  trace(wire) {
    const { parts, root } = this.network;
    const value = `${wire.from}/${wire.out}`;
    const holds = (box, id) => box === root || (id >= box.id && id < box.next);
    const box = (id) => (id < 0 ? root : parts[id]);
    let tail = wire.from;
    let around = box(parts[tail].up);
    while (!holds(around, wire.to)) {
      this.link(around, tail, -1, value, wire);
      tail = around.id;
      around = box(around.up);
    }
    const meeting = around;
    let head = wire.to;
    around = box(parts[head].up);
    while (around !== meeting) {
      this.link(around, -1, head, value, wire);
      head = around.id;
      around = box(around.up);
    }
    this.link(meeting, tail, head, value, wire);
  }

  link(box, tail, head, value, wire) {
    const found = this.of(box);
    if (tail < 0 && !found.ins.has(value)) found.ins.set(value, found.ins.size);
    if (head < 0 && !found.outs.has(value)) found.outs.set(value, found.outs.size);
    const key = `${tail}>${head}>${value}`;
    const known = found.links.get(key);
    if (known) known.wires.push(wire);
    else found.links.set(key, { tail, head, value, wires: [wire], shape: wire.shape });
  }
}

/** Number the ports of a border by where their values come from in the network, not by who takes them first. */
function inOrder(ports) {
  const values = [...ports.keys()].map((value) => [value, ...value.split("/").map(Number)]);
  values.sort((a, b) => a[1] - b[1] || a[2] - b[2]).forEach(([value], n) => ports.set(value, n));
}
