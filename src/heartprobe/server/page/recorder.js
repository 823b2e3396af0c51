/** Recording with the microphone: level, time, and a wave file at the end. */

import { byId, element, show } from "./element.js";
import { listen, whyNoMicrophone } from "./microphone.js";
import { placeSelect } from "./list.js";
import { MOST_RECORDINGS } from "./session.js";
import { text } from "./strings.js";
import { writeWav } from "./wav.js";

const LONGEST_S = 20;
const GOOD_S = 15;
const SHORTEST_S = 3;

/** Peaks from here on are cut off by the converter; below the other nothing much is heard. */
const LOUD_DB = -0.5;
const SOFT_DB = -45;
const FLOOR_DB = -60;

/** Open and close `#recorder` with the button `#record`. */
export function showRecorder(session, { announce }) {
  const panel = byId("recorder");
  const button = byId("record");
  let view = null;
  const close = async () => {
    await view?.stop();
    show(panel, false);
    button.setAttribute("aria-expanded", "false");
    button.focus();
  };
  button.addEventListener("click", () => {
    if (!panel.hidden) return void close();
    view = new Recorder(session, announce, close);
    panel.replaceChildren(...view.elements);
    show(panel, true);
    button.setAttribute("aria-expanded", "true");
    view.focus();
  });
}

class Recorder {
  #chunks = [];
  #microphone = null;
  #seconds = 0;
  #peak = 0;
  #position = null;
  #isStarting = false;

  constructor(session, announce, close) {
    Object.assign(this, { session, announce });
    const words = text.recorder;
    this.message = element("p", { class: "recorder-message", role: "status" });
    this.start = element("button", { type: "button", class: "primary", onclick: () => this.toggle() }, words.start);
    this.bar = element("meter", { min: FLOOR_DB, max: 0, low: SOFT_DB, high: -3, optimum: -20, value: FLOOR_DB, "aria-label": words.level });
    this.time = element("progress", { max: LONGEST_S, value: 0, "aria-label": words.title });
    this.clock = element("span", { class: "clock" }, words.running(0, LONGEST_S));
    this.select = placeSelect((position) => (this.#position = position));
    const closing = element("button", { type: "button", onclick: close }, words.close);
    const why = whyNoMicrophone();
    const controls = why
      ? [element("p", { class: "alert" }, words[why])]
      : [
          element("p", { class: "note" }, words.advice),
          element("label", { class: "field" }, words.place, this.select),
          element("div", { class: "gauges" }, element("span", {}, words.level), this.bar, this.clock, this.time),
          this.message,
        ];
    this.elements = [element("h3", {}, words.title), ...controls, element("p", { class: "buttons" }, why ? null : this.start, closing)];
    this.closing = closing;
    this.#suggest();
  }

  focus() {
    (this.start.isConnected ? this.start : this.closing).focus();
  }

  async toggle() {
    if (this.#isStarting) return;
    if (this.#microphone) await this.#finish();
    else await this.#begin();
  }

  async stop() {
    const microphone = this.#microphone;
    this.#microphone = null;
    await microphone?.stop();
  }

  async #begin() {
    if (this.session.recordings.length >= MOST_RECORDINGS) return this.#say(text.giving.tooMany([text.recorder.fileName(9, null)]));
    Object.assign(this.message, { textContent: "" });
    this.#chunks = [];
    this.#seconds = 0;
    this.#isStarting = true;
    try {
      this.#microphone = await listen((chunk) => this.#hear(chunk));
      this.start.textContent = text.recorder.stop(LONGEST_S);
    } catch (error) {
      this.#say(whyFailed(error));
    } finally {
      this.#isStarting = false;
    }
  }

  #hear(chunk) {
    if (!this.#microphone) return;
    this.#chunks.push(chunk);
    for (const value of chunk) this.#peak = Math.max(this.#peak, Math.abs(value));
    const before = Math.floor(this.#seconds * 10);
    this.#seconds += chunk.length / this.#microphone.rate;
    if (Math.floor(this.#seconds * 10) === before) return;
    this.#gauge();
    if (this.#seconds >= LONGEST_S) this.#finish();
  }

  #gauge() {
    const decibel = Math.max(FLOOR_DB, 20 * Math.log10(this.#peak + 1e-9));
    this.#peak = 0;
    this.bar.value = decibel;
    this.bar.title = text.recorder.levelText(decibel);
    this.time.value = this.#seconds;
    this.clock.textContent = text.recorder.running(this.#seconds, LONGEST_S);
    if (decibel > LOUD_DB) this.#say(text.recorder.tooLoud);
    else if (this.#seconds > 2 && decibel < SOFT_DB) this.#say(text.recorder.tooSoft);
    else if (this.#seconds >= GOOD_S) this.#say(text.recorder.enough);
    else if (this.message.textContent !== text.recorder.tooLoud) this.#say("");
  }

  async #finish() {
    const { rate } = this.#microphone;
    const seconds = this.#seconds;
    await this.stop();
    this.start.textContent = text.recorder.again;
    if (seconds < SHORTEST_S) return this.#say(text.recorder.tooShort);
    const number = this.session.recordings.length + 1;
    const file = new File([writeWav(joined(this.#chunks), rate)], text.recorder.fileName(number, this.#position), { type: "audio/wav" });
    this.session.add([file], this.#position);
    this.#say(text.recorder.done(seconds));
    this.#suggest();
  }

  /** Suggest the next place that has no recording. */
  #suggest() {
    const places = [...this.select.options].map((option) => option.value).filter((value) => value.includes("_"));
    this.select.value = this.#position = places.find((place) => !this.session.at(place).length) ?? "";
  }

  #say(sentence) {
    if (this.message.textContent !== sentence) this.message.textContent = sentence;
  }
}

function joined(chunks) {
  const samples = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    samples.set(chunk, at);
    at += chunk.length;
  }
  return samples;
}

function whyFailed(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return text.recorder.denied;
  if (error.name === "NotFoundError") return text.recorder.noDevice;
  return text.recorder.failed(error.message || error.name);
}
