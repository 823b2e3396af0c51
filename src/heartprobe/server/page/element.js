/** Elements made in one call. Text goes in as text nodes, so nothing that a file or a server says is read as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 * Attributes: `onclick` and the like take functions; `true` sets an empty attribute; `false`, `null` leave it out.
 */
export function element(name, attributes = {}, ...children) {
  return furnish(document.createElement(name), attributes, children);
}

/** Make an SVG element. */
export function drawn(name, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, name), attributes, children);
}

/** Find an element that index.html promises. */
export function byId(id) {
  return document.getElementById(id);
}

/** Show or hide. */
export function show(target, isShown) {
  target.hidden = !isShown;
}

/** A canvas that is as sharp as the screen, with its context scaled to CSS pixels. */
export function sharpen(canvas, width, height) {
  const ratio = Math.max(2, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Offer a blob as a file to keep. */
export function saveAs(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function furnish(target, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") target.addEventListener(name.slice(2), value);
    else target.setAttribute(name, value === true ? "" : value);
  }
  target.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return target;
}
