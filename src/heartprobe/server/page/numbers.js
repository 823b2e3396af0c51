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

/** The interval in words, or why there is none. */
export function intervalText({ low, high, why_no_interval: why }) {
  return low === null || low === undefined ? text.result.noInterval(why ?? "") : text.result.interval(percent(low), percent(high));
}

/** The same in a few words; the reason stands elsewhere. */
export function shortInterval({ low, high }) {
  return low === null || low === undefined ? text.result.noIntervalHere : text.result.interval(percent(low), percent(high));
}

/** A sentence about a file without its name, which it begins with. */
export function withoutName(sentence, name) {
  return sentence.startsWith(`${name} `) ? sentence.slice(name.length + 1) : sentence;
}

/** A symbol for each decision, so that nothing is told by colour alone. */
export const MARKS = { present: "●", absent: "○", uncertain: "?" };
