import type { Logger } from 'pino';
import type { FleetConfig } from '../core/fleet-config';
import { definitionDigest, isApproved } from '../core/tool-pins';
import type { Directory } from './ledger/directory';
import type { Metrics } from './metrics';

export interface ToolReviewsParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly directory: Pick<Directory, 'noteDefinition'>;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** A definition is told of, and written down for who reviews it, once in so many milliseconds; and so many of a server in that time. */
const TOLD_EVERY_MS = 60_000;
const TOLD_AT_MOST = 200;
/** Largest definition that is written down, in bytes: an item of DynamoDB has 400 KB. */
const LARGEST_NOTED_BYTES = 64 * 1024;
/** How long it waits for a review, in seconds. */
const NOTED_SECONDS = 30 * 24 * 3_600;

/** Holds what servers say of their tools against what was approved. */
export class ToolReviews {
  /** When each was told of, by server and digest, in milliseconds since the epoch. */
  private readonly told = new Map<string, Map<string, number>>();

  constructor(private readonly parts: ToolReviewsParts) {}

  /** Whether agents get a tool of this definition. @param definition JSON text as the server has it, without words that are ours */
  admits(server: string, tool: string, definition: string): boolean {
    const pins = this.parts.config.servers[server]?.pins;
    if (pins === undefined || isApproved(pins, tool, definition)) return true;
    this.tell(server, tool, definition);
    return pins.otherwise === 'pass';
  }

  private tell(server: string, tool: string, definition: string): void {
    const { metrics, log, now } = this.parts;
    const digest = definitionDigest(definition) ?? 'none';
    const told = this.toldOf(server);
    if (told.has(digest) || told.size >= TOLD_AT_MOST) return;
    told.set(digest, now());
    metrics.count(server, 'ToolsUnreviewed');
    const bytes = Buffer.byteLength(definition);
    log.warn({ event: 'tool_unreviewed', server, tool: tool.slice(0, 100), digest, bytes });
    if (digest === 'none' || bytes > LARGEST_NOTED_BYTES) return;
    const seenAt = now();
    const row = { session: `tool#${server}#${digest}`, tool, definition, seenAt, expiresAt: Math.floor(seenAt / 1_000) + NOTED_SECONDS };
    this.parts.directory.noteDefinition(row).catch((error: Error) => {
      log.warn({ event: 'tool_not_noted', server, digest, reason: error.message });
    });
  }

  private toldOf(server: string): Map<string, number> {
    const told = this.told.get(server) ?? new Map<string, number>();
    this.told.set(server, told);
    const before = this.parts.now() - TOLD_EVERY_MS;
    for (const [digest, at] of told) if (at < before) told.delete(digest);
    return told;
  }
}
