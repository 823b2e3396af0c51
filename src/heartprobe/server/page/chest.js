/** The drawn chest, lying and sitting, with a button on each valve area. */

import { byId, drawn, element } from "./element.js";
import { AREAS, POSTURES, partsOf } from "./positions.js";
import { makeDraggable } from "./dragging.js";
import { text } from "./strings.js";

/** Where the areas are in the drawing, as seen by whoever faces the patient. */
export const AREA_POINTS = { Aor: [87, 52], Pul: [115, 52], Tri: [111, 89], Mit: [141, 100] };
export const VIEW = { x: 20, y: 8, width: 160, height: 128 };

const RIB_TOPS = [42, 55, 68, 81, 93];

/** Keep `#chest` as the session is. */
export function showChest(session, { announce }) {
  const spots = new Map();
  const figures = POSTURES.map((posture) => {
    const buttons = AREAS.map((area) => {
      const position = `${posture}_${area}`;
      const button = element("button", { type: "button", class: `spot spot-${area}`, "data-position": position, onclick: () => press(position) });
      spots.set(position, button);
      makeDraggable(button, () => lastNumberAt(position), (target) => move(position, target));
      return button;
    });
    return element(
      "div",
      { class: "chest", role: "group", "aria-label": text.postures[posture] },
      element("p", { class: "posture", "aria-hidden": "true" }, postureSign(posture), text.postures[posture]),
      element("div", { class: "torso-frame" }, torso(), buttons),
    );
  });
  byId("chest").replaceChildren(...figures);

  const lastNumberAt = (position) => {
    const there = session.at(position);
    return there.length ? session.numberOf(there.at(-1).id) : "";
  };
  function put(recording, position) {
    session.place(recording.id, position);
    announce(text.chest.placed(session.numberOf(recording.id), text.position(partsOf(position))));
  }
  function move(from, target) {
    const recording = session.at(from).at(-1);
    if (recording && target !== from) put(recording, target);
  }
  function press(position) {
    const { selected } = session;
    const there = session.at(position);
    if (selected && selected.position !== position) put(selected, position);
    else if (there.length) {
      session.select(there.at(-1).id);
      announce(session.selected ? text.chest.chosen(session.numberOf(session.selectedId)) : text.chest.unchosen);
    } else announce(text.chest.hint);
  }
  function draw() {
    const { selected } = session;
    for (const [position, button] of spots) updateSpot(session, position, button);
    byId("chest").classList.toggle("choosing", Boolean(selected));
    byId("chest-hint").textContent = selected
      ? text.chest.hintSelected(session.numberOf(selected.id), selected.name)
      : text.chest.hint;
  }
  session.addEventListener("change", draw);
  draw();
}

function updateSpot(session, position, button) {
  const numbers = session.at(position).map((recording) => session.numberOf(recording.id));
  const { area } = partsOf(position);
  const isChosen = session.selected?.position === position;
  const name = text.position(partsOf(position));
  const filled = numbers.length ? text.chest.spotFilled(name, numbers) : text.chest.spotEmpty(name);
  const number = session.selected && !isChosen ? session.numberOf(session.selectedId) : null;
  button.replaceChildren(
    ...(numbers.length
      ? [element("span", { class: "spot-number" }, numbers.join("·")), " ", element("span", { class: "spot-area" }, area)]
      : [area]),
  );
  button.classList.toggle("filled", numbers.length > 0);
  button.classList.toggle("chosen", isChosen);
  // A name that begins with what is seen can be spoken by those who steer by voice.
  button.setAttribute("aria-label", `${button.textContent}. ${number ? `${text.chest.spotPlace(name, number)}; ` : ""}${filled}`);
  button.title = `${name}: ${text.areaPlaces[area]}`;
}

/** The torso as seen by whoever faces the patient: the patient's right is on the left. */
export function torso({ isPlain = false } = {}) {
  const mirrored = (path) => [drawn("path", { d: path }), drawn("path", { d: path, transform: "matrix(-1 0 0 1 200 0)" })];
  const outline = mirrored("M85 0C85 15 83 21 71 26C52 33 33 35 26 50C18 68 16 100 12 150M46 88C44 108 48 128 52 150");
  const body = "M85 0C85 15 83 21 71 26C52 33 33 35 26 50C18 68 16 100 12 150H188C184 100 182 68 174 50C167 35 148 33 129 26C117 21 115 15 115 0Z";
  const bones = [
    ...mirrored("M94 33C82 29 66 36 47 37"),
    ...RIB_TOPS.flatMap((top) => mirrored(`M94 ${top}C80 ${top - 3} 60 ${top + 5} 52 ${top + 22}`)),
    ...mirrored("M97 108C86 116 72 130 66 146"),
    drawn("path", { d: "M95 32H105L103 46L104 100Q100 116 96 100L97 46Z" }),
  ];
  return drawn(
    "svg",
    { class: "torso", viewBox: `${VIEW.x} ${VIEW.y} ${VIEW.width} ${VIEW.height}`, "aria-hidden": "true" },
    drawn("path", { class: "skin", d: body }),
    drawn("path", { class: "heart", d: "M91 58C84 74 90 98 108 105C126 112 145 113 147 101C149 84 128 58 110 53C102 51 95 51 91 58Z" }),
    drawn("g", { class: "bones" }, bones),
    drawn("g", { class: "outline" }, outline),
    isPlain
      ? null
      : drawn("g", { class: "sides" }, sideName(22, text.chest.patientRight, "start"), sideName(178, text.chest.patientLeft, "end")),
  );
}

function sideName(x, name, anchor) {
  return drawn("text", { x, y: 131, "text-anchor": anchor }, name);
}

function postureSign(posture) {
  const figure =
    posture === "sup"
      ? [drawn("circle", { cx: 4.5, cy: 8.5, r: 2.5 }), drawn("path", { d: "M8.5 10.5H22M2 14.5H22" })]
      : [drawn("circle", { cx: 9, cy: 3, r: 2.5 }), drawn("path", { d: "M9 7V12.5H15.5V17M5 6V17M5 13H9" })];
  return drawn("svg", { class: "posture-sign", viewBox: "0 0 24 18" }, figure);
}
