/** What `mcp-fleet local --watch` tells; with `--json` as it stands here (docs/local.md). */
export type WatchEvent =
  | { readonly event: 'watch_ready'; readonly folders: readonly string[] }
  | { readonly event: 'watch_change'; readonly at: string; readonly files: readonly string[] }
  | ({ readonly event: 'watch_synth'; readonly milliseconds: number; readonly missing: readonly string[] } & ResourceCounts & {
        /** What it means, in lines for people. */
        readonly meaning: readonly string[];
      })
  | { readonly event: 'watch_roll'; readonly service: string; readonly tasks: number }
  | { readonly event: 'watch_applied'; readonly services: readonly string[]; readonly milliseconds: number; readonly sinceChangeMs: number }
  | { readonly event: 'watch_unchanged'; readonly sinceChangeMs: number }
  | ({ readonly event: 'watch_failed'; readonly stage: 'synthesis' | 'deployment' } & Failure)
  /** Given up for what was saved meanwhile. */
  | { readonly event: 'watch_superseded'; readonly milliseconds: number }
  | { readonly event: 'watch_hint'; readonly message: string };

export interface ResourceCounts {
  readonly made: number;
  readonly changed: number;
  readonly removed: number;
}

interface Failure {
  /** As in the error documents of docs/checks.md. */
  readonly code: string;
  readonly message: string;
  /** When what goes on running was applied; ISO 8601. */
  readonly runningSince: string;
}

export interface WatchTeller {
  watch(event: WatchEvent): void;
}
