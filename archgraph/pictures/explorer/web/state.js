// What a reader has done to the view, as the fragment of the page's address: a link or a reload shows the same.

/** The state that an address has: boxes opened and closed beside those open at first, what is chosen, the heat map. */
export function read(fragment) {
  const found = new URLSearchParams(fragment.replace(/^#/, ""));
  const list = (key) => (found.get(key) ?? "").split("~").filter(Boolean).map(decoded);
  const one = (key) => found.get(key) ?? undefined;
  return {
    base: one("boxes"),
    opened: list("open"),
    closed: list("shut"),
    chosen: one("at"),
    heat: one("heat"),
    path: one("path"),
    view: one("view"),
    theme: one("theme"),
  };
}

/** A state as the fragment of an address; what is as it was at first is left out. */
export function written(state) {
  const found = new URLSearchParams();
  const set = (key, value) => value && found.set(key, value);
  set("boxes", state.base);
  set("open", state.opened.map(encodeURIComponent).join("~"));
  set("shut", state.closed.map(encodeURIComponent).join("~"));
  set("at", state.chosen);
  for (const key of ["heat", "path", "view", "theme"]) set(key, state[key]);
  return found.toString();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
