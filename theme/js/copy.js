// A button on each block of code that copies what one would type: no prompts, no replies to them.
for (const shown of ["DOMContentLoaded", "preview:shown"]) document.addEventListener(shown, () => {
  for (const block of navigator.clipboard ? document.querySelectorAll(".highlight") : []) {
    if (block.querySelector(".copy")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.ariaLive = "polite";
    button.onclick = async () => {
      const code = block.querySelector("pre").cloneNode(true);
      for (const part of code.querySelectorAll(".gp, .go")) part.remove();
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = words.copied;
      setTimeout(() => (button.textContent = words.copy), 2000);
    };
    block.append(button);
  }
});
