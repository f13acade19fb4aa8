import type { Word, Words } from "./words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that the shell reads once. It knows all words by itself, so that completing starts no process. */
export function completionScript(shell: Shell, words: Words): string {
  switch (shell) {
    case "bash":
      return bash(words);
    case "zsh":
      return zsh(words);
    case "fish":
      return fish(words);
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const texts = (words: readonly Word[]): string => words.map(({ text }) => text).join(" ");

/** The path is made of the leading words that are commands: it grows as long as the table knows it. */
const bash = (words: Words): string => `# Completion of sluice for bash: eval "$(sluice completion bash)"
declare -A _sluice_words=(
${[...words].map(([path, list]) => `  [${quote(path || "-")}]=${quote(texts(list))}`).join("\n")}
)
_sluice() {
  local path="" word longer
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    longer="\${path:+$path }$word"
    [[ -v "_sluice_words[$longer]" ]] && path="$longer"
  done
  COMPREPLY=($(compgen -W "\${_sluice_words[\${path:--}]}" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sluice sluice
`;

const zsh = (words: Words): string => `#compdef sluice
# Completion of sluice for zsh: put it into a folder of $fpath as _sluice.
_sluice() {
  local -A table=(
${[...words].map(([path, list]) => `    ${quote(path || "-")} ${quote(texts(list))}`).join("\n")}
  )
  local path_ word longer
  for word in "\${(@)words[2,CURRENT-1]}"; do
    longer="\${path_:+$path_ }$word"
    (( \${+table[$longer]} )) && path_="$longer"
  done
  compadd -- \${(s: :)table[\${path_:--}]}
  _files
}
compdef _sluice sluice
`;

function fish(words: Words): string {
  const lines = [...words].flatMap(([path, list]) => list.map((word) => fishLine(path, word, words)));
  return `# Completion of sluice for fish.\n${lines.join("\n")}\n`;
}

/** A word is offered when all commands of its path stand on the line and none of the next level does yet. */
function fishLine(path: string, { text, description }: Word, words: Words): string {
  const parents = path === "" ? [] : path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const siblings = [...(words.get(path) ?? [])].map((word) => word.text).filter((word) => !word.startsWith("-"));
  const none = siblings.length > 0 ? [`not __fish_seen_subcommand_from ${siblings.join(" ")}`] : [];
  const condition = [...parents, ...none].join("; and ");
  const what = text.startsWith("--") ? `-l ${text.slice(2)}` : `-f -a ${text}`;
  return `complete -c sluice${condition === "" ? "" : ` -n ${quote(condition)}`} ${what} -d ${quote(description)}`;
}
