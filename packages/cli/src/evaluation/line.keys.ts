/**
 * Keys of a file's lines by their number, in eight bytes a line: of ten million lines 80 MB, up to twice that while it grows. Of
 * a key, which is hexadecimal, 52 bits are kept.
 */
export class LineKeys {
  #keys = new Float64Array(1_024);
  #count = 0;

  /** Lines that have a key. */
  get count(): number {
    return this.#count;
  }

  /** Gives the line this key, whatever it had. False when it had one. */
  set(line: number, key: string): boolean {
    if (line >= this.#keys.length) {
      const grown = new Float64Array(Math.max(line + 1, this.#keys.length * 2));
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const fresh = this.#keys[line] === 0;
    if (fresh) this.#count += 1;
    this.#keys[line] = numberOf(key);
    return fresh;
  }

  has(line: number, key: string): boolean {
    return line < this.#keys.length && this.#keys[line] === numberOf(key);
  }
}

/** Never 0, which stands for "none". */
const numberOf = (key: string): number => Number.parseInt(key.slice(0, 13), 16) + 1;
