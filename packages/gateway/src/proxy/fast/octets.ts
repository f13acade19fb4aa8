/** Classes of octets by RFC 9110 §5.6.2, RFC 9112 §5 and RFC 3986 §3, as bits, so that a class is one look into a table. */
export const TOKEN = 1;
/** Of a field's value: visible ASCII, space and tab. Octets above 127 are left to those who know what they mean. */
export const VALUE = 2;
/** Of a target in origin form: what RFC 3986 allows in path and query. */
export const TARGET = 4;
/** Of a host with port. */
export const HOST = 8;
export const DIGIT = 16;
export const HEX = 32;
/** Of a value that an instance sends: obs-text too. */
export const ANSWER_VALUE = 64;

export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;
export const SLASH = 47;
export const SEMICOLON = 59;

const DIGITS = "0123456789";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const CLASSES = new Uint8Array(256);

function add(octets: string, classes: number): void {
  for (let index = 0; index < octets.length; index += 1) {
    const octet = octets.charCodeAt(index);
    CLASSES[octet] = (CLASSES[octet] ?? 0) | classes;
  }
}

add(DIGITS, TOKEN | TARGET | HOST | DIGIT | HEX);
add(LETTERS, TOKEN | TARGET | HOST);
add("abcdefABCDEF", HEX);
add("!#$%&'*+-.^_`|~", TOKEN);
add("-._~!$&'()*+,;=%:@/?", TARGET);
add("-._~!$&'()*+,;=%:[]", HOST);
add("\t", VALUE | ANSWER_VALUE);
for (let octet = 32; octet < 127; octet += 1) add(String.fromCharCode(octet), VALUE | ANSWER_VALUE);
for (let octet = 128; octet < 256; octet += 1) add(String.fromCharCode(octet), ANSWER_VALUE);

/** The first place from `at` on whose octet is not of that class; the end of the bytes when there is none. */
export function skip(bytes: Uint8Array, at: number, wanted: number): number {
  let index = at;
  while (((CLASSES[bytes[index] ?? 0] ?? 0) & wanted) !== 0) index += 1;
  return index;
}

/** Whether a string consists of octets of that class only. */
export function consistsOf(text: string, wanted: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (((CLASSES[text.charCodeAt(index)] ?? 0) & wanted) === 0) return false;
  }
  return true;
}

/** The place behind the spaces and tabs from `at` on. */
export function skipBlanks(bytes: Uint8Array, at: number): number {
  let index = at;
  while (bytes[index] === SPACE || bytes[index] === TAB) index += 1;
  return index;
}

/** The place behind the last octet of `[from, to)` that is neither space nor tab. */
export function withoutTrailingBlanks(bytes: Uint8Array, from: number, to: number): number {
  let index = to;
  while (index > from && (bytes[index - 1] === SPACE || bytes[index - 1] === TAB)) index -= 1;
  return index;
}
