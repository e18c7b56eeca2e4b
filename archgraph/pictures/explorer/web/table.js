// The network as a table: the same boxes, open and closed, as rows for those who would rather read.

import { html } from "./details.js";
import { amount, shapeText } from "./words.js";

const COLUMNS = ["Name", "Op", "Arguments", "Output", "Parameters", "MACs", "Activations"];

/** A tree table of what is seen, each row below the box that it is in. */
export function table(network, state, actions) {
  const columns = [...COLUMNS, ...(network.contents.marked ? ["Change"] : [])];
  const head = html(
    "tr",
    {},
    ...columns.map((name, n) => html("th", { scope: "col", class: n > 3 && n < 7 ? "number" : undefined }, name)),
  );
  const body = html("tbody");
  const visit = (part, level) => {
    body.append(row(network, part, level, state, actions));
    if (part.box && state.open.has(part.id)) part.kids.forEach((kid) => visit(kid, level + 1));
  };
  network.root.kids.forEach((part) => visit(part, 1));
  const caption = html("caption", {}, `${network.contents.name}: boxes and nodes, with what each costs`);
  return html("table", { role: "treegrid" }, caption, html("thead", {}, head), body);
}

function row(network, part, level, state, actions) {
  const open = state.open.has(part.id);
  const fold = part.box
    ? html(
        "button",
        {
          type: "button",
          class: "twist",
          "data-fold": part.id,
          "aria-label": `${open ? "Close" : "Open"} ${part.label}`,
          onclick: () => actions.fold(part),
        },
        open ? "▾" : "▸",
      )
    : html("span", { class: "twist" });
  const name = html(
    "button",
    { type: "button", class: "link", title: part.name, onclick: () => actions.choose(part) },
    part.label,
  );
  const times = part.count > 1 ? ` × ${part.count}` : "";
  const first = html("th", { scope: "row", style: `padding-left:${(level - 1) * 18 + 4}px` }, fold, name, times);
  const cells = [
    part.end ?? part.op,
    part.args.map(([key, value]) => `${key} ${value}`).join(", "),
    part.shapes.map(shapeText).join(", "),
    ...["params", "macs", "bytes"].map((measure) => (part[measure] ? amount(part[measure], measure) : "")),
    ...(network.contents.marked ? [[part.status ?? "", ...(part.notes ?? [])].join(" ")] : []),
  ].map((text, n) => html("td", { class: n > 2 && n < 6 ? "number" : undefined }, text));
  return html(
    "tr",
    {
      "data-id": part.id,
      "aria-level": level,
      "aria-expanded": part.box ? String(open) : undefined,
      "aria-selected": String(state.chosen === part),
      class: part.status ? `status-${part.status}` : undefined,
    },
    first,
    ...cells,
  );
}
