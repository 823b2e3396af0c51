/** All probabilities in one table: the patient, and each recording judged alone. */

import { element } from "./element.js";
import { MARKS, findingTitle, percent } from "./numbers.js";
import { partsOf } from "./positions.js";
import { text } from "./strings.js";

/** @param {(index: number) => void} onOpen shows the recording of this index */
export function probabilityTable(answer, labels, onOpen) {
  const words = text.table;
  const known = answer.patient ?? answer.recordings.find((recording) => recording.answers)?.answers ?? {};
  const heads = labels.map((label) =>
    element("th", { scope: "col" }, element("abbr", { title: findingTitle(label, known[label]) }, label === "N" ? findingTitle(label) : label), known[label]?.is_calibrated === false ? " *" : null),
  );
  const rows = answer.recordings.map((recording, index) =>
    element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        element("button", { type: "button", class: "link", onclick: () => onOpen(index) }, `${index + 1}. ${text.shortPosition(partsOf(recording.position))}`),
      ),
      recording.answers
        ? labels.map((label) => cell(recording.answers[label]))
        : [element("td", { colspan: labels.length, class: "unused" }, words.notUsed)],
    ),
  );
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": words.title },
    element(
      "table",
      { class: "probabilities" },
      element("caption", {}, words.caption),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, words.recording), heads)),
      element(
        "tbody",
        {},
        answer.patient
          ? element("tr", { class: "of-patient" }, element("th", { scope: "row" }, words.patient), labels.map((label) => cell(answer.patient[label])))
          : null,
        rows,
      ),
    ),
  );
}

/** From where a recording judged alone is declared present, which need not be the patient's threshold; nothing where none was judged. */
export function thresholdsAlone({ model: { labels }, recordings }) {
  const answers = recordings.find((recording) => recording.answers)?.answers;
  if (!answers) return null;
  return text.table.thresholds(labels.map((label) => [percent(answers[label].threshold), labels.length > 1 && (label === "N" ? findingTitle(label).toLowerCase() : label)]));
}

function cell({ finding_probability: value, decision }) {
  const shade = Math.round(10 * value);
  return element(
    "td",
    { class: `heat heat-${shade}` },
    percent(value),
    element("span", { class: "mark", "aria-hidden": "true" }, MARKS[decision]),
    element("span", { class: "unseen" }, `, ${text.table.marks[decision]}`),
  );
}
