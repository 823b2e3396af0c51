/** What is said of the patient: one card for each label, with its probability drawn. */

import { AREA_POINTS, torso } from "./chest.js";
import { drawn, element } from "./element.js";
import { MARKS, findingTitle, hasInterval, intervalText, isUnsettled, percent, whereItHolds } from "./numbers.js";
import { POSTURES, partsOf } from "./positions.js";
import { text } from "./strings.js";

/** The cards of all labels, in the order of the model. */
export function findingCards(answer) {
  return element(
    "ul",
    { class: "findings" },
    Object.entries(answer.patient).map(([label, found]) => card(label, found, answer.recordings)),
  );
}

function card(label, found, recordings) {
  const title = findingTitle(label, found);
  return element(
    "li",
    { class: `finding ${found.decision}`, "data-label": label },
    element("h4", {}, title, label === "N" ? null : element("span", { class: "abbreviation" }, label)),
    text.labels[label] ? element("p", { class: "note" }, text.labels[label].about) : null,
    element("p", { class: "verdict" }, decisionBadge(found.decision), element("span", { class: "number" }, percent(found.finding_probability)), element("span", { class: "note" }, found.is_calibrated ? text.result.ofFinding : text.result.uncalibrated)),
    dotPlot(found),
    whereItHolds(found) ? element("p", { class: "note holds" }, whereItHolds(found)) : null,
    element("p", { class: "note" }, `${intervalText(found)}. ${text.result.threshold(percent(found.threshold))}.`),
    isUnsettled(found) ? element("p", { class: "why" }, text.result.unsettled) : null,
    found.why_uncertain ? element("p", { class: "why" }, text.result.why(found.why_uncertain)) : null,
    whereHeard(label, title, recordings),
  );
}

/** The decision with its symbol. */
export function decisionBadge(decision) {
  return element("span", { class: `decision ${decision}` }, element("span", { "aria-hidden": "true" }, MARKS[decision]), ` ${text.result[decision]}`);
}

/** Probability, interval and threshold on a line from 0 to 100 %; the words beside it say the same. */
export function dotPlot(found) {
  const { finding_probability: value, low, high, threshold, decision } = found;
  const at = (probability) => 6 + 228 * probability;
  return drawn(
    "svg",
    { class: `dot-plot ${decision}`, viewBox: "0 0 240 34", "aria-hidden": "true" },
    drawn("line", { class: "scale", x1: at(0), x2: at(1), y1: 13, y2: 13 }),
    [0, 0.25, 0.5, 0.75, 1].map((tick) => drawn("line", { class: "tick", x1: at(tick), x2: at(tick), y1: 10, y2: 16 })),
    [0, 0.5, 1].map((tick) => drawn("text", { x: at(tick), y: 31, "text-anchor": ["start", "middle", "end"][2 * tick] }, `${100 * tick}%`)),
    hasInterval(found) ? drawn("rect", { class: "interval", x: at(low), y: 9, width: Math.max(2, at(high) - at(low)), height: 8, rx: 4 }) : null,
    drawn("line", { class: "threshold", x1: at(threshold), x2: at(threshold), y1: 2, y2: 24 }),
    drawn("circle", { class: "estimate", cx: at(value), cy: 13, r: 5.5 }),
  );
}

/** A small chest for each posture with a dot for each recording; the table below has the numbers. */
function whereHeard(label, title, recordings) {
  const placed = recordings.filter(({ position, answers }) => partsOf(position).posture && answers?.[label]);
  const postures = POSTURES.filter((posture) => placed.some(({ position }) => position.startsWith(posture)));
  if (!postures.length) return null;
  return element(
    "div",
    { class: "where", "aria-hidden": "true" },
    postures.map((posture) => {
      const picture = torso({ isPlain: true });
      for (const { position, answers } of placed.filter((one) => one.position.startsWith(posture))) {
        const { finding_probability: value } = answers[label];
        const [x, y] = AREA_POINTS[partsOf(position).area];
        picture.append(drawn("circle", { class: "ground", cx: x, cy: y, r: 12 }));
        picture.append(drawn("circle", { class: "loud", cx: x, cy: y, r: 12, "fill-opacity": (0.06 + 0.94 * value).toFixed(2) }));
      }
      return element("figure", {}, picture, element("figcaption", {}, text.postures[posture]));
    }),
  );
}
