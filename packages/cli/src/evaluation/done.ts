/**
 * Which lines of a dataset have their result, in eight bytes a line: a dataset of ten million lines takes 80 MB at most. Of a
 * line's key 52 bits are kept.
 */
export class DoneLines {
  #keys = new Float64Array(1_024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** False when the line is done already, under whatever key. */
  add(line: number, key: string): boolean {
    if (line >= this.#keys.length) {
      const grown = new Float64Array(Math.max(line + 1, this.#keys.length * 2));
      grown.set(this.#keys);
      this.#keys = grown;
    }
    if (this.#keys[line] !== 0) return false;
    this.#keys[line] = numberOf(key);
    this.#count += 1;
    return true;
  }

  has(line: number, key: string): boolean {
    return line < this.#keys.length && this.#keys[line] === numberOf(key);
  }
}

/** Never 0, which stands for "not done". */
const numberOf = (key: string): number => Number.parseInt(key.slice(0, 13), 16) + 1;
