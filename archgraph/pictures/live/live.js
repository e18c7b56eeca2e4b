(function (live) {
  "use strict";
  // Asks for news, tells what is wrong with the file beside the picture, and loads the page anew when there is a new one.
  const KEPT = `archgraph view ${location.pathname.split("/")[1]}`;
  const PAUSE = 300;
  const PAUSE_ALONE = 1500;
  const onChanges = location.pathname.endsWith("/changes");

  let named = document.title; // the last part of the file's name: a tab has little room

  const panel = element("aside", { id: "live", "aria-live": "polite" });
  const details = element("details", { open: "" });
  const summary = element("summary");
  const list = element("ol");
  const link = element("a", { href: onChanges ? "./" : "changes" });
  link.textContent = onChanges ? "without what changed" : "what changed";
  link.title = "Marks what is not as it was when the view was opened";
  link.addEventListener("click", () => (link.hash = location.hash));
  details.append(summary, list);
  panel.append(details, link);
  const style = element("style");
  style.textContent = live.style;
  document.head.append(style);
  document.body.append(panel);

  function element(name, attributes = {}) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // What is open and chosen is in the page's address. Where the picture was and how large, a new one takes from here: the
  // part that was chosen, or in the middle, stays where it is in the window.
  function keep() {
    const { explorer } = window;
    if (!explorer?.scene?.layout) return;
    const { x, y, scale } = explorer.camera;
    const part = explorer.chosen ?? inTheMiddle(explorer);
    const anchor = part && explorer.scene.drawn.has(part.id) && { name: part.name, ...corner(explorer, part) };
    sessionStorage.setItem(KEPT, JSON.stringify({ x, y, scale, anchor }));
  }

  function restore() {
    const { explorer } = window;
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (!explorer?.scene?.layout || !kept) return;
    Object.assign(explorer.camera, { x: kept.x, y: kept.y, scale: kept.scale });
    const part = kept.anchor && explorer.network.byName(kept.anchor.name);
    if (part && explorer.scene.drawn.has(part.id)) {
      const now = corner(explorer, part);
      explorer.camera.pan(kept.anchor.x - now.x, kept.anchor.y - now.y);
    } else explorer.camera.apply();
  }

  function corner({ scene, camera }, part) {
    const place = scene.place(part);
    return { x: place.x * camera.scale + camera.x, y: place.y * camera.scale + camera.y };
  }

  function inTheMiddle(explorer) {
    const { width, height } = explorer.camera.size;
    const far = (part) => {
      const { x, y } = corner(explorer, part);
      return Math.hypot(x - width / 2, y - height / 2);
    };
    const parts = [...explorer.scene.drawn.values()].map(({ part }) => part).filter(({ id }) => id >= 0);
    return parts.reduce((best, part) => (best && far(best) <= far(part) ? best : part), null);
  }

  function whenDrawn(act) {
    const { documentElement } = document;
    if ("ready" in documentElement.dataset) return act();
    const observer = new MutationObserver(() => {
      if (!("ready" in documentElement.dataset)) return;
      observer.disconnect();
      act();
    });
    return observer.observe(documentElement, { attributeFilter: ["data-ready"] });
  }

  function line(found) {
    const item = element("li");
    const message = element("strong");
    const place = found.file ? `${found.file}:${found.line}:${found.col}: ` : "";
    message.textContent = place + found.message;
    item.append(message);
    if (found.excerpt) item.append(text("pre", found.excerpt));
    if (found.hint) item.append(text("p", found.hint));
    return item;
  }

  function text(name, content) {
    const made = element(name);
    made.textContent = content;
    return made;
  }

  function count(findings) {
    return findings.length === 1 ? "1 mistake" : `${findings.length} mistakes`;
  }

  function show(news) {
    const wrong = news.findings.length > 0;
    named = news.name.split(/[/\\]/).pop();
    const ofPicture = news.picture ? `the picture is of ${news.at}` : "there is no picture yet";
    panel.dataset.status = wrong ? "wrong" : news.status;
    link.hidden = news.picture < 2; // Nothing can have changed in the first.
    details.classList.toggle("empty", !wrong);
    if (news.status === "reading") {
      document.title = `… ${named}`;
      if (!wrong) summary.textContent = "reading the file";
      return;
    }
    const stale = news.status === "wrong" && news.picture ? ", before them" : "";
    summary.textContent = wrong ? `${count(news.findings)} · ${ofPicture}${stale}` : `current, of ${news.at}`;
    document.title = wrong ? `✗ ${count(news.findings)} · ${named}` : named;
    list.replaceChildren(...news.findings.map(line));
  }

  function alone() {
    panel.dataset.status = "alone";
    link.hidden = true;
    summary.textContent = "archgraph view has ended: this picture stays as it is";
    document.title = `■ ${named}`;
  }

  async function ask(version) {
    const answer = await fetch(`news?after=${version}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return answer.json();
  }

  async function watch() {
    let version = 0; // of what is shown; no version has this number
    for (;;) {
      try {
        const news = await ask(version);
        if (news.picture !== live.picture) {
          location.reload();
          return;
        }
        if (news.version !== version) show(news);
        version = news.version;
        await pause(PAUSE);
      } catch {
        alone();
        version = 0;
        await pause(PAUSE_ALONE);
      }
    }
  }

  function pause(milliseconds) {
    return new Promise((resume) => setTimeout(resume, milliseconds));
  }

  window.addEventListener("pagehide", keep);
  whenDrawn(restore);
  watch();
});
