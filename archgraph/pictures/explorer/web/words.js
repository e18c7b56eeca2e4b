// Texts of the page: numbers and shapes for people, and what stands in a box, with its size in pixels.

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
export const MEASURES = { macs: "MACs", params: "parameters", bytes: "activations" };

const LINE_LENGTH = 34;
const HEADING = 190; // pixels that the words of an open box take at most
const ruler = document.createElement("canvas").getContext("2d");
const widths = new Map();

/** A number with so many digits, of two equally near the even one, as Python writes it. */
function rounded(number, digits) {
  const shifted = number * 10 ** digits;
  // Only what is a multiple of an eighth can be half-way between two numbers of at most two digits.
  const halfway = Number.isInteger(number * 8) && shifted % 1 === 0.5;
  return (halfway ? (2 * Math.round(shifted / 2)) / 10 ** digits : number).toFixed(digits);
}

function scaled(number, base, units) {
  if (number < base) return `${number}${units[0]}`;
  let step = 0;
  while (number >= 999.5 && step < units.length - 1) {
    number /= base;
    step += 1;
  }
  const digits = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  return rounded(number, digits) + units[step];
}

/** A count in three digits: 25557032 is `25.6M`. */
export const human = (number) => scaled(number, 1000, ["", "k", "M", "G", "T"]);

/** Memory in units of 1024 bytes. */
export const humanBytes = (number) => scaled(number, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);

/** A cost of a measure, for people. */
export const amount = (number, measure) => (measure === "bytes" ? humanBytes(number) : human(number));

export const shapeText = (shape) => shape.join("×") || "scalar";

/** Pixels that a text takes in a line. */
function textWidth(text, size, bold = false) {
  const key = `${bold ? "b" : "n"}${size} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    ruler.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    width = ruler.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** A text cut so that it takes no more than some pixels. */
function fitted(text, size, most, bold = false) {
  if (textWidth(text, size, bold) <= most) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size, bold) > most) letters.pop();
  return `${letters.join("")}…`;
}

function wrapped(words) {
  const lines = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= LINE_LENGTH)
      lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => fitted(line, 11, 240));
}

/** What a part is beside its name: its op, unless the name says it, and its arguments in short. */
export function about(part) {
  const plain = part.label
    .split(".")
    .at(-1)
    .replace(/[\d–]+$/, "");
  return plain === part.op || !part.op ? part.says : [part.op, ...part.says];
}

function costs(part) {
  return [part.params ? `${human(part.params)} params` : "", part.macs ? `${human(part.macs)} MACs` : ""]
    .filter(Boolean)
    .join(" · ");
}

/** The lines of a closed box or a node, and its size. */
export function lettering(part) {
  if (part.lettering) return part.lettering;
  const times = part.count > 1 ? ` × ${part.count}` : "";
  const lines = [{ text: fitted(part.label, 13, 240, true) + times, size: 13, bold: true, height: 17 }];
  if (part.end) lines.push({ text: shapeText(part.shapes[0]), size: 11, faint: true, height: 14 });
  else {
    for (const text of wrapped(about(part))) lines.push({ text, size: 11, height: 14 });
    for (const text of part.choices ?? [])
      lines.push({ text: fitted(text, 11, 240), size: 11, chosen: true, height: 14 });
    if (costs(part)) lines.push({ text: costs(part), size: 10, faint: true, height: 13 });
  }
  const room = part.box ? 18 : 0; // for the mark that it opens by
  const nameWidth = textWidth(lines[0].text, 13, true);
  const width = Math.max(...lines.map((line) => textWidth(line.text, line.size, line.bold) + (line.bold ? room : 0)));
  const height = lines.reduce((sum, line) => sum + line.height, 0);
  part.lettering = { lines, nameWidth, width: Math.ceil(Math.max(width + 22, 56)), height: height + 11 };
  return part.lettering;
}

/** The words at the top of an open box, and their size. */
export function heading(part) {
  if (part.heading) return part.heading;
  const times = part.count > 1 ? ` × ${part.count}` : "";
  const name = fitted(part.label, 13, HEADING - 30, true) + times;
  const said = fitted(about(part).join(", "), 11, HEADING);
  const width = Math.max(textWidth(name, 13, true) + 18, textWidth(said, 11));
  part.heading = { name, said, width: Math.ceil(width), height: said ? 36 : 22 };
  return part.heading;
}
