import type { Logger } from 'pino';
import { type Defined, definitionDigest, isApproved, ONLY_ONE } from '../core/definition-pins';
import type { FleetConfig } from '../core/fleet-config';
import { introductionIn, withIntroduction, withoutIntroduction } from '../core/introduction';
import type { Members } from '../core/json-members';
import type { Directory } from './ledger/directory';
import type { Metrics } from './metrics';

export interface DefinitionReviewsParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly directory: Pick<Directory, 'noteDefinition'>;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** A definition is told of, and written down for who reviews it, once in so many milliseconds; and so many of one kind of a server in that time. */
const TOLD_EVERY_MS = 60_000;
const TOLD_AT_MOST = 200;
/** Largest definition that is written down, in bytes: an item of DynamoDB has 400 KB. */
const LARGEST_NOTED_BYTES = 64 * 1024;
/** How long it waits for a review, in seconds. */
const NOTED_SECONDS = 30 * 24 * 3_600;

/** What was defined, under which name, and how: JSON text as the server has it, without words that are ours. */
export type DefinitionSaid = readonly [defined: Defined, name: string, definition: string];

/** Holds what servers say of what they have, and of themselves, against what was approved. */
export class DefinitionReviews {
  /** When each was told of, by server and kind, and digest, in milliseconds since the epoch. */
  private readonly told = new Map<string, Map<string, number>>();

  constructor(private readonly parts: DefinitionReviewsParts) {}

  /** Whether agents get what is defined so. */
  admits(server: string, ...said: DefinitionSaid): boolean {
    const pins = this.parts.config.servers[server]?.pins;
    if (pins === undefined || isApproved(pins, ...said)) return true;
    this.tell(server, ...said);
    return pins.otherwise === 'pass';
  }

  /** The answer by which a server introduces itself, as agents get it. @param result its members, without words that are ours */
  introduction(server: string, result: Members): string {
    const said = introductionIn(result);
    const admitted = said === undefined || this.admits(server, 'introduction', ONLY_ONE, said);
    return admitted ? withIntroduction(result) : withoutIntroduction(result, server);
  }

  private tell(server: string, ...[defined, name, definition]: DefinitionSaid): void {
    const { metrics, log, now } = this.parts;
    const digest = definitionDigest(defined, definition) ?? 'none';
    const told = this.toldOf(`${server} ${defined}`);
    if (told.has(digest) || told.size >= TOLD_AT_MOST) return;
    told.set(digest, now());
    metrics.count(server, 'ToolsUnreviewed');
    const bytes = Buffer.byteLength(definition);
    log.warn({ event: 'definition_unreviewed', server, defined, name: name.slice(0, 100), digest, bytes });
    if (digest === 'none' || bytes > LARGEST_NOTED_BYTES) return;
    const seenAt = now();
    const expiresAt = Math.floor(seenAt / 1_000) + NOTED_SECONDS;
    const row = { session: `definition#${server}#${digest}`, defined, name, definition, seenAt, expiresAt };
    this.parts.directory.noteDefinition(row).catch((error: Error) => {
      log.warn({ event: 'definition_not_noted', server, digest, reason: error.message });
    });
  }

  private toldOf(what: string): Map<string, number> {
    const told = this.told.get(what) ?? new Map<string, number>();
    this.told.set(what, told);
    const before = this.parts.now() - TOLD_EVERY_MS;
    for (const [digest, at] of told) if (at < before) told.delete(digest);
    return told;
  }
}
