/** Runs in the audio thread: passes on what the microphone hears, mixed to mono. */
registerProcessor(
  "capture",
  class extends AudioWorkletProcessor {
    process([channels]) {
      if (channels.length) {
        const mono = new Float32Array(channels[0].length);
        for (const channel of channels) channel.forEach((value, i) => (mono[i] += value / channels.length));
        this.port.postMessage(mono, [mono.buffer]);
      }
      return true;
    }
  },
);
