/** The server's answers. Its refusals become `Refusal`s with the sentence that it gave. */

import { text } from "./strings.js";
import { guessedPosition } from "./positions.js";

/** What went wrong, in a sentence for people. */
export class Refusal extends Error {
  /**
   * @param {string} kind the server's word, or `"unreachable"`, `"unexpected"`
   * @param {number} retryAfter seconds after which the server asks to be tried again; 0 where it does not
   */
  constructor(kind, message, { status = 0, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { kind, status, retryAfter });
  }
}

let token = "";

/** Send this with every request from now on; it is kept in memory only. */
export function useToken(value) {
  token = value;
}

/** Whether a token is sent. */
export function hasToken() {
  return token !== "";
}

export const model = () => json("v1/model");
export const examples = () => json("v1/examples");

/** Fetch an example's recording as a file whose name tells its position. */
export async function exampleFile(example, { position, url }) {
  const response = await ask(new URL(url, document.baseURI));
  return new File([await response.blob()], `${example.id}_${position}.wav`, { type: "audio/wav" });
}

/** Ask what is heard in recordings of one patient. */
export function predictions(recordings, options, signal) {
  const form = new FormData();
  for (const { file, name, position } of recordings) {
    form.append("files", file, sentName(name, position));
    form.append("positions", position ?? "");
  }
  appendAll(form, options);
  return json("v1/predictions", { method: "POST", body: form, signal });
}

/** Ask which parts of one recording spoke for a label. */
export function explanation({ file, name }, label, options, signal) {
  const form = new FormData();
  form.append("file", file, name);
  form.append("label", label);
  appendAll(form, options);
  return json("v1/explanations", { method: "POST", body: form, signal });
}

/** No position means "as the name says": where somebody took the position away, the name must not give one back. */
function sentName(name, position) {
  const guessed = guessedPosition(name);
  if (position || !guessed) return name;
  const unplaced = name.replace(new RegExp(`_?${guessed}(\\.[^.]*)?$`), "$1");
  return sentName(unplaced.replace(/^(?=\.|$)/, "recording"), null);
}

function appendAll(form, options) {
  for (const [name, value] of Object.entries(options)) if (value) form.append(name, value);
}

async function json(path, options) {
  const response = await ask(path, options);
  try {
    return await response.json();
  } catch {
    throw new Refusal("unexpected", text.errors.unexpected(response.status), { status: response.status });
  }
}

async function ask(url, { headers = {}, ...options } = {}) {
  let response;
  try {
    response = await fetch(url, {
      ...options,
      headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers,
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("unreachable", text.errors.unreachable);
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function refusalOf(response) {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const { status } = response;
  try {
    const { kind, message } = (await response.json()).error;
    return new Refusal(kind, message, { status, retryAfter });
  } catch {
    return new Refusal("unexpected", text.errors.unexpected(status), { status, retryAfter });
  }
}
