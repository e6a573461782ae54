import type { Seen } from './visit';

/** Tells what became of each command, as soon as it is seen, and counts. */
export class Tally {
  passed = 0;
  failed = 0;

  constructor(private readonly say: (line: string) => void) {}

  /** @param where it was typed, and where it stands */
  readonly add = (command: string, where: string, { problems, milliseconds }: Seen): void => {
    const holds = problems.length === 0;
    if (holds) this.passed++;
    else this.failed++;
    this.say(`${holds ? '✔' : '✘'} ${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${command}  (${where})`);
    for (const problem of problems) this.say(`      ${problem}`);
  };
}
