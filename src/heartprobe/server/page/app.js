/** Puts the page together. */

import { showAbout } from "./about.js";
import * as api from "./api.js";
import { Asking, showRefusal } from "./asking.js";
import { showChest } from "./chest.js";
import { byId, element, show } from "./element.js";
import { showExamples, startIntake } from "./intake.js";
import { showList } from "./list.js";
import { showOptions, takePoor, values } from "./options.js";
import { showRecorder } from "./recorder.js";
import { markStale, showResult, summary } from "./result.js";
import { Session } from "./session.js";
import { text } from "./strings.js";
import { startTheme } from "./theme.js";

const session = new Session();
const asking = new Asking();
const parts = { announce, offerUndo };

/** What the result on the page was made from. */
let answered = null;

fillTexts();
// Panels are opened before pictures are drawn for paper.
window.addEventListener("beforeprint", openPanels);
startTheme();
startIntake(session, parts);
showList(session, parts);
showChest(session, parts);
showRecorder(session, parts);
showOptions([]);
byId("analyse").addEventListener("click", () => analyse());
session.addEventListener("change", () => {
  markStale(answered !== null && !isAnswered());
  if (session.recordings.length && byId("status").textContent === text.analyse.nothing) byId("status").textContent = "";
  byId("analyse").textContent = answered ? text.analyse.again : text.analyse.start;
});
await introduce();

/** Fetch what the server says of its model, and its examples. */
async function introduce() {
  try {
    const [model, examples] = await Promise.all([api.model(), api.examples()]);
    byId("access").replaceChildren();
    byId("model-line").textContent = text.modelLine(model.id, model.name);
    show(byId("synthetic-model"), model.is_synthetic);
    showAbout(model);
    byId("limits").textContent = limitsText(model.limits);
    showOptions(model.demographics ?? []);
    showExamples(examples, { announce, onOpen: openExample });
  } catch (error) {
    showRefusal(byId("access"), error, { again: introduce });
  }
}

/** Ask about everything that is given, and show what comes back. */
async function analyse(retries = 0) {
  if (asking.isRunning) return;
  const refusal = byId("refusal");
  refusal.replaceChildren();
  if (!session.recordings.length) {
    byId("status").textContent = text.analyse.nothing;
    return;
  }
  const asked = { recordings: [...session.recordings], example: session.example, options: values(), date: new Date() };
  try {
    const answer = await asking.run(asked.recordings.length, (signal) => api.predictions(asked.recordings, asked.options, signal));
    if (answer) present(answer, asked);
  } catch (error) {
    showRefusal(refusal, error, { again: () => analyse(retries + 1), retries });
  }
}

function present(answer, asked) {
  answered = asked;
  showResult(answer, asked, { onUsePoor: usePoor });
  markStale(!isAnswered());
  byId("analyse").textContent = text.analyse.again;
  byId("status").textContent = text.analyse.done(summary(answer));
  byId("result-title").focus();
}

function usePoor() {
  takePoor();
  void analyse();
}

function openExample(example, files) {
  const before = session.snapshot();
  session.replace(example, files);
  if (before.recordings.length && !before.example)
    offerUndo(text.giving.replaced(before.recordings.length), () => session.restore(before));
  void analyse();
}

function limitsText({ file_bytes: bytes, sound_s: seconds }) {
  return text.giving.limits(text.giving.megabytes(bytes), text.giving.minutes(seconds));
}

/** Whether the result is of what is given now. */
function isAnswered() {
  const { recordings } = answered;
  return (
    recordings.length === session.recordings.length &&
    recordings.every((one, i) => one.id === session.recordings[i].id && one.position === session.recordings[i].position)
  );
}

/** Say something beside the list, aloud for those who listen. */
function announce(sentence, kind = "note") {
  byId("intake-notice").replaceChildren(...(sentence ? [element("p", { class: kind }, sentence)] : []));
}

function offerUndo(sentence, undo) {
  const button = element("button", { type: "button", class: "link" }, text.giving.undo);
  button.addEventListener("click", () => {
    undo();
    announce("");
    byId("choose").focus();
  });
  byId("intake-notice").replaceChildren(element("p", { class: "note" }, sentence, " ", button));
}

/** On paper every recording is shown; afterwards they are as they were. */
function openPanels() {
  const closed = [...document.querySelectorAll("#result details:not([open])")];
  for (const panel of closed) panel.open = true;
  window.addEventListener("afterprint", () => closed.forEach((panel) => (panel.open = false)), { once: true });
}

/** Put the words of strings.js where index.html asks for them. */
function fillTexts() {
  const found = (key) => key.split(".").reduce((at, name) => at[name], text);
  for (const target of document.querySelectorAll("[data-text]")) target.textContent = found(target.dataset.text);
  for (const target of document.querySelectorAll("[data-label]")) target.setAttribute("aria-label", found(target.dataset.label));
}
