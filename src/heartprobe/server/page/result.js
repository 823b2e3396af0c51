/** The result: the patient, place by place, recording by recording. */

import { byId, element, saveAs, show } from "./element.js";
import { findingCards } from "./findings.js";
import { findingTitle, hasInterval, whereItHolds, withoutName } from "./numbers.js";
import { recordingPanels } from "./panels.js";
import { partsOf } from "./positions.js";
import { text } from "./strings.js";
import { probabilityTable, thresholdsAlone } from "./table.js";

/** Ends what the result on the page still does when another takes its place. */
let shown = null;

/**
 * Fill `#result`.
 * @param answer the server's
 * @param {{recordings: object[], example: object | null, options: object, date: Date}} asked what was sent, and when
 * @param {{onUsePoor: () => void}} actions
 */
export function showResult(answer, asked, { onUsePoor }) {
  shown?.abort();
  shown = new AbortController();
  const panels = recordingPanels(answer, asked, shown.signal);
  const open = (index) => {
    panels[index].open = true;
    panels[index].scrollIntoView({ block: "start" });
    panels[index].querySelector("summary").focus({ preventScroll: true });
  };
  const words = text.result;
  byId("result").replaceChildren(
    head(answer, asked),
    element("p", { class: "alert stale", id: "stale", role: "status", hidden: true }),
    asked.example ? element("p", { class: "note example-note" }, words.example) : element("p", { class: "print-only blank" }, words.patientBlank),
    ...notes(answer),
    ...leftOut(answer, asked, onUsePoor),
    ...patientPart(answer),
    element("h3", {}, text.table.title),
    probabilityTable(answer, answer.model.labels, open),
    element("p", { class: "note legend" }, [text.table.legend, thresholdsAlone(answer), isUncalibrated(answer) && text.table.uncalibrated].filter(Boolean).join(" ")),
    element("h3", {}, text.recording.title),
    element("div", { class: "panels" }, panels),
  );
  const firstGood = answer.recordings.findIndex((recording) => recording.answers);
  panels[Math.max(0, firstGood)].open = true;
  show(byId("result"), true);
}

/** Say that the result is not of what is given now. */
export function markStale(isStale) {
  const line = byId("stale");
  if (!line) return;
  line.textContent = isStale ? text.result.stale : "";
  show(line, isStale);
}

/** What was decided, in sentences. */
export function summary({ patient, problem }) {
  if (!patient) return problem ?? text.result.noPatient;
  return ["present", "uncertain", "absent"]
    .map((decision) => [decision, Object.entries(patient).filter(([, found]) => found.decision === decision)])
    .filter(([, found]) => found.length)
    .map(([decision, found]) => sentences(decision, found, patient))
    .join(" ");
}

/** What was decided alike; that nothing abnormal was found is said as what it means. */
function sentences(decision, found, patient) {
  const words = text.result.decisions;
  const isNormal = decision === "absent" && found.some(([label]) => label === "N");
  const names = found.filter(([label]) => !isNormal || label !== "N").map(([label, one]) => findingTitle(label, one).toLowerCase());
  const normal = contradicts(patient) ? words.normalAllTheSame : words.normal;
  return [isNormal && normal, names.length && words[decision](names)].filter(Boolean).join(" ");
}

function head(answer, { recordings, example, date }) {
  const words = text.result;
  const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(date);
  const made = example ? words.madeExample(when, example.title) : words.made(when, recordings.length);
  return element(
    "div",
    { class: "result-head" },
    element(
      "div",
      {},
      element("h2", { id: "result-title", tabindex: "-1" }, words.title),
      element("p", { class: "note" }, `${made}; ${words.model(answer.model.id, answer.model.name)}`),
    ),
    element(
      "p",
      { class: "buttons" },
      element("button", { type: "button", id: "download", onclick: () => download(answer, recordings, date) }, words.json),
      element("button", { type: "button", id: "print", onclick: () => window.print() }, words.print),
    ),
  );
}

function download(answer, given, date) {
  const recordings = answer.recordings.map((recording, index) => ({ ...recording, name: given[index].name }));
  const content = { created: date.toISOString(), disclaimer: `${text.disclaimer.lead} ${text.disclaimer.rest}`, ...answer, recordings };
  const stamp = date.toISOString().slice(0, 19).replaceAll(":", "-");
  saveAs(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" }), text.result.fileName(stamp));
}

function patientPart(answer) {
  const words = text.result;
  if (!answer.patient) return [element("div", { class: "alert" }, element("p", {}, words.noPatient, " ", answer.problem ?? ""))];
  const { bpm, confidence } = answer.heart_rate;
  const parts = [
    element("h3", {}, words.findings),
    element("p", { class: "summary" }, summary(answer)),
    contradicts(answer.patient) ? element("p", { class: "alert" }, words.contradiction) : null,
    findingCards(answer),
    element(
      "p",
      { class: "heart-rate" },
      element("strong", {}, words.heartRate),
      " ",
      bpm ? words.bpm(bpm) : words.bpmNone,
      element("span", { class: "note" }, ` (${words.confidence(confidence)}) ${words.confidenceNote}`),
    ),
    element("p", { class: "note reading" }, [!Object.values(answer.patient).every(whereItHolds) && words.frequency, words.reading(answersOf(answer).some(hasInterval))].filter(Boolean).join(" ")),
  ];
  return parts.filter(Boolean);
}

/** What whoever reads the answer should know, as the server says it. */
function notes({ notes: told }) {
  return told.length ? [element("div", { class: "alert notes" }, told.map((note) => element("p", {}, note)))] : [];
}

/** Whether an answer of a finding is no probability. */
function isUncalibrated(answer) {
  return answersOf(answer).some((found) => !found.is_calibrated);
}

/** All answers, of the patient and of each recording. */
function answersOf({ patient, recordings }) {
  return [patient, ...recordings.map(({ answers }) => answers)].flatMap((answers) => Object.values(answers ?? {}));
}

/** Whether the heart is called normal and a lesion present. */
function contradicts({ N: abnormal, ...lesions }) {
  return abnormal?.decision === "absent" && Object.values(lesions).some((found) => found.decision === "present");
}

/** The problem without the file's name, which its sentence begins with. */
function whyOut({ name, position, problem }, index) {
  return text.result.leftOutOne(index + 1, text.shortPosition(partsOf(position)), withoutName(problem, name));
}

function leftOut(answer, asked, onUsePoor) {
  const words = text.result;
  const out = answer.recordings.flatMap((recording, index) => (recording.problem ? [index] : []));
  if (!out.length) return [];
  const canTake = out.some((index) => answer.recordings[index].quality) && !asked.options.use_poor;
  return [
    element(
      "div",
      { class: "alert left-out" },
      element("p", {}, element("strong", {}, words.leftOut(out.length, answer.recordings.length))),
      element("details", { open: out.length <= 2 }, element("summary", {}, words.whyLeftOut), element("ul", {}, out.map((index) => element("li", {}, whyOut(answer.recordings[index], index))))),
      canTake ? element("p", { class: "buttons" }, element("button", { type: "button", onclick: onUsePoor }, words.usePoor(out.length))) : null,
    ),
  ];
}
