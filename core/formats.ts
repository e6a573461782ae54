/**
 * What programs of a fleet write for others, which may be of another version: in the midst of a rolling update, after its rollback, or where somebody has
 * pinned an image. A number grows when a reader who knows only the one before would misread what is written. What carries none is of format 1.
 *
 * A reader takes every format up to its own. A newer one it refuses as a whole: it might say that something is forbidden.
 */
export const FORMATS = {
  gatewayConfig: {
    format: 1,
    what: "the gateway's configuration",
    fix: 'Start the image that is built of the same version of cdk-mcp-fleet.',
  },
  sidecarConfig: {
    format: 1,
    what: "the sidecar's configuration",
    fix: 'Start the image that is built of the same version of cdk-mcp-fleet.',
  },
  janitorConfig: { format: 1, what: "the janitor's configuration", fix: 'Deploy the function of the same version of cdk-mcp-fleet.' },
  archiverConfig: { format: 1, what: "the archiver's configuration", fix: 'Deploy the function of the same version of cdk-mcp-fleet.' },
  grants: { format: 1, what: 'the file of grants', fix: 'Deploy the function of the same version of cdk-mcp-fleet.' },
  allowlistEntry: { format: 1, what: 'a row of the allowlist', fix: 'Deploy the version that has written it, or a later one.' },
  orders: { format: 1, what: "the operator's orders", fix: 'Use the version that has written them, or a later one.' },
  ledgerRow: { format: 1, what: 'a row of the ledger', fix: 'Deploy the version that has written it, or a later one.' },
  directoryRow: { format: 1, what: 'a row of the session directory', fix: 'Deploy the version that has written it, or a later one.' },
  agentKey: { format: 1, what: 'a key of an agent', fix: 'Deploy the version that has written it, or a later one.' },
  callContext: { format: 1, what: 'the signed context of a call', fix: 'Deploy sidecars of the version of the gateways, or a later one.' },
  archiveRecord: { format: 1, what: 'a record of the archive', fix: 'Read it with the version that has written it, or a later one.' },
} as const satisfies Readonly<Record<string, Format>>;

interface Format {
  /** The newest that this version reads, and the one that it writes. */
  readonly format: number;
  /** Whose it is, in a sentence. */
  readonly what: string;
  readonly fix: string;
}

export type FormatName = keyof typeof FORMATS;

/** Of a version that this one does not know. */
export class UnknownFormatError extends Error {
  override readonly name = 'UnknownFormatError';

  constructor(
    readonly written: FormatName,
    /** What it says of its format. */
    readonly got: unknown,
  ) {
    const { format, what, fix } = FORMATS[written];
    super(`${what} is of format ${JSON.stringify(got)}; this program reads ${format === 1 ? '1' : `1 to ${format}`}. ${fix}`);
  }
}

/** @throws UnknownFormatError that names both formats */
export function requireKnown<Written extends object>(name: FormatName, written: Written): Written {
  const { format } = written as { readonly format?: unknown };
  if (format === undefined || isKnown(name, format)) return written;
  throw new UnknownFormatError(name, format);
}

function isKnown(name: FormatName, format: unknown): boolean {
  return Number.isInteger(format) && (format as number) >= 1 && (format as number) <= FORMATS[name].format;
}
