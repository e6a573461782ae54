/** A command that a page, or a help text, gives its reader to type. */
export interface Documented {
  /** `README.md`, or `mcp-fleet ledger --help`. */
  readonly page: string;
  /** In the page; none in a help text. */
  readonly line?: number;
  /** As it stands, without the words about it that stand behind it. */
  readonly command: string;
  /** What the page shows of its output, `…` for what varies. */
  readonly prints?: string;
  readonly remark: Remark;
}

/** What a page says of a block that its readers need not see: `<!-- docs-test: exit 3 -->` on the line above it. */
export interface Remark {
  /** Exit code of each of its commands; 0 without. */
  readonly exit?: number;
  /** What a test has not: its commands are counted, and not run. */
  readonly needs?: string;
  /** Where its commands are typed. */
  readonly company?: string;
}

export function placeOf({ page, line }: Documented): string {
  return line === undefined ? page : `${page}:${line}`;
}

/** @param text behind `docs-test:` @throws Error that names what is not known */
export function remarkOf(text: string): Remark {
  const remarks = text.split(',').map((part): Remark => {
    const [, word, value = ''] = /^(exit|needs|in) (\w+)$/.exec(part.trim()) ?? [];
    if (word === 'exit' && /^\d+$/.test(value)) return { exit: Number(value) };
    if (word === 'needs') return { needs: value };
    if (word === 'in') return { company: value };
    throw new Error(`"docs-test: ${text}" is none of: exit CODE, needs WHAT, in COMPANY`);
  });
  return Object.assign({}, ...remarks);
}
