/** The microphone, as raw samples: browsers' noise suppression, made for speech, would take a heart for noise. */

const RAW = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/** Why there is no microphone: `"insecure"`, `"missing"`, or `null` where there may be one. */
export function whyNoMicrophone() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return "missing";
  return null;
}

/**
 * Start to listen.
 * @param {(chunk: Float32Array) => void} onChunk
 * @returns {Promise<{rate: number, stop: () => Promise<void>}>}
 */
export async function listen(onChunk) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: RAW });
  const context = new AudioContext();
  const stop = async () => {
    for (const track of stream.getTracks()) track.stop();
    if (context.state !== "closed") await context.close();
  };
  try {
    await context.audioWorklet.addModule(new URL("./capture.js", import.meta.url));
    await context.resume();
    const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => onChunk(data);
    context.createMediaStreamSource(stream).connect(capture);
  } catch (error) {
    await stop();
    throw error;
  }
  return { rate: context.sampleRate, stop };
}
