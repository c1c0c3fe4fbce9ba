// The table of contents shows where the reader is: below the last heading that has come up.
addEventListener("DOMContentLoaded", () => {
  const links = [...document.querySelectorAll(".toc a")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash).slice(1)));
  const follow = () => {
    const here = headings.findLastIndex((one) => one?.getBoundingClientRect().top < innerHeight / 3);
    links.forEach((link, place) => (link.ariaCurrent = place === here ? "location" : null));
  };
  if (!links.length) return;
  addEventListener("scroll", () => requestAnimationFrame(follow), { passive: true });
  requestAnimationFrame(follow);
});
