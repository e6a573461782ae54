let written = false;

/** The one JSON document of a run on stdout: what comes after the first is not said. */
export function printDocument(value: unknown): void {
  if (written) return;
  written = true;
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
