/** Where a recording can be made, and what a file name says about it. */

export const POSTURES = ["sup", "sit"];
export const AREAS = ["Aor", "Pul", "Tri", "Mit"];

/** The eight places, `"sup_Aor"` first. */
export const PLACES = POSTURES.flatMap((posture) => AREAS.map((area) => `${posture}_${area}`));

const NAME_END = /(?:^|_)(sup|sit)_(Mit|Tri|Pul|Aor)$/;

/** Return the position at the end of a file's name, as `patient_sup_Mit.wav` has it, or `null`. */
export function guessedPosition(fileName) {
  const found = NAME_END.exec(fileName.replace(/\.[^.]*$/, ""));
  return found ? `${found[1]}_${found[2]}` : null;
}

/** Return `{posture, area}` of `"sup_Mit"` or `"Mit"`; both `null` of `null`. */
export function partsOf(position) {
  if (!position) return { posture: null, area: null };
  const parts = position.split("_");
  return parts.length === 2 ? { posture: parts[0], area: parts[1] } : { posture: null, area: parts[0] };
}
