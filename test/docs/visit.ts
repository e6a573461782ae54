import { Background, isClean } from '../newcomer/background';
import type { Attempt } from '../suites/program';
import { behaviourOf } from './behaviour';
import type { Company } from './companies';
import { filledIn } from './placeholders';
import { type } from './terminal';
import type { Trial } from './trials';

/** Of what a command that failed has written, this much is told. */
const LAST_LINES = 20;
const LINE_LENGTH = 300;

/** What was seen of a command. */
export interface Seen {
  readonly problems: readonly string[];
  readonly milliseconds: number;
}

/** Somebody who sits in a company's folder and types. */
export class Visit {
  private serving: Background | undefined;

  constructor(
    private readonly company: Company,
    private readonly signal: AbortSignal,
  ) {}

  /** Types one command, and looks at what comes of it. */
  async try({ documented: { command, prints, remark } }: Trial): Promise<Seen> {
    const start = performance.now();
    const problems = await this.problemsOf(command, remark.exit ?? 0, prints).catch((error: Error) => [error.message]);
    return { problems, milliseconds: performance.now() - start };
  }

  /** Ctrl-C for the company's account. @returns undefined where none was started */
  async leave(): Promise<Seen | undefined> {
    if (this.serving === undefined) return undefined;
    const start = performance.now();
    const problems = await interrupted(this.serving);
    return { problems, milliseconds: performance.now() - start };
  }

  private async problemsOf(command: string, wanted: number, prints: string | undefined): Promise<readonly string[]> {
    const filled = await filledIn(command, this.company);
    const { shows, serves, typed = '' } = behaviourOf(command);
    if (shows === undefined) return problemsIn(await type(filled, this.company, typed, this.signal), wanted, prints);
    const background = new Background(this.company.folder, this.company.environment);
    const { code, output } = await background.start(filled, shows, this.signal, typed);
    if (code !== null || !shows.test(output)) {
      await background.stop();
      return [`${code === null ? 'it did not show' : `it ended with ${code} before it showed`} ${shows}:`, ...lastOf(output)];
    }
    if (!serves) return await interrupted(background);
    this.serving = background;
    return [];
  }
}

async function interrupted(background: Background): Promise<readonly string[]> {
  const ending = await background.stop();
  return isClean(ending) ? [] : [`after Ctrl-C: ${JSON.stringify(ending)}`];
}

function problemsIn({ code, output }: Attempt, wanted: number, prints: string | undefined): readonly string[] {
  if (code !== wanted) return [`exit code ${code}, wanted ${wanted}:`, ...lastOf(output)];
  return prints === undefined || isLike(output, prints) ? [] : [`it does not print ${prints} but:`, ...lastOf(output)];
}

/** Whether an output has all pieces of what a page shows of it, in this order. */
export function isLike(output: string, shown: string): boolean {
  let at = 0;
  return shown.split('…').every((piece) => {
    const found = output.indexOf(piece, at);
    at = found + piece.length;
    return found >= 0;
  });
}

function lastOf(output: string): readonly string[] {
  const lines = output.trim().split('\n').slice(-LAST_LINES);
  return lines.map((line) => line.slice(0, LINE_LENGTH));
}
