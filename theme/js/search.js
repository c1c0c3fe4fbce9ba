// Answers what is asked, with the index that Pagefind made of the site; only this page loads it.
const form = document.querySelector(".search");
const status = document.getElementById("found");
const list = document.getElementById("results");
const says = status.dataset;
let index;
let asked = "";

// Pagefind knows that "redes" is "rede", but not that "funções" is "função", "cães" is "cão".
const spellings = (words) => {
  const one = words.replace(/(ões|oes|ães|aes|ãos)(?![\p{L}])/giu, "ão");
  const many = ["ões", "ães", "ãos"].map((end) => one.replace(/(ão|ao)(?![\p{L}])/giu, end));
  return [...new Set([words, one, ...many])];
};

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
