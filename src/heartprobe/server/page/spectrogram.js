/** How loud each pitch is at each moment. */

export const HIGHEST_HZ = 1000;

/** Short enough to part a murmur from the heart sound before it, long enough for 25 Hz. */
const WINDOW_S = 0.05;
const HOP_S = 0.01;
const MOST_COLUMNS = 6000;

/** Softer than this below the loudest is drawn as nothing. */
const RANGE_DB = 55;

/** A murmur is far softer than the heart sounds below it: from this pitch on, each octave is lifted. */
const LIFTED_FROM_HZ = 50;
const LIFT_DB_PER_OCTAVE = 6;

/** Half of the drawn height is for what lies below about 230 Hz, where most of a heart sound is. */
const STRETCH_HZ = 100;

/** The height of a pitch in the picture, 0 to 1, and back. */
export const heightOf = (hertz) => Math.log1p(hertz / STRETCH_HZ) / Math.log1p(HIGHEST_HZ / STRETCH_HZ);
export const pitchAt = (height) => STRETCH_HZ * Math.expm1(height * Math.log1p(HIGHEST_HZ / STRETCH_HZ));

/**
 * Compute a spectrogram up to 1 kHz, or to half the rate where that is lower.
 * @returns {{columns: number, rows: number, highest_hz: number, level: Uint8Array}} `level[column * rows + row]`, row 0
 *   the lowest pitch: 0 is soft, 255 loud.
 */
export function spectrogram({ samples, rate }) {
  const width = Math.round(WINDOW_S * rate);
  const size = 2 ** Math.ceil(Math.log2(2 * width));
  const hop = Math.max(Math.round(HOP_S * rate), Math.ceil(samples.length / MOST_COLUMNS), 1);
  const columns = Math.max(1, Math.ceil(samples.length / hop));
  const rows = Math.min(size / 2, Math.floor((HIGHEST_HZ * size) / rate));
  const window = Float64Array.from({ length: width }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / width));
  const lift = Float64Array.from({ length: rows }, (_, row) => LIFT_DB_PER_OCTAVE * Math.log2(Math.max(1, (row * rate) / size / LIFTED_FROM_HZ)));
  const transform = fourier(size);
  const decibel = new Float32Array(columns * rows);
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let column = 0; column < columns; column++) {
    real.fill(0);
    imaginary.fill(0);
    const start = column * hop - (width >> 1);
    for (let i = 0; i < width; i++) real[i] = window[i] * (samples[mirrored(start + i, samples.length)] ?? 0);
    transform(real, imaginary);
    for (let row = 0; row < rows; row++)
      decibel[column * rows + row] = 10 * Math.log10(real[row] ** 2 + imaginary[row] ** 2 + 1e-12) + lift[row];
  }
  return { columns, rows, highest_hz: (rows * rate) / size, level: levels(decibel) };
}

/**
 * Make a fast Fourier transform of a length that is a power of two, in place (Cooley and Tukey 1965).
 * @returns {(real: Float64Array, imaginary: Float64Array) => void}
 */
export function fourier(size) {
  const cosine = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
  const sine = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
  const bits = Math.log2(size);
  const reversed = Uint32Array.from({ length: size }, (_, i) => {
    let out = 0;
    for (let bit = 0; bit < bits; bit++) out |= ((i >> bit) & 1) << (bits - 1 - bit);
    return out;
  });
  return (real, imaginary) => {
    for (let i = 0; i < size; i++) {
      const j = reversed[i];
      if (j > i) {
        [real[i], real[j]] = [real[j], real[i]];
        [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let block = 0; block < size; block += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = block + k;
          const b = a + half;
          const turnedReal = real[b] * cosine[k * step] - imaginary[b] * sine[k * step];
          const turnedImaginary = real[b] * sine[k * step] + imaginary[b] * cosine[k * step];
          real[b] = real[a] - turnedReal;
          imaginary[b] = imaginary[a] - turnedImaginary;
          real[a] += turnedReal;
          imaginary[a] += turnedImaginary;
        }
      }
    }
  };
}

/** Beyond its ends a sound goes on backwards: a sudden end would be heard as a click. */
function mirrored(i, length) {
  if (i < 0) return -i;
  return i < length ? i : 2 * length - 2 - i;
}

/** Scale to bytes below the 99.9th percentile, so that one knock does not darken everything else. */
function levels(decibel) {
  const sorted = Float32Array.from(decibel).sort();
  const top = sorted[Math.floor(0.999 * (sorted.length - 1))];
  return Uint8Array.from(decibel, (value) => Math.max(0, Math.min(255, 255 * (1 + (value - top) / RANGE_DB))));
}
