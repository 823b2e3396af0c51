/** The picture of a recording: waveform with beats above, spectrogram with what spoke for a finding below. */

import { element, sharpen } from "./element.js";
import { heightOf, pitchAt, spectrogram } from "./spectrogram.js";
import { text } from "./strings.js";
import { colourTable, colours } from "./theme.js";

const LEFT = 38;
const RIGHT = 6;
const BEATS = 14;
const WAVE = 84;
const GAP = 10;
const PITCH = 168;
const BOTTOM = 20;
const HEIGHT = BEATS + WAVE + GAP + PITCH + BOTTOM;
const PITCH_TOP = BEATS + WAVE + GAP;

/** One canvas with its view: from `start` on, `span` seconds. */
export class Scope {
  /**
   * @param {{samples: Float32Array, rate: number, duration: number}} sound
   * @param {number[]} beats seconds
   */
  constructor(sound, beats, label) {
    Object.assign(this, { sound, beats, start: 0, span: sound.duration, effect: null });
    this.canvas = element("canvas", { class: "scope-canvas", role: "img", "aria-label": label });
    this.cursor = element("div", { class: "cursor", "aria-hidden": "true" });
    this.element = element("div", { class: "scope" }, this.canvas, this.cursor);
    this.peak = sound.samples.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
    this.pitches = null;
    this.time = 0;
    // A hidden picture has no width; it is drawn when it gets one.
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  get plotWidth() {
    return this.width - LEFT - RIGHT;
  }

  /** Show `span` seconds (all for 0) around the cursor. */
  zoom(span) {
    this.span = span ? Math.min(span, this.sound.duration) : this.sound.duration;
    this.start = this.#held(this.time - this.span / 2);
    this.draw();
  }

  /** Move the cursor; the view turns its page when the cursor leaves it. */
  moveTo(time) {
    this.time = time;
    if (time < this.start || time > this.start + this.span) {
      this.start = this.#held(time < this.start ? time - this.span / 2 : time);
      this.draw();
    } else this.#drawCursor();
  }

  /** The moment at a horizontal place on the screen. */
  timeAt(clientX) {
    const x = clientX - this.canvas.getBoundingClientRect().left - LEFT;
    return Math.max(0, Math.min(this.sound.duration, this.start + (x / this.plotWidth) * this.span));
  }

  draw() {
    this.width = this.element.clientWidth;
    if (!this.width) return;
    this.pitches ??= spectrogram(this.sound);
    const context = sharpen(this.canvas, this.width, HEIGHT);
    context.font = "11px system-ui, sans-serif";
    this.#drawWave(context);
    this.#drawPitches(context);
    if (this.effect) this.#drawEffect(context);
    this.#drawAxes(context);
    this.#drawCursor();
  }

  #held(start) {
    return Math.max(0, Math.min(this.sound.duration - this.span, start));
  }

  #x(time) {
    return LEFT + ((time - this.start) / this.span) * this.plotWidth;
  }

  #y(hertz) {
    return PITCH_TOP + PITCH * (1 - heightOf(hertz));
  }

  #drawCursor() {
    const isInside = this.time >= this.start && this.time <= this.start + this.span;
    this.cursor.hidden = !isInside;
    this.cursor.style.transform = `translateX(${this.#x(this.time)}px)`;
  }

  #drawWave(context) {
    const { samples, rate } = this.sound;
    const { wave, beat, line } = colours();
    const middle = BEATS + WAVE / 2;
    for (const time of this.beats) {
      const x = this.#x(time);
      if (time < this.start || time > this.start + this.span) continue;
      context.fillStyle = line;
      context.fillRect(x - 0.5, BEATS, 1, WAVE);
      context.fillStyle = beat;
      context.beginPath();
      context.moveTo(x - 4, BEATS - 10);
      context.lineTo(x + 4, BEATS - 10);
      context.lineTo(x, BEATS - 2);
      context.fill();
    }
    context.fillStyle = wave;
    const perPixel = (this.span * rate) / this.plotWidth;
    for (let x = 0; x < this.plotWidth; x += 0.5) {
      const from = Math.floor(this.start * rate + x * perPixel);
      const to = Math.min(samples.length, Math.max(from + 2, Math.ceil(from + perPixel / 2)));
      let low = Infinity;
      let high = -Infinity;
      for (let i = from; i < to; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
      const scale = (0.5 * WAVE) / this.peak;
      if (high >= low) context.fillRect(LEFT + x, middle - high * scale - 0.4, 0.5, (high - low) * scale + 0.8);
    }
  }

  #drawPitches(context) {
    const { sound, plain } = colours();
    const { columns } = this.pitches;
    const image = this.#image(this.effect ? plain : sound);
    const from = (this.start / this.sound.duration) * columns;
    const width = (this.span / this.sound.duration) * columns;
    context.imageSmoothingQuality = "high";
    context.drawImage(image, from, 0, width, image.height, LEFT, PITCH_TOP, this.plotWidth, PITCH);
  }

  /** The whole spectrogram, a pixel for each value; kept until the colours change. */
  #image(stops) {
    if (this.drawnStops === stops) return this.drawnImage;
    const { columns, rows, highest_hz: top, level } = this.pitches;
    const table = colourTable(stops);
    const height = 2 * PITCH;
    const canvas = element("canvas", { width: columns, height });
    const pixels = new ImageData(columns, height);
    for (let y = 0; y < height; y++) {
      const place = (pitchAt(1 - (y + 0.5) / height) / top) * rows;
      const row = Math.min(rows - 1, Math.floor(place));
      const next = Math.min(rows - 1, row + 1);
      for (let column = 0; column < columns; column++) {
        const at = column * rows;
        const value = place > rows ? 0 : level[at + row] + (place - row) * (level[at + next] - level[at + row]);
        pixels.data.set(table[Math.round(value)], 4 * (y * columns + column));
        pixels.data[4 * (y * columns + column) + 3] = 255;
      }
    }
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    Object.assign(this, { drawnStops: stops, drawnImage: canvas });
    return canvas;
  }

  #drawEffect(context) {
    const { spoke, against } = colours();
    const { time_edges_s: times, band_edges_hz: bands, effect } = this.effect;
    const full = fullEffect(effect);
    context.save();
    context.beginPath();
    context.rect(LEFT, PITCH_TOP, this.plotWidth, PITCH);
    context.clip();
    effect.forEach((row, band) =>
      row.forEach((value, moment) => {
        context.fillStyle = `rgb(${(value > 0 ? spoke : against).join(" ")} / ${(0.78 * Math.abs(value)) / full})`;
        const [x, y] = [this.#x(times[moment]), this.#y(bands[band + 1])];
        context.fillRect(x, y, this.#x(times[moment + 1]) - x, this.#y(bands[band]) - y);
      }),
    );
    context.restore();
  }

  #drawAxes(context) {
    const { soft, line } = colours();
    context.strokeStyle = line;
    context.strokeRect(LEFT - 0.5, PITCH_TOP - 0.5, this.plotWidth + 1, PITCH + 1);
    context.fillStyle = soft;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const hertz of [0, 50, 100, 200, 400, 1000]) {
      const inward = { 0: -5, 1000: 5 }[hertz] ?? 0;
      context.fillText(String(hertz), LEFT - 6, this.#y(hertz) + inward);
    }
    context.fillText(text.recording.axes.pitch, LEFT - 6, PITCH_TOP - 8);
    context.textBaseline = "alphabetic";
    const step = [0.2, 0.5, 1, 2, 5, 10, 20, 60].find((size) => (size / this.span) * this.plotWidth >= 44) ?? 60;
    for (let n = Math.ceil(this.start / step); n * step <= this.start + this.span + 1e-6; n++) {
      const x = this.#x(n * step);
      context.fillRect(x - 0.5, PITCH_TOP + PITCH, 1, 4);
      context.textAlign = x > this.width - 16 ? "right" : "center";
      const label = step < 1 ? (n * step).toFixed(1) : String(n * step);
      context.fillText(n * step + step > this.start + this.span ? `${label} ${text.recording.axes.time}` : label, x, HEIGHT - 3);
    }
  }
}

/** Effects below this stay pale, so that the noise of a map in which nothing counts does not look like a finding. */
const LEAST_FULL_EFFECT = 0.5;

/** The effect that is drawn in full colour. */
export function fullEffect(effect) {
  return Math.max(LEAST_FULL_EFFECT, largestEffect(effect));
}

/** The largest effect of a map either way; 0 does not occur. */
export function largestEffect(effect) {
  return effect.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
}
