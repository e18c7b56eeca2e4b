// The panel beside the picture: everything about the chosen part, or about the whole network.

import { amount, human, humanBytes, shapeText } from "./words.js";

/** An HTML element; texts are set as texts, whatever they hold. */
export function html(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const exact = (number, short) =>
  html("span", {}, number.toLocaleString("en"), " ", String(number) === short ? null : html("small", {}, short));
const numbers = (whole) => [
  ["Parameters", exact(whole.params, human(whole.params))],
  ["MACs", exact(whole.macs, human(whole.macs))],
  ["Activations", exact(whole.bytes, humanBytes(whole.bytes))],
];

function list(rows, name) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html("dl", { class: name }, ...shown.flatMap(([key, value]) => [html("dt", {}, key), html("dd", {}, value)]));
}

/** The panel's content. `actions` choose a part, follow paths and close the panel. */
export function panel(network, part, state, actions) {
  return part ? chosen(network, part, state, actions) : overview(network, actions);
}

function overview(network, actions) {
  const { contents, root } = network;
  const total = contents.total;
  const rows = [
    ...numbers(root),
    ["Peak memory", exact(total.peak_activation_bytes, humanBytes(total.peak_activation_bytes))],
    ["Weights", exact(total.weights_bytes, humanBytes(total.weights_bytes))],
    ...contents.choices.map((text) => ["Chosen", text]),
    ["Nodes", String(network.parts.filter((one) => !one.box && !one.end).length)],
  ];
  const ends = (kind) =>
    network.parts
      .filter((one) => one.end === kind)
      .map((one) => [one.name, `${shapeText(one.shapes[0])}${one.train_only ? " (training only)" : ""}`]);
  const features = contents.features.map(({ name, from: [id, out] }) => {
    const tap = network.parts[id < 0 ? network.first - 1 - id : id];
    return [name, jump(tap, actions, ` ${shapeText(tap.shapes[out])}`)];
  });
  return [
    html("h2", {}, contents.name),
    list(rows),
    html("h3", {}, "Inputs"),
    list(ends("input"), "pairs"),
    html("h3", {}, "Outputs"),
    list(ends("output"), "pairs"),
    ...(features.length ? [html("h3", {}, "Features"), list(features, "pairs")] : []),
    ...(contents.marked ? changes(network, actions) : []),
    html(
      "p",
      { class: "hint" },
      "Click a box for what it is; double-click it, or press Enter, to open or close it. Keys: ",
      html("kbd", {}, "?"),
    ),
  ];
}

/** A diff's list: what became of each part, a box that is wholly new or gone as one. */
function changes(network, actions) {
  const whole = (part) => part.status === "added" || part.status === "removed";
  const found = [];
  for (const part of network.parts) {
    if (!part.status || network.around(part).some(whole) || (part.box && !whole(part))) continue;
    const notes = part.notes?.length ? `: ${part.notes.join("; ")}` : "";
    found.push(
      html("li", { class: `status-${part.status}` }, html("i", {}), jump(part, actions), ` ${part.status}${notes}`),
    );
  }
  return [html("h3", {}, "Changes"), html("ul", { class: "changes" }, ...found)];
}

function jump(part, actions, after = "") {
  return html(
    "span",
    {},
    html("button", { type: "button", class: "link", onclick: () => actions.choose(part) }, ...broken(part.name)),
    after,
  );
}

/** A name that may go on in the next line after each of its steps. */
const broken = (name) => name.split(".").flatMap((step, n) => (n ? [".", html("wbr"), step] : [step]));

function chosen(network, part, state, actions) {
  const around = network.around(part).at(-1);
  const kind =
    part.end ??
    (part.box === "copies"
      ? `${part.count} equal copies of ${part.op}`
      : part.box === "stage"
        ? `stage of ${part.op}`
        : part.op);
  const inputs = entering(network, part);
  const rows = [
    ["Source", part.at],
    [
      "Takes",
      inputs.length
        ? html(
            "span",
            { class: "lines" },
            ...inputs.map((wire) => jump(network.parts[wire.from], actions, ` ${shapeText(wire.shape)}`)),
          )
        : null,
    ],
    [
      "Gives",
      part.end
        ? null
        : html("span", { class: "lines" }, ...part.shapes.map((shape) => html("span", {}, shapeText(shape)))),
    ],
    ["Shape", part.end ? shapeText(part.shapes[0]) : null],
    ["Used by", part.box || part.end ? null : users(network, part, actions)],
    ...(part.end ? [] : numbers(part)),
    ["Share of MACs", part.macs && !part.train_only ? `${((100 * part.macs) / network.root.macs).toFixed(1)} %` : null],
    [
      "Chosen",
      part.choices ? html("span", { class: "lines" }, ...part.choices.map((text) => html("span", {}, text))) : null,
    ],
    ["Weights of", part.shares === undefined ? null : jump(network.parts[part.shares], actions)],
    ["Only in training", part.train_only ? "yes" : null],
    ["Is in", around ? jump(around, actions) : null],
  ];
  const path = (mode, text) =>
    html(
      "button",
      {
        type: "button",
        "data-path": mode,
        "aria-pressed": String(state.path === mode),
        onclick: () => actions.path(mode),
      },
      text,
    );
  return [
    html("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => actions.choose(null) }, "×"),
    html("h2", {}, part.label),
    html(
      "p",
      { class: `kind family-${part.family}` },
      html("i", {}),
      kind,
      part.label === part.name ? null : html("code", {}, ...broken(part.name)),
    ),
    part.status
      ? html(
          "p",
          { class: `note status-${part.status}` },
          html("i", {}),
          [part.status, ...(part.notes ?? [])].join(" · "),
        )
      : null,
    part.box
      ? html(
          "button",
          { type: "button", class: "fold", onclick: () => actions.fold(part) },
          state.isOpen ? "Close the box" : "Open the box",
        )
      : null,
    html(
      "div",
      { class: "paths", role: "group", "aria-label": "Highlight the path" },
      path("into", "From inputs"),
      path("both", "Both"),
      path("outOf", "To outputs"),
    ),
    part.args.length ? html("h3", {}, "Arguments") : null,
    list(part.args, "pairs"),
    html("h3", {}, part.end ? "" : "Facts"),
    list(rows),
  ].filter(Boolean);
}

/** What a part takes from outside, each value once. */
function entering(network, part) {
  const found = new Map();
  for (const node of network.nodesOf(part)) {
    for (const wire of network.into[node.id]) {
      const inside = wire.from >= part.id && wire.from < part.next;
      if (!inside) found.set(part.box ? `${wire.from}/${wire.out}` : found.size, wire);
    }
  }
  return [...found.values()];
}

function users(network, part, actions) {
  const found = [...new Set(network.outOf[part.id].map((wire) => wire.to))].map((id) => network.parts[id]);
  return found.length ? html("span", { class: "lines" }, ...found.map((one) => jump(one, actions))) : null;
}

/** A short line on a part, for those who hear the page. */
export const spoken = (part) =>
  `${part.name}, ${part.op}, gives ${shapeText(part.shapes[0])}, ${amount(part.params)} parameters`;
