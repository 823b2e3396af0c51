/** Light and dark: as the system says, or as the button says while the page is open. */

import { byId } from "./element.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
let isPrinting = false;

/** Says `change` whenever pictures must be drawn in other colours. */
export const theme = new EventTarget();

/** Whether pictures are to be dark; on paper never. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return !isPrinting && (chosen ? chosen === "dark" : dark.matches);
}

/** Connect the button and the system's own changes. */
export function startTheme() {
  const button = byId("theme");
  const tell = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    theme.dispatchEvent(new Event("change"));
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  dark.addEventListener("change", tell);
  for (const [name, value] of [["beforeprint", true], ["afterprint", false]])
    window.addEventListener(name, () => {
      isPrinting = value;
      theme.dispatchEvent(new Event("change"));
    });
  button.setAttribute("aria-pressed", String(isDark()));
}

const LIGHT = {
  ink: "#1d2228", soft: "#5b6570", line: "#d7dce1", wave: "#0072b2", beat: "#b04a00",
  sound: [[255, 255, 255], [206, 227, 240], [86, 160, 205], [0, 84, 140], [8, 26, 48]],
  plain: [[255, 255, 255], [60, 68, 76]],
  spoke: [216, 92, 0], against: [0, 84, 200],
};
const DARK = {
  ink: "#e6e9ec", soft: "#a0abb5", line: "#343c44", wave: "#56b4e9", beat: "#f0a060",
  sound: [[17, 21, 25], [14, 48, 76], [20, 105, 160], [86, 180, 233], [238, 247, 255]],
  plain: [[17, 21, 25], [190, 198, 205]],
  spoke: [255, 140, 40], against: [70, 150, 255],
};

/** The colours that pictures are drawn in now. */
export function colours() {
  return isDark() ? DARK : LIGHT;
}

/** A table of 256 colours through some stops, `[r, g, b]` each. */
export function colourTable(stops) {
  return Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(place));
    return stops[below].map((value, c) => Math.round(value + (place - below) * (stops[below + 1][c] - value)));
  });
}
