/** Most edits by which a mistyped word is still known. */
const MAX_EDITS = 2;

/** The word that was probably meant, as a sentence; empty where none is near. */
export function didYouMean(word: string, words: readonly string[], show = (near: string) => near): string {
  const near = words
    .map((candidate) => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= MAX_EDITS && edits < candidate.length / 2)
    .sort((one, other) => one.edits - other.edits)[0];
  return near === undefined ? '' : `Did you mean ${show(near.candidate)}? `;
}

/** Letters to add, leave out or change (Levenshtein). */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [y, letter] of [...one].entries()) {
    const above = row;
    row = [y + 1];
    for (let x = 0; x < other.length; x++) {
      const changed = (above[x] as number) + (other[x] === letter ? 0 : 1);
      row.push(Math.min(changed, (above[x + 1] as number) + 1, (row[x] as number) + 1));
    }
  }
  return row.at(-1) as number;
}
