/** Asking the server, with what can go wrong said beside the button: nothing that was given is lost. */

import { Refusal, hasToken, useToken } from "./api.js";
import { byId, element, show } from "./element.js";
import { text } from "./strings.js";

/** How often a busy server is asked again by itself. */
const MOST_RETRIES = 5;

/** Kinds after which the same request may succeed. */
const PASSING = new Set(["unreachable", "unexpected", "stopping", "not-ready"]);

/**
 * Say in `target` why a request was refused, with the way on.
 * @param {HTMLElement} target
 * @param {Error} error
 * @param {{again: () => void, retries?: number}} way `again` repeats the request; `retries` is how often that was done
 */
export function showRefusal(target, error, { again, retries = 0 }) {
  if (!(error instanceof Refusal)) {
    target.replaceChildren(element("div", { class: "alert" }, element("p", {}, text.errors.page(error.message))));
    throw error;
  }
  if (error.status === 401) return target.replaceChildren(tokenForm(target, error, again));
  const isPassing = PASSING.has(error.kind) || error.retryAfter > 0;
  const box = element("div", { class: "alert", "data-kind": error.kind }, element("p", {}, error.message));
  target.replaceChildren(box);
  const start = () => {
    target.replaceChildren();
    again();
  };
  if (error.status === 429 && retries < MOST_RETRIES) box.append(countdown(error.retryAfter || 5, start));
  else if (isPassing) box.append(element("p", { class: "buttons" }, element("button", { type: "button", onclick: start }, text.errors.tryAgain)));
  return undefined;
}

/** Counts down and asks again; may be hurried or stopped. */
function countdown(seconds, start) {
  const clock = element("span", { "aria-hidden": "true" }, text.errors.retryIn(seconds));
  let left = seconds;
  const timer = setInterval(() => {
    left -= 1;
    clock.textContent = text.errors.retryIn(left);
    if (!line.isConnected) clearInterval(timer);
    else if (left <= 0) now();
  }, 1000);
  const now = () => {
    clearInterval(timer);
    start();
  };
  const give = () => {
    clearInterval(timer);
    line.replaceChildren(element("button", { type: "button", onclick: start }, text.errors.tryAgain));
    line.querySelector("button").focus();
  };
  const line = element(
    "p",
    { class: "buttons" },
    clock,
    element("button", { type: "button", onclick: now }, text.errors.tryNow),
    element("button", { type: "button", class: "quiet", onclick: give }, text.errors.stopTrying),
  );
  return line;
}

function tokenForm(target, error, again) {
  const words = text.errors.token;
  const input = element("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "token-note" });
  const send = (event) => {
    event.preventDefault();
    useToken(input.value.trim());
    target.replaceChildren();
    again();
  };
  queueMicrotask(() => input.focus());
  return element(
    "form",
    { class: "alert token", onsubmit: send },
    element("p", {}, hasToken() ? words.wrong : error.message),
    element("label", { class: "field", for: "token" }, words.label, input),
    element("p", { class: "buttons" }, element("button", { type: "submit", class: "primary" }, words.send)),
    element("p", { class: "note", id: "token-note" }, words.note),
  );
}

/** The button `#analyse` while a request runs: progress in words, and a way to stop it. */
export class Asking {
  #controller = null;

  constructor() {
    this.button = byId("analyse");
    this.cancel = byId("cancel");
    this.status = byId("status");
    this.cancel.addEventListener("click", () => this.#controller?.abort());
  }

  get isRunning() {
    return this.#controller !== null;
  }

  /**
   * Run a request of so many recordings.
   * @param {(signal: AbortSignal) => Promise<T>} request
   * @returns {Promise<T | null>} `null` where it was cancelled.
   * @template T
   */
  async run(count, request) {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const started = performance.now();
    const clock = element("span", { "aria-hidden": "true" });
    this.status.replaceChildren(text.analyse.running(count), clock);
    this.status.classList.add("running");
    show(this.cancel, true);
    this.button.setAttribute("aria-disabled", "true");
    const timer = setInterval(() => (clock.textContent = ` ${Math.round((performance.now() - started) / 1000)} s`), 1000);
    try {
      const answer = await request(signal);
      this.status.replaceChildren();
      return answer;
    } catch (error) {
      this.status.replaceChildren(error.name === "AbortError" ? text.analyse.cancelled : "");
      if (error.name !== "AbortError") throw error;
      return null;
    } finally {
      clearInterval(timer);
      this.#controller = null;
      this.status.classList.remove("running");
      show(this.cancel, false);
      this.button.removeAttribute("aria-disabled");
    }
  }
}
