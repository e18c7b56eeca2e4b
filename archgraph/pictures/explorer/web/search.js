// Finding parts by their name or op, one after the other.

/** The search field: how many there are, and the way from one to the next. */
export class Search {
  constructor(network, { field, count, next, previous }, found) {
    Object.assign(this, { network, field, count, found });
    this.hits = [];
    this.at = -1;
    field.addEventListener("input", () => this.look());
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.clear();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    next.addEventListener("click", () => this.step(1));
    previous.addEventListener("click", () => this.step(-1));
  }

  look() {
    this.hits = this.network.find(this.field.value);
    this.at = -1;
    this.say();
    this.found(null, this.hits);
  }

  /** Go to the next hit, or to the one before; from the last to the first. */
  step(by) {
    if (!this.hits.length) return;
    this.at = this.at < 0 && by < 0 ? this.hits.length - 1 : (this.at + by + this.hits.length) % this.hits.length;
    this.say();
    this.found(this.hits[this.at], this.hits);
  }

  say() {
    const none = this.field.value.trim() ? "none" : "";
    this.count.textContent = this.hits.length ? `${this.at < 0 ? "" : `${this.at + 1} of `}${this.hits.length}` : none;
  }

  clear() {
    this.field.value = "";
    this.look();
    this.field.blur();
  }
}
