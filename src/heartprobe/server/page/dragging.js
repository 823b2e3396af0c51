/** Dragging numbers onto the chest with mouse, pen or finger. */

import { element } from "./element.js";

/** A press becomes a drag after so many pixels. */
const SLACK_PX = 6;

/**
 * Let something be dragged to a spot of the chest.
 * @param {HTMLElement} handle
 * @param {() => string | number} label what is seen under the pointer
 * @param {(position: string) => void} onDropped
 */
export function makeDraggable(handle, label, onDropped) {
  handle.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || !label()) return;
    const drag = new Drag(handle, down, label, onDropped);
    handle.setPointerCapture(down.pointerId);
    handle.addEventListener("pointermove", drag.move);
    handle.addEventListener("pointerup", drag.end, { once: true });
    handle.addEventListener("pointercancel", drag.end, { once: true });
  });
}

class Drag {
  #ghost = null;
  #over = null;

  constructor(handle, { clientX, clientY }, label, onDropped) {
    Object.assign(this, { handle, startX: clientX, startY: clientY, label, onDropped });
  }

  move = ({ clientX, clientY }) => {
    if (!this.#ghost && Math.hypot(clientX - this.startX, clientY - this.startY) < SLACK_PX) return;
    if (!this.#ghost) {
      this.#ghost = element("div", { class: "badge ghost", "aria-hidden": "true" }, String(this.label()));
      document.body.append(this.#ghost);
      document.body.classList.add("dragging");
    }
    this.#ghost.style.transform = `translate(${clientX}px, ${clientY}px)`;
    const spot = spotAt(clientX, clientY);
    if (spot !== this.#over) {
      this.#over?.classList.remove("over");
      spot?.classList.add("over");
      this.#over = spot;
    }
  };

  end = ({ type }) => {
    this.handle.removeEventListener("pointermove", this.move);
    if (!this.#ghost) return;
    this.#ghost.remove();
    document.body.classList.remove("dragging");
    this.#over?.classList.remove("over");
    // The click that follows the end of a drag is not meant.
    const swallow = (event) => event.stopImmediatePropagation();
    this.handle.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => this.handle.removeEventListener("click", swallow, { capture: true }));
    if (type === "pointerup" && this.#over) this.onDropped(this.#over.dataset.position);
  };
}

/** The spot under the pointer, or the nearest one within a thumb's width. */
function spotAt(x, y) {
  const near = [...document.querySelectorAll(".spot")]
    .map((spot) => {
      const box = spot.getBoundingClientRect();
      return { spot, away: Math.hypot(x - box.x - box.width / 2, y - box.y - box.height / 2) };
    })
    .sort((a, b) => a.away - b.away)[0];
  return near && near.away < 36 ? near.spot : null;
}
