/** The list of recordings: number to drag, name, place, listening, removing. */

import { byId, element, show } from "./element.js";
import { AREAS, PLACES, POSTURES, partsOf } from "./positions.js";
import { text } from "./strings.js";
import { makeDraggable } from "./dragging.js";
import { decoded, playable } from "./sound.js";

/** Keep `#recordings` as the session is. */
export function showList(session, { announce, offerUndo }) {
  const list = byId("recordings");
  const rows = new Map();
  const player = new Audition(announce);
  const draw = () => {
    for (const [id, row] of rows) {
      if (session.recordings.some((recording) => recording.id === id)) continue;
      row.remove();
      rows.delete(id);
      player.stop(id);
    }
    session.recordings.forEach((recording, index) => {
      const row = rows.get(recording.id) ?? newRow(session, recording, player, { announce, offerUndo });
      rows.set(recording.id, row);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
      row.update(index + 1, recording);
    });
    show(list, session.recordings.length > 0);
    show(byId("clear"), session.recordings.length > 1);
  };
  byId("clear").addEventListener("click", () => {
    const before = session.snapshot();
    session.clear();
    byId("choose").focus();
    offerUndo(text.giving.cleared(before.recordings.length), () => session.restore(before));
  });
  session.addEventListener("change", draw);
  draw();
}

/** Move the focus to the list after one of its rows went away. */
function focusAfterRemoval(index) {
  const rows = byId("recordings").children;
  (rows[Math.min(index, rows.length - 1)]?.querySelector(".badge") ?? byId("choose")).focus();
}

function newRow(session, { id, name, file }, player, { announce, offerUndo }) {
  const badge = element("button", { type: "button", class: "badge", title: text.giving.pickTitle, onclick: pick });
  const select = placeSelect((position) => session.place(id, position));
  const listen = element("button", { type: "button", class: "quiet small", onclick: () => player.toggle(id, file, row) });
  const remove = element("button", { type: "button", class: "quiet small", onclick: removeThis }, cross());
  const details = element("span", { class: "note" }, text.giving.size(file.size));
  const row = element("li", { class: "recording" }, badge, element("span", { class: "file" }, element("span", { class: "file-name" }, name), details), select, listen, remove);
  makeDraggable(badge, () => session.numberOf(id), (position) => session.place(id, position));

  function pick() {
    session.select(id);
    announce(session.selectedId === id ? text.chest.chosen(session.numberOf(id)) : text.chest.unchosen);
  }
  function removeThis() {
    const before = session.snapshot();
    const index = session.numberOf(id) - 1;
    session.remove(id);
    focusAfterRemoval(index);
    offerUndo(text.giving.removed(name), () => session.restore(before));
  }
  row.update = (number, recording) => {
    const isChosen = session.selectedId === id;
    badge.textContent = number;
    badge.setAttribute("aria-pressed", String(isChosen));
    badge.setAttribute("aria-label", text.giving.pick(number, text.position(partsOf(recording.position))));
    row.classList.toggle("chosen", isChosen);
    row.classList.toggle("placed", Boolean(recording.position));
    select.value = recording.position ?? "";
    select.setAttribute("aria-label", text.giving.place(number));
    remove.setAttribute("aria-label", text.giving.remove(number));
    row.number = number;
    player.label(id, listen, number);
  };
  row.listen = listen;
  return row;
}

/** A select of all places, of areas alone, and of none. */
export function placeSelect(onchange) {
  const option = (value, label) => element("option", { value }, label);
  return element(
    "select",
    { class: "place", onchange: (event) => onchange(event.target.value || null) },
    option("", text.giving.unknown),
    POSTURES.map((posture) =>
      element(
        "optgroup",
        { label: text.postures[posture] },
        PLACES.filter((place) => place.startsWith(posture)).map((place) => option(place, text.shortPosition(partsOf(place)))),
      ),
    ),
    element("optgroup", { label: text.giving.unknownPosture }, AREAS.map((area) => option(area, area))),
  );
}

/** Plays one recording of the list at a time. */
class Audition {
  #audio = new Audio();
  #id = null;
  #row = null;

  constructor(announce) {
    this.announce = announce;
    this.#audio.addEventListener("ended", () => this.stop(this.#id));
  }

  async toggle(id, file, row) {
    const wasPlaying = this.#id === id;
    this.stop(this.#id);
    if (wasPlaying) return;
    this.#id = id;
    this.#row = row;
    this.label(id, row.listen, row.number);
    const sound = await decoded(file);
    if (this.#id !== id) return;
    if (!sound) {
      this.announce(text.giving.notSound(row.number));
      this.stop(id);
      return;
    }
    this.#audio.src = URL.createObjectURL(playable(sound));
    await this.#audio.play().catch(() => this.stop(id));
  }

  stop(id) {
    if (id === null || this.#id !== id) return;
    this.#audio.pause();
    if (this.#audio.src) URL.revokeObjectURL(this.#audio.src);
    this.#audio.removeAttribute("src");
    this.#id = null;
    this.label(id, this.#row.listen, this.#row.number);
  }

  label(id, button, number) {
    const isPlaying = this.#id === id;
    button.replaceChildren(element("span", { class: isPlaying ? "sign stop" : "sign play", "aria-hidden": "true" }));
    button.setAttribute("aria-label", isPlaying ? text.giving.stop(number) : text.giving.listen(number));
  }
}

function cross() {
  return element("span", { class: "sign cross", "aria-hidden": "true" });
}
