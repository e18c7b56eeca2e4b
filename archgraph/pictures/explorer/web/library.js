// Graphviz as WebAssembly (viz.js), unpacked from the page itself when the first layout asks for it.

let loading = null;
let viz = null;

/** Load Graphviz; the same promise for all who ask. */
export function library() {
  loading ??= unpack();
  return loading;
}

export const loaded = () => viz !== null;

async function unpack() {
  const packed = document.getElementById("library").textContent.trim();
  const bytes = Uint8Array.fromBase64?.(packed) ?? Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const address = URL.createObjectURL(new Blob([await new Response(stream).text()], { type: "text/javascript" }));
  viz = await (await import(address)).instance();
  URL.revokeObjectURL(address);
}

/** Where Graphviz puts the nodes and edges of a text in its language. */
export function placed(dot) {
  const done = viz.render(dot, { format: "json0", engine: "dot" });
  if (done.status !== "success") throw new Error(done.errors.map((error) => error.message).join("\n"));
  return JSON.parse(done.output);
}
