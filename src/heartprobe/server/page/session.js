/** What has been given so far. It lives in this page's memory and ends with it. */

import { guessedPosition } from "./positions.js";

export const MOST_RECORDINGS = 8;

/**
 * @typedef {{id: number, file: File, name: string, position: string | null}} Recording
 */

/** The recordings in their order; says `change` whenever something is added, removed or placed. */
export class Session extends EventTarget {
  /** @type {Recording[]} */
  recordings = [];
  /** Whether they are of a synthetic patient. */
  example = null;
  selectedId = null;
  #nextId = 1;

  /** Add files as far as there is room; return those that there is no room for. */
  add(files, position = null) {
    const room = MOST_RECORDINGS - this.recordings.length;
    const taken = [...files].slice(0, room).map((file) => ({
      id: this.#nextId++,
      file,
      name: file.name,
      position: position ?? guessedPosition(file.name),
    }));
    if (taken.length) {
      this.#change({
        recordings: [...this.recordings, ...taken],
        example: null,
        selectedId: taken.find((recording) => !recording.position)?.id ?? this.selectedId,
      });
    }
    return [...files].slice(Math.max(0, room));
  }

  /** Put the recordings of an example in the place of all others. */
  replace(example, files) {
    this.#change({ recordings: [], selectedId: null });
    this.add(files);
    this.#change({ example });
  }

  remove(id) {
    this.#change({
      recordings: this.recordings.filter((recording) => recording.id !== id),
      selectedId: this.selectedId === id ? null : this.selectedId,
    });
  }

  clear() {
    this.#change({ recordings: [], example: null, selectedId: null });
  }

  /** Say where a recording was made; then the next one without a place is selected. */
  place(id, position) {
    const recordings = this.recordings.map((one) => (one.id === id ? { ...one, position } : one));
    this.#change({ recordings, selectedId: recordings.find((one) => !one.position)?.id ?? null });
  }

  select(id) {
    this.#change({ selectedId: this.selectedId === id ? null : id });
  }

  get selected() {
    return this.recordings.find((recording) => recording.id === this.selectedId) ?? null;
  }

  /** Its number on the page, from 1. */
  numberOf(id) {
    return this.recordings.findIndex((recording) => recording.id === id) + 1;
  }

  at(position) {
    return this.recordings.filter((recording) => recording.position === position);
  }

  /** Everything, to come back to. */
  snapshot() {
    return { recordings: this.recordings, example: this.example, selectedId: this.selectedId };
  }

  restore(snapshot) {
    this.#change(snapshot);
  }

  #change(values) {
    Object.assign(this, values);
    this.dispatchEvent(new Event("change"));
  }
}
