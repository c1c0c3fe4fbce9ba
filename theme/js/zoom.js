// A figure as large as the window: a dialog, which Escape closes, and so does a click.
for (const shown of ["DOMContentLoaded", "preview:shown"]) document.addEventListener(shown, () => {
  for (const image of document.querySelectorAll("figure img:not(.zoom *, dialog *)")) {
    const picture = image.closest("picture") ?? image;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zoom";
    button.title = words.zoom;
    picture.replaceWith(button);
    button.append(picture);
    button.onclick = () => {
      const dialog = document.createElement("dialog");
      const frame = image.closest("figure").cloneNode();
      dialog.className = "large prose";
      dialog.ariaLabel = words.zoom;
      frame.append(picture.cloneNode(true));
      dialog.append(frame);
      dialog.onclick = () => dialog.close();
      dialog.onclose = () => dialog.remove();
      document.body.append(dialog);
      dialog.showModal();
    };
  }
});
