/** The little Markdown that model cards are written in, as elements: nothing in it is ever read as HTML. */

import { element } from "./element.js";

/**
 * Split a card at its headings of second order; the header that hubs read is left out.
 * @returns {{title: string, lines: string[]}[]} the first, without a title, is what comes before any
 */
export function sections(markdown) {
  const found = [{ title: "", lines: [] }];
  const card = markdown.replace(/^---\r?\n[^]*?\n---\r?\n/, "");
  for (const line of card.split(/\r?\n/)) {
    if (line.startsWith("## ")) found.push({ title: line.slice(3).trim(), lines: [] });
    else if (!line.startsWith("# ")) found.at(-1).lines.push(line);
  }
  return found;
}

/** Paragraphs, lists, tables and code of some lines. */
export function blocks(lines) {
  const out = [];
  for (const group of grouped(lines)) {
    if (group.kind === "list") out.push(element("ul", {}, group.lines.map((line) => element("li", {}, inline(line.replace(/^\s*[-*] /, ""))))));
    else if (group.kind === "table") out.push(table(group.lines));
    else if (group.kind === "code") out.push(element("pre", { tabindex: "0" }, element("code", {}, group.lines.map((line) => line.slice(4)).join("\n"))));
    else if (group.kind === "heading") out.push(element("h4", {}, inline(group.lines[0].replace(/^#+ /, ""))));
    else out.push(element("p", {}, inline(group.lines.join(" "))));
  }
  return out;
}

function grouped(lines) {
  const groups = [];
  let isOpen = false;
  for (const line of lines) {
    const kind = kindOf(line);
    if (kind && isOpen && kind === groups.at(-1).kind && kind !== "heading") groups.at(-1).lines.push(line);
    else if (kind === "text" && isOpen && groups.at(-1).kind === "list") groups.at(-1).lines.push(`${groups.at(-1).lines.pop()} ${line.trim()}`);
    else if (kind) groups.push({ kind, lines: [line] });
    isOpen = Boolean(kind);
  }
  return groups;
}

function kindOf(line) {
  if (!line.trim()) return null;
  if (line.startsWith("    ")) return "code";
  if (/^\s*[-*] /.test(line)) return "list";
  if (/^#{3,} /.test(line)) return "heading";
  return line.trimStart().startsWith("|") ? "table" : "text";
}

/** Letters of a cell that is not broken into lines: a name, or a number with its interval. */
const SHORT = 26;

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const drawnCell = (name, cell, attributes = {}) => element(name, { class: cell.length <= SHORT && "short", ...attributes }, inline(cell));
  const [head, ...rows] = lines.filter((line) => !/^[\s|:-]+$/.test(line)).map(cells);
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": head.join(", ") },
    element(
      "table",
      { class: "card-table" },
      element("thead", {}, element("tr", {}, head.map((cell) => drawnCell("th", cell, { scope: "col" })))),
      element("tbody", {}, rows.map(([first, ...rest]) => element("tr", {}, drawnCell("th", first, { scope: "row" }), rest.map((cell) => drawnCell("td", cell))))),
    ),
  );
}

function inline(line) {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).filter(Boolean).map((part) => {
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return element("strong", {}, part.slice(2, -2));
    if (/^\*.+\*$/.test(part)) return element("em", {}, part.slice(1, -1));
    return part;
  });
}
