/** What is known of the model, from the server and its card. */

import { byId, element } from "./element.js";
import { blocks, sections } from "./markdown.js";
import { text } from "./strings.js";

/** Titles of the card's sections that everybody should read. */
const FIRST = ["How well it did", "What else it may go by", "Limits"];

/** Fill `#about-content` with what `GET /v1/model` says. */
export function showAbout(model) {
  const card = sections(model.card ?? "").map(({ title, lines }) => ({ title, lines: withoutDisclaimer(lines, model) }));
  const first = FIRST.flatMap((title) => card.filter((section) => section.title === title));
  const rest = card.filter((section) => !first.includes(section) && section.lines.some((line) => line.trim()));
  byId("about-content").replaceChildren(
    facts(model),
    ...first.flatMap(drawnSection),
    ...(rest.length ? [element("details", {}, element("summary", {}, text.about.rest), rest.flatMap(drawnSection))] : []),
  );
}

function facts({ id, name, encoder, data, labels, demographics }) {
  const words = text.about;
  const rows = [
    [words.id, name ? [`${name} (`, element("code", {}, id), ")"] : element("code", {}, id)],
    [words.labels, labels.map(({ label, finding }) => `${finding} (${label})`).join(", ")],
    [words.trainedOn, words.training(data)],
    [words.encoder, encoder.name],
    [words.beside, demographics.length ? demographics.join(", ") : words.nothing],
  ];
  return element("dl", { class: "facts" }, rows.map(([title, value]) => element("div", {}, element("dt", {}, title), element("dd", {}, value))));
}

function drawnSection({ title, lines }) {
  return [...(title ? [element("h3", {}, title)] : []), ...blocks(lines)];
}

/** The page says it once, at its top. */
function withoutDisclaimer(lines, { disclaimer }) {
  return lines.filter((line) => line.replaceAll("**", "").trim() !== disclaimer && !line.startsWith("**Trained on synthetic sounds"));
}
