/** Numbers and names as people read them. */

import { text } from "./strings.js";

/** A probability in whole percent, never said to be certain. */
export function percent(probability) {
  if (probability > 0 && probability < 0.01) return "<1%";
  if (probability < 1 && probability > 0.99) return ">99%";
  return `${Math.round(100 * probability)}%`;
}

/** The finding of a label in words: `"Aortic stenosis"`. */
export function findingTitle(label, answer) {
  const name = text.labels[label]?.title ?? answer?.finding ?? label;
  return name[0].toUpperCase() + name.slice(1);
}

/** Whether it is known how well a probability is known. */
export function hasInterval({ low }) {
  return low !== null && low !== undefined;
}

/** Whether an answer is given although its interval lies on both sides of the threshold. */
export function isUnsettled(found) {
  return hasInterval(found) && found.decision !== "uncertain" && found.low <= found.threshold && found.threshold <= found.high;
}

/** The interval in words, or why there is none. */
export function intervalText(found) {
  return hasInterval(found) ? text.result.interval(percent(found.low), percent(found.high)) : text.result.noInterval(found.why_no_interval ?? "");
}

/** The same in a few words; the reason stands elsewhere. */
export function shortInterval(found) {
  return hasInterval(found) ? text.result.interval(percent(found.low), percent(found.high)) : text.result.noIntervalHere;
}

/** How rare a finding is where people are examined without a reason, about: to show what its probability becomes. */
const RARE = 0.05;

/** Where a probability holds, and what it becomes where the finding is rare; nothing where that is not known. */
export function whereItHolds({ finding_probability: value, prevalence }) {
  if (prevalence === null || prevalence === undefined) return null;
  const odds = (share) => share / (1 - share);
  const share = Math.round(100 * prevalence);
  if (prevalence < 2 * RARE || value <= 0 || value >= 1) return text.result.holds(share);
  const there = (odds(value) * odds(RARE)) / odds(prevalence);
  return text.result.holdsElsewhere(share, 100 * RARE, percent(there / (1 + there)));
}

/** A sentence about a file without its name, which it begins with. */
export function withoutName(sentence, name) {
  return sentence.startsWith(`${name} `) ? sentence.slice(name.length + 1) : sentence;
}

/** A symbol for each decision, so that nothing is told by colour alone. */
export const MARKS = { present: "●", absent: "○", uncertain: "?" };
