// The picture as it is now, as an SVG file that stands alone.

/** The text of an SVG with all that is open, in the colours of the page. */
export function saved(group, layout, name) {
  const page = getComputedStyle(document.documentElement);
  const style = document.getElementById("ink").textContent;
  const names = new Set([...style.matchAll(/var\((--[\w-]+)/g)].map((found) => found[1]));
  const set = [...names].map((one) => [one, page.getPropertyValue(one)]).filter(([, value]) => value);
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  root.setAttribute("viewBox", `-20 -20 ${layout.width + 40} ${layout.height + 40}`);
  root.setAttribute("class", "picture");
  const title = document.createElementNS(root.namespaceURI, "title");
  title.textContent = name;
  const ink = document.createElementNS(root.namespaceURI, "style");
  ink.textContent = `.picture{${set.map(([key, value]) => `${key}:${value}`).join(";")};background:var(--paper)}\n${style}`;
  const marks = group.ownerSVGElement.querySelector("defs").cloneNode(true);
  const copy = group.cloneNode(true);
  copy.removeAttribute("transform");
  root.append(title, ink, marks, copy);
  return new XMLSerializer().serializeToString(root);
}

/** Let the reader keep a text as a file. */
export function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
