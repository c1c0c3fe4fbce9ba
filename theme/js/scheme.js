// Light, dark, or as the reader's system has it. It runs before the page is drawn, so that nothing
// flashes; what has `data-scheme` and `media` (figures, the colour of the browser's frame) follows.
const root = document.documentElement;
const words = document.currentScript.dataset;
const schemes = ["auto", "light", "dark"];
let scheme;
try {
  scheme = localStorage.getItem("scheme");
} catch {
  // Without a memory the system decides.
}
if (!schemes.includes(scheme)) scheme = "auto";

const applyScheme = () => {
  root.dataset.scheme = scheme;
  for (const part of document.querySelectorAll("[data-scheme][media]")) {
    const own = part.dataset.scheme;
    part.media =
      scheme === "auto" ? `(prefers-color-scheme: ${own})` : scheme === own ? "all" : "not all";
  }
  const button = document.querySelector(".scheme");
  if (button) button.title = button.ariaLabel = words[scheme];
};
applyScheme();

addEventListener("DOMContentLoaded", () => {
  applyScheme();
  document.querySelector(".scheme").onclick = () => {
    scheme = schemes[(schemes.indexOf(scheme) + 1) % 3];
    try {
      localStorage.setItem("scheme", scheme);
    } catch {
      // It holds for this page.
    }
    applyScheme();
  };
});
