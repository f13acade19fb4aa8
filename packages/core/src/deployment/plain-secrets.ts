/** Names that say that their value is a secret: `*_TOKEN`, `*PASSWORD*`, `*SECRET*`, `*_KEY` and their kin. */
const SECRET_NAME = /(^|_)TOKEN$|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(^|_)PWD$|(^|_)(API|ACCESS|PRIVATE)KEY$/i;
const KEY_NAME = /(^|_)KEY$/i;
/** Names that speak of a secret without being one: where it is, how long it lives, which half of a pair. */
const ABOUT_A_SECRET =
  /PUBLIC_?KEY$|_(FILE|PATH|DIR|NAME|ID|REF|ARN|URL|URI|HEADER|ENABLED|REQUIRED|TTL|SECONDS|MINUTES|DAYS|LENGTH|LIMIT|COUNT|VERSION|ALGORITHM|POLICY|FORMAT|PREFIX)$/i;
/** A reference that somebody resolves later is no literal. */
const REFERENCE = /^(\$\{.*\}|\$\w+|\{\{.*\}\}|[a-z][a-z0-9+.-]*:\/\/(?!.*@).*|(secret|vault|ref):.*)$/is;
const HARMLESS = /^(|true|false|yes|no|on|off|none|null|\d{1,6})$/i;
/** `*_KEY` also names keys of caches, tables and maps; keys that open something are long. */
const SHORTEST_KEY = 12;
/** The password in `scheme://user:password@host`. */
const PASSWORD_IN_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:(?!\$\{|\*+@)[^\s/@]+@/i;

/**
 * Names of the variables that hold a secret in clear text, as far as names and shapes tell: a guess, made for warning
 * people. Their values never leave this function.
 */
export function plainSecrets(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables)
    .filter(([name, value]) => PASSWORD_IN_ADDRESS.test(value) || isPlainSecret(name, value))
    .map(([name]) => name)
    .sort();
}

function isPlainSecret(name: string, value: string): boolean {
  if (ABOUT_A_SECRET.test(name) || REFERENCE.test(value) || HARMLESS.test(value)) return false;
  return SECRET_NAME.test(name) || (KEY_NAME.test(name) && value.length >= SHORTEST_KEY);
}
