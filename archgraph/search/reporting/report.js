// The report's page: draws its charts, shows networks, sorts tables. Everything that it shows stands in the page;
// what people wrote is put in as text, never as markup.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const data = JSON.parse(at("data").textContent);
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  // Gzip in base64, as text.
  async function unpacked(id) {
    const letters = atob(at(id).textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  let packed;
  const pictures = () => (packed ??= unpacked("pictures").then(JSON.parse));
  // As an image, so that nothing in it can run.
  const source = (svg) => "data:image/svg+xml," + encodeURIComponent(svg);

  // Light and dark.
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const redrawn = [];
  function themed() {
    at("theme").textContent = dark() ? "Light" : "Dark";
    for (const redraw of redrawn) redraw();
  }
  at("theme").hidden = false;
  at("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; themed(); });
  system.addEventListener("change", themed);
  themed();

  // The card of a network: the row of its trial, and its picture.
  const card = at("card");
  let kept = null;
  let asked = 0;
  async function show(number, { keep = false, from = null } = {}) {
    const row = at(`trial-${number}`);
    if (!row || (kept !== null && !keep)) return;
    const mine = ++asked;
    const titles = [...row.closest("table").tHead.rows[0].cells].map((cell) => cell.dataset.title ?? cell.textContent);
    const facts = make("dl");
    [...row.cells].forEach((cell, place) => {
      if (place && cell.textContent && cell.textContent !== "-") {
        facts.append(make("dt", titles[place]), make("dd", cell.textContent));
      }
    });
    const close = make("button", "Close", { type: "button" });
    close.addEventListener("click", hide);
    card.replaceChildren(close, make("h2", `Trial ${number}`), facts);
    if (from) {
      card.dataset.side = from.x > innerWidth / 2 ? "left" : "right";
      card.dataset.end = from.y > innerHeight / 2 ? "top" : "bottom";
    }
    document.querySelectorAll("tr.chosen").forEach((other) => other.classList.remove("chosen"));
    if (keep) {
      kept = number;
      card.dataset.kept = "";
      row.classList.add("chosen");
    }
    card.hidden = false;
    const svg = (await pictures())[number];
    if (mine !== asked) return;
    const frame = make("p", svg ? undefined : "It is not drawn in this page.");
    if (svg) {
      frame.className = "picture";
      frame.append(make("img", undefined, { src: source(svg), alt: `The network of trial ${number}` }));
    }
    card.append(frame);
  }
  function hide() {
    kept = null;
    asked++;
    delete card.dataset.kept;
    card.hidden = true;
    document.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
  }
  const leave = () => { if (kept === null) hide(); };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // Links to trials, in tables and in the lineage, show their networks.
  const trialOf = (event) => {
    const link = event.target.closest?.('a[href^="#trial-"], a[*|href^="#trial-"]');
    const address = link?.getAttribute("href") ?? link?.getAttributeNS("http://www.w3.org/1999/xlink", "href");
    return address ? Number(address.slice("#trial-".length)) : null;
  };
  const place = (event) => {
    const box = event.target.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  for (const kind of ["mouseover", "focusin"]) {
    addEventListener(kind, (event) => {
      const number = trialOf(event);
      if (number !== null) show(number, { from: place(event) });
    });
  }
  for (const kind of ["mouseout", "focusout"]) addEventListener(kind, (event) => { if (trialOf(event) !== null) leave(); });
  addEventListener("click", (event) => {
    const number = trialOf(event);
    if (number === null) return;
    event.preventDefault();
    show(number, { keep: true, from: place(event) });
  });

  // Tables are sorted by a click on a title.
  const value = (row, column) => row.cells[column].textContent;
  const figure = (text) => (/^[+-]?[\d,.]/.test(text) ? parseFloat(text.replace(/,/g, "")) : NaN);
  function compared(one, other) {
    const [a, b] = [figure(one), figure(other)];
    if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
    if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
    return one.localeCompare(other);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((title, column) => {
      const button = make("button", title.textContent, { type: "button" });
      title.dataset.title = title.textContent;
      title.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = title.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        title.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => compared(value(one, column), value(other, column)) * (down ? -1 : 1));
        table.tBodies[0].append(...rows);
      });
    });
  }

  // A lineage that is wider than its place begins where its first network is.
  for (const tree of document.querySelectorAll("svg.tree")) {
    const place = tree.parentElement;
    const first = tree.querySelector(".node").getBoundingClientRect();
    place.scrollLeft = first.x + first.width / 2 - place.getBoundingClientRect().x - place.clientWidth / 2;
  }

  // Pictures that are seen when their place is opened.
  for (const place of document.querySelectorAll("details")) {
    place.addEventListener("toggle", async () => {
      for (const image of place.querySelectorAll("img[data-picture]:not([src])")) {
        const svg = (await pictures())[image.dataset.picture];
        if (svg) image.src = source(svg);
      }
    });
  }

  // Charts.
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  function painted(layout) {
    const axis = { gridcolor: colour("--line"), linecolor: colour("--faint"), zeroline: false, automargin: true };
    return {
      ...layout,
      margin: { l: 60, r: 20, t: 40, b: 50, ...layout.margin },
      font: { color: colour("--ink"), family: "system-ui, sans-serif", size: 13 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      legend: { orientation: "h", traceorder: "normal", y: 1.02, yanchor: "bottom", x: 0 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--faint"), activecolor: colour("--link") },
      xaxis: { ...axis, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
  }
  function draw(key, { data: traces, layout }) {
    const here = at(`chart-${key}`);
    // By default plotly offers a button that sends the chart to its makers.
    const nowhere = { showSendToCloud: false, showEditInChartStudio: false, plotlyServerURL: "" };
    const options = { ...nowhere, responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] };
    const drawn = () => Plotly.react(here, traces, painted(layout), options);
    redrawn.push(drawn);
    return drawn();
  }

  // The front: other axes, the network under the pointer, and one after the other by keyboard.
  function front(figureOf) {
    const here = at("chart-front");
    const chosen = { x: at("front-x"), y: at("front-y") };
    const { objectives, axes, limits, values } = data.front;
    const ring = {
      type: "scatter", mode: "markers", x: [], y: [], showlegend: false, hoverinfo: "skip",
      marker: { symbol: "circle-open", size: 16, color: "#d97706", line: { width: 3 } },
    };
    figureOf.data.push(ring);
    let current = null;
    function turned() {
      const [x, y] = [chosen.x.value, chosen.y.value];
      for (const trace of figureOf.data) {
        if (!trace.customdata) continue;
        const known = values[trace.meta];
        const worth = (name) => (number) => known[name][number];
        if (trace.line) {
          trace.customdata = [...trace.customdata].sort((a, b) => worth(x)(a) - worth(x)(b));
          const both = Object.keys(objectives).length === 2 && x !== y && x in objectives && y in objectives;
          trace.mode = both ? "lines+markers" : "markers";
          trace.line.shape = objectives[x] === "maximize" ? "vh" : "hv";
        }
        trace.x = trace.customdata.map(worth(x));
        trace.y = trace.customdata.map(worth(y));
      }
      figureOf.layout.xaxis = axes[x];
      figureOf.layout.yaxis = axes[y];
      const line = { line: { dash: "dot", width: 1.5, color: "#d97706" }, type: "line" };
      figureOf.layout.shapes = [
        ...limits[x].map((limit) => ({ ...line, x0: limit, x1: limit, yref: "paper", y0: 0, y1: 1 })),
        ...limits[y].map((limit) => ({ ...line, y0: limit, y1: limit, xref: "paper", x0: 0, x1: 1 })),
      ];
      ringed();
    }
    function ringed() {
      const known = current !== null ? [current] : [];
      ring.x = known.map((number) => values.own[chosen.x.value][number]);
      ring.y = known.map((number) => values.own[chosen.y.value][number]);
    }
    const middle = () => place({ target: here });
    function go(number, keep) {
      current = number;
      ringed();
      redraw();
      if (keep) kept = null;
      const x = here._fullLayout.xaxis.d2p(values.own[chosen.x.value][number]) + here.getBoundingClientRect().x;
      show(number, { keep, from: { ...middle(), x } });
    }
    turned();
    const redraw = () => Plotly.react(here, figureOf.data, painted(figureOf.layout), here._context);
    const trialAt = (event) => {
      const point = event.points[0];
      return point.data.meta === "own" && point.customdata !== undefined ? point.customdata : null;
    };
    const pointer = (event) => ({ x: event.event?.clientX ?? middle().x, y: event.event?.clientY ?? middle().y });
    function listen() {
      here.on("plotly_hover", (event) => {
        if (trialAt(event) !== null) show(trialAt(event), { from: pointer(event) });
      });
      here.on("plotly_unhover", leave);
      here.on("plotly_click", (event) => {
        if (trialAt(event) !== null) go(trialAt(event), true);
      });
    }
    for (const choice of Object.values(chosen)) choice.addEventListener("change", () => { turned(); redraw(); });

    here.tabIndex = 0;
    here.setAttribute("role", "group");
    here.addEventListener("keydown", (event) => {
      const worth = (number) => values.own[chosen.x.value][number];
      const points = figureOf.data.filter((trace) => trace.meta === "own").flatMap((trace) => trace.customdata);
      points.sort((a, b) => worth(a) - worth(b) || a - b);
      const position = points.indexOf(current);
      const steps = { ArrowRight: position + 1, ArrowLeft: position < 0 ? points.length - 1 : position - 1, Home: 0, End: points.length - 1 };
      if (event.key in steps) {
        event.preventDefault();
        if (kept !== null) hide();
        go(points[Math.min(Math.max(steps[event.key], 0), points.length - 1)], false);
      } else if ((event.key === "Enter" || event.key === " ") && current !== null) {
        event.preventDefault();
        go(current, true);
      }
    });
    return draw("front", figureOf).then(listen);
  }

  function progress(figureOf) {
    const over = at("progress-x");
    over?.addEventListener("change", () => {
      const time = over.value !== "trials";
      for (const trace of figureOf.data) trace.x = trace.meta[time ? "time" : "trials"];
      figureOf.layout.xaxis = { title: { text: time ? "seconds on the device" : "trials finished" } };
      redrawn.forEach((redraw) => redraw());
    });
    return draw("progress", figureOf);
  }

  const special = { front, progress };
  unpacked("plotly")
    .then((text) => {
      document.head.append(make("script", text));
      const charts = Object.entries(data.figures);
      return Promise.all(charts.map(([key, figureOf]) => (special[key] ?? ((known) => draw(key, known)))(figureOf)));
    })
    .then(() => { root.dataset.drawn = Math.round(performance.now()); })
    .catch((error) => { at("bare").hidden = false; console.error(error); });
})();
