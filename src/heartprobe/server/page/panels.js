/** Each recording by itself: picture, playback, quality, heart rate, answers. */

import { element } from "./element.js";
import { decisionBadge, dotPlot } from "./findings.js";
import { findingTitle, percent, shortInterval, withoutName } from "./numbers.js";
import { overlay } from "./overlay.js";
import { player } from "./player.js";
import { partsOf } from "./positions.js";
import { Scope } from "./scope.js";
import { decoded } from "./sound.js";
import { text } from "./strings.js";
import { theme } from "./theme.js";

/**
 * The panels of all recordings.
 * @param {{recordings: object[], options: object}} asked what was sent, in the order of the answer
 * @param {AbortSignal} signal given when another result takes their place
 */
export function recordingPanels(answer, asked, signal) {
  return answer.recordings.map((recording, index) => panel(recording, asked.recordings[index], index + 1, asked.options, signal));
}

function panel(recording, given, number, options, signal) {
  const place = text.position(partsOf(recording.position));
  const picture = element("div", { class: "picture" });
  const box = element(
    "details",
    { class: "panel", id: `recording-${number}` },
    element(
      "summary",
      {},
      element("span", { class: "panel-title" }, text.recording.heading(number, place)),
      element("span", { class: "note file-name" }, given.name),
      element("span", { class: "chips" }, rateChip(recording.heart_rate), qualityChip(recording)),
    ),
    picture,
    element("div", { class: recording.answers ? "panel-columns" : "panel-columns single" }, qualityList(recording), recording.answers ? answerTable(recording) : null),
  );
  void draw(recording, given, number, options, picture, signal);
  return box;
}

async function draw(recording, given, number, options, picture, signal) {
  const sound = await decoded(given.file);
  if (signal.aborted) return undefined;
  if (!sound) return picture.replaceChildren(element("p", { class: "note" }, text.recording.noPicture));
  const beats = recording.beats_s ?? [];
  const scope = new Scope(sound, beats, text.recording.picture(number, sound.duration, beats.length));
  theme.addEventListener("change", () => scope.draw(), { signal });
  picture.replaceChildren(
    element("p", { class: "note beats" }, text.recording.beats(beats.length)),
    scope.element,
    player(scope, number, signal),
    element("p", { class: "note headphones" }, text.recording.headphones),
    ...(recording.answers ? [overlay(scope, given, recording.answers, options)] : []),
  );
  return undefined;
}

function rateChip(rate) {
  if (!rate) return null;
  const words = text.result;
  return element("span", { class: "chip" }, `${words.heartRate}: ${rate.bpm ? words.bpm(rate.bpm) : words.bpmNone}`, element("span", { class: "note" }, `, ${words.confidence(rate.confidence)}`));
}

function qualityChip({ problem, findings }) {
  if (problem) return element("span", { class: "chip bad" }, text.recording.problem);
  return element("span", { class: "chip" }, findings.length ? text.recording.noted : text.recording.fine);
}

function qualityList({ name, findings, problem, duration_s: duration, heart_rate: rate }) {
  const words = text.recording;
  const facts = [
    [words.duration, duration === null ? null : text.giving.seconds(duration)],
    [text.result.heartRate, rate && `${rate.bpm ? text.result.bpm(rate.bpm) : text.result.bpmNone} (${text.result.confidence(rate.confidence)})`],
  ]
    .filter(([, value]) => value)
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  const told = findings.length ? findings : problem ? [{ kind: "", detail: problem, is_problem: true }] : [];
  return element(
    "section",
    {},
    element("h4", {}, words.about),
    element("dl", { class: "short-facts" }, facts),
    element("h4", {}, words.findings),
    told.length
      ? element("ul", { class: "quality" }, told.map(({ kind, detail, is_problem: isProblem }) => element("li", { class: isProblem ? "bad" : "" }, kind ? element("strong", {}, text.recording.kind(kind)) : null, withoutName(detail, name))))
      : element("p", {}, words.noFindings),
  );
}

function answerTable({ answers }) {
  const words = text.recording;
  return element(
    "section",
    {},
    element("h4", {}, words.answers),
    element(
      "ul",
      { class: "single-answers" },
      Object.entries(answers).map(([label, found]) =>
        element(
          "li",
          {},
          element("span", { class: "single-title" }, findingTitle(label, found)),
          decisionBadge(found.decision),
          element("span", { class: "single-number" }, percent(found.finding_probability)),
          dotPlot(found),
          element("span", { class: "note" }, [text.result.threshold(percent(found.threshold)), shortInterval(found), ...(found.is_calibrated ? [] : [text.result.uncalibratedHere])].join("; ")),
        ),
      ),
    ),
    ...[...new Set(Object.values(answers).map((found) => found.why_no_interval))].filter(Boolean).map((why) => element("p", { class: "note" }, text.result.noInterval(why))),
  );
}
