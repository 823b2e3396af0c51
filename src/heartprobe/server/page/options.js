/** What may be said of the patient beside the sound, and settings. */

import { byId, element } from "./element.js";
import { text } from "./strings.js";

const CHOICES = { sex: "sexes", smoker: "smokers", lives: "places" };

/** Fill `#options` for a model that uses these fields (names of `age`, `sex`, `smoker`, `lives`). */
export function showOptions(used) {
  const words = text.options;
  const poor = element("input", { type: "checkbox", name: "use_poor" });
  const given = values();
  byId("option-fields").replaceChildren(
    ...(used.length ? [] : [element("p", { class: "note" }, words.unused)]),
    ...used.map(field),
    element("label", { class: "check" }, poor, element("span", {}, words.usePoor, element("small", {}, words.usePoorNote))),
  );
  for (const [name, value] of Object.entries(given)) set(name, value);
  byId("options").open ||= used.length > 0;
  if (used.length) byId("options").querySelector("summary").textContent = words.titleNeeded;
}

/** The values as the API takes them; what is not given is not there. */
export function values() {
  const fields = [...byId("option-fields").querySelectorAll("input, select")];
  const given = fields.map(({ name, type, checked, value }) => [name, type === "checkbox" ? (checked ? "true" : "") : value.trim()]);
  return Object.fromEntries(given.filter(([, value]) => value));
}

/** Take poor recordings from now on. */
export function takePoor() {
  set("use_poor", "true");
}

function set(name, value) {
  const input = byId("option-fields").querySelector(`[name="${name}"]`);
  if (!input) return;
  if (input.type === "checkbox") input.checked = value === "true";
  else input.value = value;
}

function field(name) {
  const input =
    name === "age"
      ? element("input", { type: "number", name, min: 0, max: 120, inputmode: "numeric", autocomplete: "off" })
      : element("select", { name }, Object.entries(text.options[CHOICES[name]]).map(([value, label]) => element("option", { value }, label)));
  return element("label", { class: "field" }, text.options[name], input);
}
