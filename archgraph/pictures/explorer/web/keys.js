// The keyboard: from part to part in the picture, and the page's own keys.

const DIRECTIONS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const STEP = 80;

/** The part seen next to another in a direction: near, and not far aside. An open box is gone into, or left, from its top. */
function neighbour(scene, part, [dx, dy]) {
  const box = scene.drawn.get(part.id)?.layout;
  if (box && dx + dy > 0) return part.kids[0];
  const middle = (one) => {
    const { x, y, width, height } = scene.place(one);
    return [x + width / 2, y + height / 2];
  };
  const [x, y] = box ? [scene.place(part).x, scene.place(part).y] : middle(part);
  let [best, least] = [null, Infinity];
  for (const { part: other, layout } of scene.drawn.values()) {
    if (layout || other === part) continue;
    const [ox, oy] = middle(other);
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (ahead < 2 || aside > 4 * ahead + 40) continue;
    if (ahead + 2 * aside < least) [best, least] = [other, ahead + 2 * aside];
  }
  return best;
}

/** Listen to the keys. `page` does what they ask for. */
export function listen(page) {
  page.svg.addEventListener("keydown", (event) => {
    const part = page.focused;
    const direction = DIRECTIONS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (direction && event.shiftKey) page.camera.pan(-STEP * direction[0], -STEP * direction[1]);
    else if (direction && part) {
      const next = neighbour(page.scene, part, direction);
      if (next) page.choose(next, { focus: true });
    } else if (event.key === "Enter" && part) {
      const box = event.shiftKey || !part.box ? page.network.around(part).at(-1) : part;
      if (part.box || event.shiftKey) box && page.fold(box, { focus: true });
      else page.choose(part, { focus: true });
    } else if (event.key === " " && part) page.choose(part, { focus: true });
    else if (event.key === "u" && part) page.choose(page.network.around(part).at(-1) ?? part, { focus: true });
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, dialog"))
      return;
    const action = {
      "/": () => page.search.field.focus(),
      Escape: () => page.clear(),
      "+": () => page.camera.zoom(1.25),
      "=": () => page.camera.zoom(1.25),
      "-": () => page.camera.zoom(0.8),
      f: () => page.fit(),
      t: () => page.show(page.view === "table" ? "picture" : "table"),
      p: () => page.chosen && page.path(page.tracing ? page.tracing : "both"),
      "?": () => page.help(),
    }[event.key];
    if (!action) return;
    action();
    event.preventDefault();
  });
}
