import type { Reply } from '../../../checks/agent-client';
import type { Tool } from '../counter';

/** What came back for one request; `foreign` is an answer to something that was not asked. */
export type SessionReply = Reply | { readonly kind: 'foreign'; readonly message: string };

export interface CallOptions {
  readonly key?: string;
  /** Milliseconds until the client gives up. */
  readonly timeout?: number;
}

/** One session of a client that keeps no cookies. */
export interface AgentSession {
  call(tool: Tool, args: Record<string, unknown>, options?: CallOptions): Promise<SessionReply>;
  /** Ends it with DELETE; undefined when the server agreed. */
  end(): Promise<SessionReply | undefined>;
  /** Opens the GET stream. Absent where the client does so by itself. */
  readonly listen?: (onEnd: () => void) => Promise<OpenStream | SessionReply>;
}

/** Signs of life on a stream. */
export interface Pulse {
  /** Comments that came so far. */
  heartbeats: number;
  /** Longest time without a byte, in milliseconds. */
  longestGapMs: number;
}

export interface OpenStream extends Readonly<Pulse> {
  readonly kind: 'stream';
  /** Closes it from this side; `onEnd` is not told. */
  close(): void;
}

/** Gets the data of each `notifications/message`. */
export type OnAnnouncement = (data: unknown) => void;

export const KEY_MEMBER = 'cdk-mcp-fleet/idempotencyKey';
export const STAMP_MEMBER = 'cdk-mcp-fleet/call';
