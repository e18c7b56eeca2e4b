// What of the picture is seen: moved with the mouse, fingers or keys, and made larger and smaller.

const SMALLEST = 0.02;
const LARGEST = 6;
const READABLE = 0.8;
const FAR = 0.45; // small print is left out where it could not be read

export class Camera {
  constructor(svg, group) {
    this.svg = svg;
    this.group = group;
    this.x = this.y = 0;
    this.scale = 1;
    this.pointers = new Map();
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => this.release(event));
  }

  get size() {
    return { width: this.svg.clientWidth, height: this.svg.clientHeight };
  }

  apply() {
    this.group.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
    this.svg.classList.toggle("far", this.scale < FAR);
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.apply();
  }

  /** Make everything larger by a factor; a point of the window stays where it is. */
  zoom(factor, at = { x: this.size.width / 2, y: this.size.height / 2 }) {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    this.x = at.x - ((at.x - this.x) * scale) / this.scale;
    this.y = at.y - ((at.y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.apply();
  }

  /** Show a whole picture; unless `whole`, one that is long begins at its first part in a size that can be read. */
  fit({ width, height }, { whole = true } = {}) {
    const room = { width: this.size.width - 40, height: this.size.height - 40 };
    const [across, along] = [room.width / width, room.height / height].sort((a, b) => b - a);
    this.scale = Math.max(
      SMALLEST,
      whole ? Math.min(along, 1.25) : Math.min(Math.max(along, Math.min(across, READABLE)), 1.25),
    );
    const start = (size, space) => (whole || size * this.scale <= space ? (space + 40 - size * this.scale) / 2 : 20);
    this.x = start(width, room.width);
    this.y = start(height, room.height);
    this.apply();
  }

  /** Bring a place of the picture into view, in the middle if it is not seen. */
  show(place, { always = false } = {}) {
    const [left, top] = [place.x * this.scale + this.x, place.y * this.scale + this.y];
    const [width, height] = [place.width * this.scale, place.height * this.scale];
    const room = this.size;
    const seen = left >= 0 && top >= 0 && left + width <= room.width && top + height <= room.height;
    if (seen && !always && this.scale >= FAR) return;
    if (this.scale < FAR) this.scale = 0.9;
    this.x = room.width / 2 - (place.x + place.width / 2) * this.scale;
    this.y = room.height / 2 - (place.y + Math.min(place.height, room.height / this.scale) / 2) * this.scale;
    this.apply();
  }

  wheel(event) {
    event.preventDefault();
    const box = this.svg.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 20 : 1;
    if (event.shiftKey) this.pan(-(event.deltaX + event.deltaY) * lines, 0);
    else
      this.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), {
        x: event.clientX - box.left,
        y: event.clientY - box.top,
      });
  }

  press(event) {
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.dragged = 0;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    this.dragged += Math.abs(dx) + Math.abs(dy);
    if (this.dragged < 4) return;
    if (!this.svg.hasPointerCapture(event.pointerId)) this.svg.setPointerCapture(event.pointerId);
    if (this.pointers.size === 2) this.pinch(event, before);
    else this.pan(dx, dy);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  pinch(event, before) {
    const [, other] = [...this.pointers].find(([id]) => id !== event.pointerId);
    const far = (point) => Math.hypot(point.x - other.x, point.y - other.y);
    const box = this.svg.getBoundingClientRect();
    const now = { x: event.clientX, y: event.clientY };
    this.zoom(far(now) / Math.max(1, far(before)), { x: other.x - box.left, y: other.y - box.top });
  }

  release(event) {
    this.pointers.delete(event.pointerId);
  }

  /** Whether the pointer has moved the picture since it was pressed, so that what follows is no click. */
  get wasDrag() {
    return (this.dragged ?? 0) >= 4;
  }
}
