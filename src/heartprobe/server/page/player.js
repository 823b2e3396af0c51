/** Playing a recording with a cursor on its picture. One plays at a time. */

import { element } from "./element.js";
import { playable } from "./sound.js";
import { text } from "./strings.js";

let playing = null;

/**
 * The controls of one recording.
 * @param {import("./scope.js").Scope} scope
 * @param {AbortSignal} signal given when it is no longer on the page
 */
export function player(scope, number, signal) {
  const { duration } = scope.sound;
  const words = text.recording;
  const audio = new Audio();
  const button = element("button", { type: "button", class: "play-button primary", onclick: toggle }, sign("play"), words.play);
  const moment = element("output", { class: "moment" }, words.moment(0, duration));
  const slider = element("input", {
    type: "range", min: 0, max: duration.toFixed(2), step: 0.05, value: 0,
    "aria-label": words.where(number), "aria-valuetext": words.moment(0, duration), oninput: () => seek(Number(slider.value)),
  });
  const zoom = element(
    "label",
    { class: "zoom" },
    words.zoom,
    element(
      "select",
      { onchange: (event) => scope.zoom(Number(event.target.value)) },
      Object.entries(words.zooms).filter(([span]) => Number(span) < duration).map(([span, name]) => element("option", { value: span }, name)),
    ),
  );

  function toggle() {
    if (!audio.paused) return audio.pause();
    if (!audio.src) audio.src = URL.createObjectURL(playable(scope.sound));
    if (scope.time >= duration - 0.05) seek(0);
    audio.currentTime = scope.time;
    return audio.play();
  }
  function seek(time) {
    if (audio.src) audio.currentTime = time;
    follow(time);
  }
  function follow(time) {
    scope.moveTo(time);
    slider.value = time;
    const words_ = words.moment(time, duration);
    if (moment.textContent !== words_) {
      moment.textContent = words_;
      slider.setAttribute("aria-valuetext", words_);
    }
  }
  function run() {
    if (audio.paused) return;
    follow(Math.min(duration, audio.currentTime));
    requestAnimationFrame(run);
  }
  function show(isPlaying) {
    button.replaceChildren(sign(isPlaying ? "pause" : "play"), isPlaying ? words.pause : words.play);
  }
  audio.addEventListener("play", () => {
    if (playing !== audio) playing?.pause();
    playing = audio;
    show(true);
    run();
  });
  audio.addEventListener("pause", () => show(false));
  audio.addEventListener("ended", () => {
    show(false);
    follow(duration);
  });
  signal.addEventListener("abort", () => {
    audio.pause();
    if (audio.src) URL.revokeObjectURL(audio.src);
  });
  windWithPointer(scope, seek);
  return element("div", { class: "player" }, button, slider, moment, zoom);
}

/** Press or draw on the picture to go there. */
function windWithPointer(scope, seek) {
  const { canvas } = scope;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    seek(scope.timeAt(event.clientX));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) seek(scope.timeAt(event.clientX));
  });
}

function sign(kind) {
  return element("span", { class: `sign ${kind}`, "aria-hidden": "true" });
}
