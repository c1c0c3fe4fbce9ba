// Patches the page when its source changes, and shows how its cells stand and what is wrong.
// One module, no build step; nothing inline, so that a page's `default-src 'self'` allows it.

import { Idiomorph } from "./idiomorph.js";

const AGAIN = 500; // milliseconds until a lost connection is tried again
const STYLES = 1000; // milliseconds for which a new style sheet is waited for
const TICK = 100;
const OURS = "preview-cell, preview-before";

const versionElement = document.querySelector('meta[name="preview-version"]');
const known = { version: versionElement.content, assets: null, message: null, received: 0 };
let sent = new WeakMap(); // element of the page → its HTML as it was last sent
let kinds = new Set(); // of the elements that were last sent
let work = begin();

// From the server

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/_preview/events`);
  socket.onopen = () => {
    document.documentElement.toggleAttribute("data-preview-lost", false);
    socket.send(JSON.stringify({ path: decodeURI(location.pathname), version: known.version }));
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    // One after the other: a style sheet may have to be waited for.
    work = work.then(() => apply(message)).catch(console.error);
  };
  socket.onclose = () => {
    document.documentElement.toggleAttribute("data-preview-lost", true);
    drawBar();
    setTimeout(connect, AGAIN);
  };
}

async function begin() {
  // What was sent, since scripts of the page may have changed it before this one runs.
  const answer = await fetch(location.pathname);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (fresh.querySelector('meta[name="preview-version"]')?.content === known.version) remember(fresh);
}

async function apply(message) {
  known.received = performance.now();
  const before = known.assets ?? message.assets;
  known.assets = message.assets;
  known.message = message;
  const changed = Object.keys(message.assets).filter((path) => message.assets[path] !== before[path]);
  if (message.html !== null) {
    if (!(await patch(message.html))) return;
    known.version = message.version;
    versionElement.content = message.version;
  }
  if (changed.some((path) => path.endsWith(".js") && scriptsFrom(path).length)) {
    location.reload();
    return;
  }
  if (changed.length) await showAgain(changed);
  draw();
  document.dispatchEvent(new CustomEvent("preview:shown", { detail: message }));
}

// The page

async function patch(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (scripts(fresh).some((one) => !scripts(document).includes(one))) {
    location.reload(); // the browser keeps the scroll position
    return false;
  }
  withVersions(fresh);
  const gone = await addStyles(fresh);
  const schemes = chosenSchemes();
  liftDecorations();
  document.title = fresh.title;
  document.documentElement.lang = fresh.documentElement.lang;
  Idiomorph.morph(document.body, fresh.body, {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    callbacks: {
      // Where nothing else was sent than before, what scripts made of it stays.
      beforeNodeMorphed: (old, fresh) => !(fresh.outerHTML && sent.get(old) === fresh.outerHTML),
      beforeNodeRemoved: (node) => !isAddition(node),
      // What the reader opened stays open.
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details"),
    },
  });
  remember(fresh);
  for (const [scheme, media] of schemes) {
    for (const one of document.querySelectorAll(`[data-scheme="${scheme}"][media]`)) one.media = media;
  }
  for (const element of gone) element.remove();
  return true;
}

const kindOf = (element) => `${element.localName}.${element.className}`;

function remember(fresh) {
  sent = new WeakMap();
  kinds = new Set([...fresh.body.querySelectorAll("*")].map(kindOf));
  pair(document.body, fresh.body);
}

function pair(element, fresh) {
  sent.set(element, fresh.outerHTML);
  const children = [...element.children].filter((one) => kinds.has(kindOf(one)));
  const same = children.length === fresh.children.length;
  if (!same || children.some((one, place) => kindOf(one) !== kindOf(fresh.children[place]))) return;
  children.forEach((one, place) => pair(one, fresh.children[place]));
}

function isAddition(node) {
  // A button that a script of the page has added, say; but not one around what was sent.
  if (node.nodeType !== Node.ELEMENT_NODE || kinds.has(kindOf(node))) return false;
  if (node.localName === "dialog" && node.open) return true;
  return ![...node.querySelectorAll("*")].some((one) => kinds.has(kindOf(one)));
}

function chosenSchemes() {
  // A switch of colours sets the media of all figures; those that come now are to follow it.
  const parts = [...document.querySelectorAll("[data-scheme][media]")];
  return parts.filter((one) => one.media.endsWith("all")).map((one) => [one.dataset.scheme, one.media]);
}

function scripts(page) {
  return [...page.querySelectorAll("script")]
    .filter((one) => !one.type || one.type === "module" || one.type.endsWith("javascript"))
    .filter((one) => !one.src.includes("/_preview/"))
    .map((one) => (one.src ? pathOf(one.src) : one.textContent));
}

const scriptsFrom = (path) => scripts(document).filter((one) => one === path);

const pathOf = (address) => decodeURI(new URL(address, location.href).pathname);

function addressOf(address) {
  // The address with the version of its file, so that no older one comes out of a cache.
  const url = new URL(address, location.href);
  const version = url.host === location.host && known.assets?.[pathOf(address)];
  if (version) url.searchParams.set("preview", version);
  else url.searchParams.delete("preview");
  return url.host === location.host ? url.pathname + url.search + url.hash : address;
}

function withVersions(page) {
  for (const one of page.querySelectorAll("img[src], video[src], audio[src], source[src], iframe[src]")) {
    if (known.assets[pathOf(one.getAttribute("src"))]) one.setAttribute("src", addressOf(one.getAttribute("src")));
  }
  for (const one of page.querySelectorAll("[srcset]")) {
    const parts = one.getAttribute("srcset").split(/,\s+/).map((part) => {
      const [address, ...rest] = part.trim().split(/\s+/);
      return [known.assets[pathOf(address)] ? addressOf(address) : address, ...rest].join(" ");
    });
    one.setAttribute("srcset", parts.join(", "));
  }
}

async function showAgain(changed) {
  withVersions(document);
  if (changed.some((path) => path.endsWith(".css"))) {
    const links = sheets(document).filter((one) => new URL(one.href).host === location.host);
    const own = links.filter((one) => changed.includes(pathOf(one.href)));
    // A sheet that no link names is imported by one that does.
    await Promise.all((own.length ? own : links).map((old) => swap(old, own.length ? null : Date.now())));
  }
}

const sheets = (page) =>
  [...page.querySelectorAll('link[rel~="stylesheet"]')].filter(
    (one) => !pathOf(one.getAttribute("href")).startsWith("/_preview/"),
  );

async function swap(old, stamp) {
  const link = old.cloneNode();
  link.href = addressOf(old.getAttribute("href"));
  if (stamp) link.href = `${pathOf(old.href)}?preview=${stamp}`;
  old.after(link);
  await loaded(link);
  old.remove();
}

async function addStyles(fresh) {
  // Adds what the new page has more, and returns what it has no more: the page is never without.
  const wanted = sheets(fresh).map((one) => pathOf(one.getAttribute("href")));
  const there = sheets(document);
  const waiting = [];
  let previous = null;
  for (const one of sheets(fresh)) {
    const same = there.find((old) => pathOf(old.href) === pathOf(one.getAttribute("href")));
    if (same) {
      previous = same;
      continue;
    }
    const link = document.importNode(one);
    if (previous) previous.after(link);
    else if (there.length) there[0].before(link);
    else document.head.append(link);
    previous = link;
    waiting.push(loaded(link));
  }
  await Promise.all(waiting);
  const texts = [...fresh.head.querySelectorAll("style")];
  const gone = [...document.head.querySelectorAll("style")].filter(
    (old) => !texts.some((one) => one.textContent === old.textContent),
  );
  for (const one of texts) {
    const same = [...document.head.querySelectorAll("style")].some((old) => old.textContent === one.textContent);
    if (!same) document.head.append(document.importNode(one, true));
  }
  return [...gone, ...there.filter((old) => !wanted.includes(pathOf(old.href)))];
}

const loaded = (link) =>
  new Promise((done) => {
    link.onload = link.onerror = done;
    setTimeout(done, STYLES);
  });

// How cells stand

function liftDecorations() {
  for (const one of document.querySelectorAll(OURS)) one.remove();
}

const drawn = new Map(); // cell → its element: the same one is moved, not made again

function draw() {
  liftDecorations();
  const numbers = known.message.cells.map((cell) => cell.number);
  for (const number of [...drawn.keys()]) if (!numbers.includes(number)) drawn.delete(number);
  for (const cell of known.message.cells) {
    const place = placeOf(cell);
    place?.(cellElement(cell));
    const before = known.message.before[cell.number];
    if (before) place?.(beforeElement(before), true);
  }
  drawBar();
}

function cellElement(cell) {
  const element = drawn.get(cell.number) ?? document.createElement("preview-cell");
  drawn.set(cell.number, element);
  element.dataset.state = cell.state;
  element.dataset.cell = cell.number;
  if (!element.firstChild) {
    element.append(document.createElement("span"));
    element.firstChild.setAttribute("role", "status");
  }
  element.firstChild.textContent = words(cell);
  const text = JSON.stringify(cell.problem);
  if (element.dataset.problem !== text) {
    element.dataset.problem = text;
    element.replaceChildren(element.firstChild, ...(cell.problem ? [problemElement(cell.problem)] : []));
  }
  return element;
}

function placeOf(cell) {
  // Where something about a cell goes: between its code and its outputs, or under these.
  const isIts = (one) => Number(one.getAttribute("aria-label")?.match(/\d+/)?.[0]) === cell.number;
  const whole = [...document.querySelectorAll(".cell")].find(isIts);
  const outputs = [...document.querySelectorAll(".cell-outputs")].find(isIts);
  const code = [...document.querySelectorAll("main pre, article pre, body pre")].find(
    (one) => one.textContent.trim() === cell.code.trim(),
  );
  const last = outputs ?? code?.closest(".highlight, .codehilite") ?? code;
  if (!whole && !last) return null;
  return (element, under = false) => {
    if (under) (outputs ? outputs.after(element) : whole ? whole.append(element) : last.after(element));
    else if (outputs) outputs.before(element);
    else if (whole) whole.append(element);
    else last.after(element);
  };
}

function words(cell) {
  let seconds = cell.seconds;
  if (seconds === null) return cell.state;
  if (cell.state === "running") seconds += (performance.now() - known.received) / 1000;
  return `${cell.state} ${seconds.toFixed(1)} s`;
}

setInterval(() => {
  for (const cell of known.message?.cells ?? []) {
    if (cell.state !== "running") continue;
    const badge = document.querySelector(`preview-cell[data-cell="${cell.number}"] > span`);
    if (badge) badge.textContent = words(cell);
  }
}, TICK);

function beforeElement(html) {
  const element = document.createElement("preview-before");
  const said = document.createElement("p");
  said.textContent = "A run of the whole post gave something else than was shown. Above is what it gave, here what was shown:";
  const shown = document.createElement("div");
  shown.innerHTML = html;
  element.append(said, shown);
  return element;
}

function problemElement(problem) {
  const element = document.createElement("div");
  element.className = "preview-problem";
  const place = document.createElement("code");
  place.textContent = problem.place;
  const message = document.createElement("strong");
  message.textContent = problem.message;
  element.append(message);
  if (!problem.details.includes(problem.place)) element.append(place);
  if (problem.details) {
    const details = document.createElement("pre");
    details.textContent = problem.details;
    element.append(details);
  }
  return element;
}

// What is wrong with the page as a whole

function drawBar() {
  // Beside the body, so that no patch touches it and nothing in the page moves.
  const bar = document.querySelector("preview-bar") ?? document.createElement("preview-bar");
  const parts = (known.message?.marks ?? []).map((text) => {
    const mark = document.createElement("p");
    mark.textContent = text;
    return mark;
  });
  if (document.documentElement.hasAttribute("data-preview-lost")) {
    const lost = document.createElement("p");
    lost.textContent = "the preview has ended, or is not to be reached";
    parts.push(lost);
  }
  parts.push(...(known.message?.problems ?? []).map(problemElement));
  const text = parts.map((part) => part.textContent).join("\n");
  if (bar.dataset.text !== text) {
    bar.dataset.text = text;
    bar.replaceChildren(...parts);
    bar.setAttribute("role", "status");
    document.documentElement.append(bar);
  }
  if (!parts.length) bar.remove();
}

connect();
