// The page: what is open, chosen and highlighted, and everything that follows from it.

import { Camera } from "./camera.js";
import { html, panel, spoken } from "./details.js";
import { legend, warm } from "./heat.js";
import { listen } from "./keys.js";
import { Layout } from "./layout.js";
import { library } from "./library.js";
import { Network } from "./model.js";
import { download, saved } from "./saving.js";
import { Scene } from "./scene.js";
import { Search } from "./search.js";
import { Unready } from "./segments.js";
import { read, written } from "./state.js";
import { table } from "./table.js";
import { human, MEASURES } from "./words.js";
import { Wiring } from "./wiring.js";

const find = (id) => document.getElementById(id);
const NAMES = { macs: "macs", params: "params", bytes: "activations" }; // a measure as the command line calls it
const measure = (name) => Object.keys(NAMES).find((key) => NAMES[key] === name) ?? "";

class Page {
  constructor(contents) {
    this.network = new Network(contents);
    this.svg = find("picture");
    this.layout = new Layout(this.network, new Wiring(this.network), contents.direction);
    this.scene = new Scene(this.network, find("scene"));
    this.camera = new Camera(this.svg, find("camera"));
    this.actions = {
      choose: (part) => this.choose(part),
      fold: (part) => this.fold(part),
      path: (mode) => this.path(mode),
    };
    const at = { field: find("find"), count: find("found"), next: find("next"), previous: find("previous") };
    this.search = new Search(this.network, at, (part, hits) => this.found(part, hits));
    this.hits = new Set();
    this.marked = {};
    this.svg.classList.toggle("marked", contents.marked);
    legend(find("legend"), this.network, "", 0);
    this.first = new Set(contents.open);
    this.restore(read(location.hash));
    find("name").textContent = contents.name;
    find("total").textContent = `${human(this.network.root.params)} parameters · ${human(this.network.root.macs)} MACs`;
    this.wire();
    listen(this);
  }

  /** Take a state that an address has. */
  restore(state) {
    const ids = (names) => names.map((name) => this.network.byName(name)?.id).filter((id) => id !== undefined);
    const shut = new Set(ids(state.closed));
    const boxes = { all: this.network.parts.filter((part) => part.box).map((part) => part.id), none: [] };
    this.open = new Set([...(boxes[state.base] ?? this.first), ...ids(state.opened)].filter((id) => !shut.has(id)));
    this.chosen = (state.chosen && this.network.byName(state.chosen)) || null;
    this.heat =
      state.heat === undefined
        ? (this.network.contents.heat && measure(this.network.contents.heat)) || ""
        : measure(state.heat);
    this.tracing = this.chosen && ["into", "outOf", "both"].includes(state.path) ? state.path : "";
    this.view = state.view === "table" ? "table" : "picture";
    this.theme = ["dark", "light"].includes(state.theme) ? state.theme : "";
    if (this.chosen) for (const box of this.network.around(this.chosen)) this.open.add(box.id);
    find("heat").value = this.heat;
  }

  remember() {
    const name = (id) => this.network.parts[id].name;
    const heat = this.heat === measure(this.network.contents.heat ?? "") ? "" : (NAMES[this.heat] ?? "none");
    const boxes = this.network.parts.filter((part) => part.box);
    const differing = [this.first, new Set(boxes.map((box) => box.id)), new Set()].map((base, n) => ({
      base: ["", "all", "none"][n],
      opened: [...this.open].filter((id) => !base.has(id)),
      closed: [...base].filter((id) => !this.open.has(id)),
    }));
    const { base, opened, closed } = differing.sort(
      (a, b) => a.opened.length + a.closed.length - b.opened.length - b.closed.length,
    )[0];
    const state = {
      base,
      opened: opened.map(name),
      closed: closed.map(name),
      chosen: this.chosen?.name,
      heat,
      path: this.tracing,
      view: this.view === "table" ? "table" : "",
      theme: this.theme,
    };
    clearTimeout(this.writing);
    this.writing = setTimeout(() => history.replaceState(null, "", `#${written(state)}`), 60);
  }

  wire() {
    const on = (id, event, act) => find(id).addEventListener(event, act);
    on("in", "click", () => this.camera.zoom(1.25));
    on("out", "click", () => this.camera.zoom(0.8));
    on("fit", "click", () => this.fit({ whole: true }));
    on("unfold", "click", () => this.all(true));
    on("fold", "click", () => this.all(false));
    on("heat", "change", (event) => this.warm(event.target.value));
    on("theme", "click", () => this.shade(this.dark ? "light" : "dark"));
    on("view", "click", () => this.show(this.view === "table" ? "picture" : "table"));
    on("save", "click", () =>
      download(saved(this.scene.group, this.scene.layout, this.network.contents.name), "network.svg"),
    );
    on("keys", "click", () => this.help());
    this.svg.addEventListener("click", (event) => this.click(event));
    this.svg.addEventListener("dblclick", (event) => {
      const part = this.partAt(event);
      if (part?.box && !event.target.closest("[data-fold]")) this.fold(part);
    });
    // Not on the SVG itself: that would put it among what Tab reaches.
    find("stage").addEventListener("focusin", (event) => (this.focused = this.partAt(event) ?? this.focused));
    addEventListener("hashchange", () => {
      this.restore(read(location.hash));
      this.update();
    });
  }

  partAt(event) {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    return id === undefined ? null : this.network.parts[id];
  }

  click(event) {
    if (this.camera.wasDrag) return;
    const fold = event.target.closest("[data-fold]");
    if (fold) this.fold(this.network.parts[fold.dataset.fold]);
    else this.choose(this.partAt(event), { still: true });
  }

  /** Draw what is open, once the library is there if it is needed. */
  async update({ keep = null } = {}) {
    const before = keep && this.scene.drawn.has(keep.id) ? this.scene.place(keep) : null;
    const started = performance.now();
    let layout;
    try {
      layout = this.layout.whole(this.open);
    } catch (error) {
      if (!(error instanceof Unready)) throw error;
      try {
        await library();
      } catch (problem) {
        return this.doWithout(problem);
      }
      return this.update({ keep });
    }
    const active = this.svg.contains(document.activeElement);
    this.scene.draw(layout, this.open);
    if (before && this.scene.drawn.has(keep.id)) {
      const after = this.scene.place(keep);
      this.camera.pan((before.x - after.x) * this.camera.scale, (before.y - after.y) * this.camera.scale);
    }
    this.decorate();
    if (active) this.focus(this.focused);
    if (this.view === "table") this.tabulate();
    this.remember();
    document.documentElement.dataset.took = (performance.now() - started).toFixed(1);
    document.documentElement.dataset.drawn = this.scene.drawn.size - 1;
  }

  /** The network as a table alone, where the browser cannot unpack or run the library. */
  doWithout(problem) {
    this.view = "table";
    this.tabulate();
    this.decorate();
    this.remember();
    find("view").disabled = true;
    const said = `This browser cannot lay out the picture (${problem.message}); the table has all that it shows.`;
    find("table").prepend(html("p", { class: "problem", role: "alert" }, said));
  }

  /** Everything that is no matter of layout: colours, what is chosen, paths, the panel. */
  decorate() {
    this.colour();
    this.trace();
    this.mark("hit", [...this.hits]);
    this.mark("chosen", this.chosen ? [this.chosen.id] : []);
    for (const { node } of this.marked.chosen) node.setAttribute("aria-selected", true);
    this.rove();
    const state = { path: this.tracing, isOpen: this.chosen && this.open.has(this.chosen.id) };
    find("details").replaceChildren(...panel(this.network, this.chosen, state, this.actions));
    find("details").classList.toggle("of-part", Boolean(this.chosen));
    document.documentElement.dataset.theme = this.theme;
    if (!this.theme) delete document.documentElement.dataset.theme;
  }

  colour() {
    if (!this.heat && !this.heated) return;
    const most = warm(this.scene, this.heat);
    legend(find("legend"), this.network, this.heat, most);
    this.heated = this.heat;
  }

  /** Light up what is on the paths that are followed, and nothing else. */
  trace() {
    const on = this.traced();
    this.svg.classList.toggle("traced", Boolean(on));
    this.mark("on", on ? [...on.parts] : []);
    for (const line of this.lit ?? []) line.classList.remove("on");
    this.lit = [];
    if (!on) return;
    for (const { arrows } of this.scene.drawn.values()) {
      for (const { arrow, node } of arrows ?? []) {
        if (arrow.links.some((link) => link.wires.some(on.wire))) this.lit.push(node[0]);
      }
    }
    for (const line of this.lit) line.classList.add("on");
  }

  /** Give the seen ones of some parts a class, and take it from all others. */
  mark(name, ids) {
    for (const { node } of this.marked[name] ?? []) {
      node.classList.remove(name);
      if (name === "chosen") node.setAttribute("aria-selected", false);
    }
    this.marked[name] = ids.map((id) => this.scene.drawn.get(id)).filter(Boolean);
    for (const { node } of this.marked[name]) node.classList.add(name);
  }

  /** The parts and wires on the paths that are followed, boxes around them included. */
  traced() {
    if (!this.tracing || !this.chosen) return null;
    const into = this.tracing === "outOf" ? new Set() : this.network.reach(this.chosen, "into");
    const outOf = this.tracing === "into" ? new Set() : this.network.reach(this.chosen, "outOf");
    const parts = new Set();
    for (const id of [...into, ...outOf]) {
      for (let one = id; one >= 0 && !parts.has(one); one = this.network.parts[one].up) parts.add(one);
    }
    const wire = ({ from, to, status }) => status !== "removed" && (into.has(to) || outOf.has(from));
    return { parts, wire };
  }

  /** One part can be reached with Tab; arrow keys go on from there. */
  rove() {
    const seen = this.scene.drawn;
    const at = [this.chosen, this.focused, this.network.root.kids[0]].find((part) => part && seen.has(part.id));
    this.stop?.setAttribute("tabindex", -1);
    this.stop = seen.get(at?.id)?.node;
    this.stop?.setAttribute("tabindex", 0);
  }

  focus(part) {
    const shown = part && this.scene.drawn.get(part.id);
    shown?.node.focus({ preventScroll: true });
  }

  async fold(part, { focus = false } = {}) {
    if (this.open.has(part.id)) this.open.delete(part.id);
    else this.open.add(part.id);
    this.focused = part;
    if (this.chosen && this.network.around(this.chosen).some((box) => !this.open.has(box.id))) this.chosen = part;
    await this.update({ keep: part });
    if (focus) this.focus(part);
  }

  async all(open) {
    this.open = new Set(open ? this.network.parts.filter((part) => part.box).map((part) => part.id) : []);
    if (!open && this.chosen) this.chosen = this.network.around(this.chosen)[0] ?? this.chosen;
    await this.update();
    this.fit({ whole: false });
  }

  /** Choose a part, opening what it is in; null chooses nothing. */
  async choose(part, { focus = false, still = false } = {}) {
    this.chosen = part;
    if (!part) this.tracing = "";
    const closed = part ? this.network.around(part).filter((box) => !this.open.has(box.id)) : [];
    for (const box of closed) this.open.add(box.id);
    if (part) this.focused = part;
    if (closed.length || this.view === "table") await this.update();
    else {
      this.decorate();
      this.remember();
    }
    if (part && !still && this.scene.drawn.has(part.id))
      this.camera.show(this.scene.place(part), { always: closed.length > 0 });
    if (part && focus) this.focus(part);
    find("said").textContent = part ? spoken(part) : "";
  }

  found(part, hits) {
    this.hits = new Set(hits.map((hit) => hit.id));
    if (part) this.choose(part);
    else this.decorate();
  }

  path(mode) {
    this.tracing = this.tracing === mode ? "" : mode;
    this.decorate();
    this.remember();
  }

  warm(heat) {
    this.heat = heat in MEASURES ? heat : "";
    find("heat").value = this.heat;
    this.decorate();
    this.remember();
  }

  get dark() {
    return this.theme ? this.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  shade(theme) {
    this.theme = theme;
    this.decorate();
    this.remember();
  }

  show(view) {
    if (find("view").disabled) return;
    this.view = view;
    this.tabulate();
    this.remember();
  }

  tabulate() {
    const reading = this.view === "table";
    find("table").hidden = !reading;
    find("stage").hidden = reading;
    find("view").textContent = reading ? "Picture" : "Table";
    if (reading) find("table").replaceChildren(table(this.network, this, this.actions));
  }

  clear() {
    if (this.hits.size) this.search.clear();
    else if (this.tracing) this.path(this.tracing);
    else this.choose(null);
  }

  fit(how = {}) {
    if (this.scene.layout) this.camera.fit(this.scene.layout, how);
  }

  help() {
    find("help").showModal();
  }

  async begin() {
    library().catch(() => {}); // it takes a moment, and what goes wrong is told where it is needed
    this.tabulate();
    await this.update();
    this.fit({ whole: false });
    if (this.chosen && this.scene.drawn.has(this.chosen.id)) this.camera.show(this.scene.place(this.chosen));
    performance.mark("drawn");
    document.documentElement.dataset.ready = "";
  }
}

const page = new Page(JSON.parse(document.getElementById("contents").textContent));
globalThis.explorer = page; // for a script beside this one: the live view's
page.begin();
