/** Wave files: read where the browser will not (rates below 3 kHz), and written. */

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/**
 * Read a wave file of 8 to 32 bit.
 * @param {ArrayBuffer} content
 * @returns {{samples: Float32Array, rate: number} | null} mono, in [-1, 1]; `null` where it is none, or of another kind.
 */
export function readWav(content) {
  const view = new DataView(content);
  if (view.byteLength < 12 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") return null;
  let format = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const end = Math.min(at + 8 + size, view.byteLength);
    if (tag(view, at) === "fmt " && end - at >= 24) format = formatAt(view, at + 8, size);
    if (tag(view, at) === "data" && format) return mixed(view, at + 8, end, format);
    at += 8 + size + (size % 2);
  }
  return null;
}

/**
 * Write mono samples as 16 bit.
 * @param {Float32Array} samples in [-1, 1]; what is beyond stays at the ends.
 * @param {number} rate in Hz
 */
export function writeWav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const words = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  words(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  words(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  words(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, value))), true));
  return new Blob([view.buffer], { type: "audio/wav" });
}

function tag(view, at) {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function formatAt(view, at, size) {
  const kind = view.getUint16(at, true);
  return {
    kind: kind === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : kind,
    channels: view.getUint16(at + 2, true),
    rate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
}

function reader(view, { kind, bits }) {
  if (kind === FLOAT && bits === 32) return (at) => view.getFloat32(at, true);
  if (kind === FLOAT && bits === 64) return (at) => view.getFloat64(at, true);
  if (kind !== PCM) return null;
  return {
    8: (at) => (view.getUint8(at) - 128) / 128,
    16: (at) => view.getInt16(at, true) / 32768,
    24: (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65536) / 8388608,
    32: (at) => view.getInt32(at, true) / 2147483648,
  }[bits];
}

function mixed(view, start, end, format) {
  const read = reader(view, format);
  const { channels, bits, rate } = format;
  if (!read || !channels || !rate) return null;
  const bytes = bits / 8;
  const samples = new Float32Array(Math.floor((end - start) / (bytes * channels)));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += read(start + (i * channels + c) * bytes);
    samples[i] = sum / channels;
  }
  return { samples, rate };
}
