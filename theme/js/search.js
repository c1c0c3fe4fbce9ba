// Answers what is asked, with the index that Pagefind made of the site; only this page loads it.
const form = document.querySelector(".search");
const status = document.getElementById("found");
const list = document.getElementById("results");
const says = status.dataset;
let index;
let asked = "";

// Pagefind knows that "redes" is "rede", but not that "funções" is "função", "imagens" "imagem" and
// "animais" "animal". Each ending, and what it may become.
const SINGULAR = [
  [/(ões|oes|ães|aes|ãos)$/i, ["ão"]],
  [/ns$/i, ["m"]],
  [/[éeê]is$/i, ["el", "il"]],
  [/[óoô]is$/i, ["ol"]],
  [/([au])is$/i, ["$1l"]],
  [/is$/i, ["il"]],
];
const PLURAL = [
  [/[ãa]o$/i, ["ões", "ães", "ãos"]],
  [/m$/i, ["ns"]],
  [/([aeou])l$/i, ["$1is"]],
  [/il$/i, ["is", "eis"]],
];

const changed = (words, endings, turn) =>
  words.replace(/\p{L}+/gu, (word) => {
    const [ending, forms] = endings.find(([one]) => one.test(word)) ?? [];
    return ending ? word.replace(ending, forms[turn] ?? forms[0]) : word;
  });

const spellings = (words) => [
  ...new Set([
    words,
    ...[0, 1].map((turn) => changed(words, SINGULAR, turn)),
    ...[0, 1, 2].map((turn) => changed(words, PLURAL, turn)),
  ]),
];

const entry = ({ url, meta, excerpt }) => {
  const part = document.createElement("article");
  part.className = "entry";
  part.innerHTML = '<h2><a></a></h2><p class="excerpt"></p>';
  const link = part.querySelector("a");
  link.href = url;
  link.textContent = meta.title;
  // Pagefind escapes what the page says, and puts nothing but <mark> into it.
  part.querySelector("p").innerHTML = excerpt;
  return part;
};

const answer = async (words) => {
  asked = words;
  if (!words) {
    status.textContent = "";
    list.replaceChildren();
    return;
  }
  index ??= await import(says.index);
  const answers = await Promise.all(spellings(words).map((spelling) => index.search(spelling)));
  const found = new Map(answers.flatMap(({ results }) => results).map((one) => [one.id, one]));
  const best = [...found.values()].sort((one, other) => other.score - one.score).slice(0, 30);
  const pages = await Promise.all(best.map((one) => one.data()));
  if (asked !== words) return;
  const count = found.size;
  status.textContent = count > 1 ? says.many.replace("#", count) : count ? says.one : says.none;
  list.replaceChildren(...pages.map(entry));
};

const ask = () => {
  const words = form.q.value.trim();
  const address = new URL(location);
  if (words) address.searchParams.set("q", words);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  answer(words).catch(() => (status.textContent = says.broken));
};

let waiting;
form.oninput = () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 200);
};
form.onsubmit = (event) => {
  event.preventDefault();
  ask();
};
form.q.value = new URLSearchParams(location.search).get("q") ?? "";
if (form.q.value) ask();
form.q.focus();
