/** Ways in: choosing files, dropping them, examples. */

import * as api from "./api.js";
import { showRefusal } from "./asking.js";
import { byId, element, show } from "./element.js";
import { text } from "./strings.js";

/** Files by button and by dropping them anywhere on the page. */
export function startIntake(session, { announce }) {
  const input = byId("files");
  const take = (files) => {
    const before = session.recordings.length;
    const refused = session.add(files);
    const added = session.recordings.length - before;
    if (refused.length) announce(text.giving.tooMany(refused.map((file) => file.name)), "alert");
    else if (added) announce(text.giving.added(added, session.recordings.length));
  };
  byId("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  acceptDrops(take);
}

function acceptDrops(take) {
  const drop = byId("drop");
  let depth = 0;
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const enter = (change) => (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    drop.classList.toggle("over", depth > 0);
  };
  window.addEventListener("dragenter", enter(1));
  window.addEventListener("dragleave", enter(-1));
  window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

/**
 * Fill `#examples`.
 * @param {(example: object, files: File[]) => void} onOpen
 */
export function showExamples(examples, { announce, onOpen }) {
  const box = byId("examples");
  const open = async (example, button) => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    announce(text.examples.loading(example.title));
    try {
      const files = await Promise.all(example.recordings.map((recording) => api.exampleFile(example, recording)));
      announce("");
      onOpen(example, files);
    } catch (error) {
      announce("");
      showRefusal(byId("refusal"), error, { again: () => open(example, button) });
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
  box.querySelector(".example-cards").replaceChildren(...examples.map((example) => card(example, open)));
  show(box, examples.length > 0);
}

function card(example, open) {
  const button = element("button", { type: "button", class: "example", "data-example": example.id, onclick: () => open(example, button) }, element("strong", {}, example.title), element("span", { class: "note" }, example.about));
  return button;
}
