/** What spoke for a finding, on demand, over the spectrogram. */

import { explanation } from "./api.js";
import { showRefusal } from "./asking.js";
import { element } from "./element.js";
import { findingTitle } from "./numbers.js";
import { fullEffect, largestEffect } from "./scope.js";
import { text } from "./strings.js";

/**
 * A choice of findings that draws on the scope.
 * @param {import("./scope.js").Scope} scope
 */
export function overlay(scope, recording, answers, options) {
  const words = text.overlay;
  const cache = new Map();
  const say = element("div", { class: "overlay-text", role: "status" });
  const refusal = element("div", { role: "alert" });
  const select = element(
    "select",
    { onchange: () => choose(select.value) },
    element("option", { value: "" }, words.none),
    Object.entries(answers).map(([label, answer]) => element("option", { value: label }, findingTitle(label, answer))),
  );
  let asked = null;

  async function choose(label) {
    asked?.abort();
    refusal.replaceChildren();
    draw(null);
    if (!label) return say.replaceChildren();
    const title = findingTitle(label, answers[label]);
    asked = new AbortController();
    const { signal } = asked;
    if (!cache.has(label)) say.replaceChildren(element("p", { class: "running" }, words.running(title)));
    try {
      if (!cache.has(label)) cache.set(label, await explanation(recording, label, options, signal));
      if (signal.aborted) return undefined;
      draw(cache.get(label));
      say.replaceChildren(...legend(cache.get(label), title));
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      say.replaceChildren();
      showRefusal(refusal, error, { again: () => choose(select.value) });
    }
    return undefined;
  }
  function draw(effect) {
    scope.effect = effect;
    scope.draw();
  }
  return element("div", { class: "overlay" }, element("label", { class: "field inline" }, element("span", {}, words.title), select), say, refusal);
}

function legend(map, title) {
  const words = text.overlay;
  return [
    element("p", { class: "strong" }, strongest(map, title)),
    element("div", { class: "effect-legend" }, element("span", {}, words.against), element("span", { class: "effect-bar", "aria-hidden": "true" }), element("span", {}, words.for)),
    element("p", { class: "note" }, words.legend(fullEffect(map.effect).toFixed(2)), " ", words.method),
    element("p", { class: "note" }, words.limits),
  ];
}

/** The patch that spoke most for the finding, in words. */
function strongest({ time_edges_s: times, band_edges_hz: bands, effect }, title) {
  const words = text.overlay;
  let best = { value: 0 };
  effect.forEach((row, band) => row.forEach((value, moment) => value > best.value && (best = { value, band, moment })));
  if (!best.value) return words.nothing(title);
  const told = words.strongest(
    title,
    words.time(times[best.moment], times[best.moment + 1]),
    words.band(bands[best.band], bands[best.band + 1]),
    words.signed(best.value),
  );
  return largestEffect(effect) < fullEffect(effect) ? `${told} ${words.weak}` : told;
}
