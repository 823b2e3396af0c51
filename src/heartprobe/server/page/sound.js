/** From an audio file to samples, and to something that every browser plays. */

import { readWav, writeWav } from "./wav.js";

/** Enough for everything up to 1 kHz that is drawn, and a rate that every browser plays. */
const RATE_HZ = 8000;

/**
 * Decode an audio file, mono. Browsers refuse rates below 3 kHz, which heart sounds often have; such waves are read here.
 * @param {Blob} file
 * @returns {Promise<{samples: Float32Array, rate: number, duration: number} | null>} `null` where it cannot be decoded here.
 */
export async function decoded(file) {
  const content = await file.arrayBuffer();
  const sound = (await decodedByBrowser(content.slice(0))) ?? readWav(content);
  return sound && sound.samples.length ? { ...sound, duration: sound.samples.length / sound.rate } : null;
}

/** A wave file of the sound that browsers play and wind exactly. */
export function playable(sound) {
  const factor = Math.ceil(RATE_HZ / sound.rate);
  return writeWav(factor === 1 ? sound.samples : upsampled(sound.samples, factor), sound.rate * factor);
}

async function decodedByBrowser(content) {
  try {
    const buffer = await new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(content);
    return { samples: mono(buffer), rate: buffer.sampleRate };
  } catch {
    return null;
  }
}

function mono(buffer) {
  if (buffer.numberOfChannels === 1) return buffer.getChannelData(0);
  const samples = new Float32Array(buffer.length);
  for (let c = 0; c < buffer.numberOfChannels; c++)
    buffer.getChannelData(c).forEach((value, i) => (samples[i] += value / buffer.numberOfChannels));
  return samples;
}

/** Raise the rate by a whole factor with a windowed sinc of eight lobes to either side. */
export function upsampled(samples, factor) {
  const lobes = 8;
  const out = new Float32Array(samples.length * factor);
  for (let phase = 0; phase < factor; phase++) {
    const taps = Array.from({ length: 2 * lobes }, (_, k) => {
      const x = k - lobes + 1 - phase / factor;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      return sinc * 0.5 * (1 + Math.cos((Math.PI * x) / lobes));
    });
    for (let i = 0; i < samples.length; i++) {
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += taps[k] * (samples[i + k - lobes + 1] ?? 0);
      out[i * factor + phase] = sum;
    }
  }
  return out;
}
