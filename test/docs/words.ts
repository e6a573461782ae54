/** The shell's comment at the end of a line is no part of the command. */
export function withoutComment(line: string): string {
  return upTo(line, /(?:^|\s)#/);
}

/** In a help text, what a command is for stands behind it after two spaces. */
export function withoutPurpose(line: string): string {
  return upTo(line, / {2}/);
}

/** Whether somebody is to put his own in place of a word: `KEY`, `<key>`, or what `…` leaves out. */
export function placeholdersIn(command: string): readonly string[] {
  return bare(command)
    .split(/\s+/)
    .filter((word) => word.includes('…') || /^<.+>$|^[A-Z][A-Z_]+$/.test(word));
}

function upTo(line: string, end: RegExp): string {
  const found = bare(line).search(end);
  return (found < 0 ? line : line.slice(0, found)).trim();
}

/** With what stands in quotes made blank, so that positions stay. */
function bare(line: string): string {
  return line.replaceAll(/'[^']*'|"[^"]*"/g, (quoted) => '_'.repeat(quoted.length));
}
