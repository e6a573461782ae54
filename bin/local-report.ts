import type { CheckResult } from '../checks';
import { seconds } from '../core/paint';
import type { LocalAccount, Phase, Progress, ScalingEvent } from '../local/local-account';
import { checkLines, checksSummary } from './check-lines';
import { grantsOf } from './grants';
import { printDocument } from './json-document';
import { scalingLine } from './scaling-lines';
import { clientSnippet } from './snippet';
import { type Terminal, table, terminal } from './terminal';
import { recoveryDocument, recoveryLine, troubleDocument, troubleLines } from './trouble-lines';
import type { TroubleTeller } from './troubles';
import type { WatchTeller } from './watch/watch-events';
import { watchLines } from './watch/watch-lines';

/** What the checks of one fleet came to. */
export interface CheckedFleet {
  readonly fleet: string;
  readonly checks: readonly CheckResult[];
}

/** Tells what a run of `mcp-fleet local` does. */
export interface Reporter extends TroubleTeller, WatchTeller {
  begin(): void;
  phase(phase: Phase): void;
  /** Within a phase. */
  progress(progress: Progress): void;
  ready(account: LocalAccount, milliseconds: number): void;
  /** A check does this now. */
  checking(check: { readonly id: number; readonly name: string }, what: string): void;
  check(result: CheckResult): void;
  /** A service is scaled, or an alarm begins or ends. */
  scaling(event: ScalingEvent): void;
  /** Those of one fleet have ended. */
  checks(fleet: string, results: readonly CheckResult[]): void;
  /** A run that does not stay up is at its end. */
  ended(fleets: readonly CheckedFleet[]): void;
  /** The account stays up from here on. */
  standing(account: LocalAccount): Promise<void>;
  stopping(): void;
}

export function reporter({ json, once }: { readonly json: boolean; readonly once: boolean }): Reporter {
  const story = storyteller(terminal(json));
  if (!json) return story;
  return once ? document(story) : events();
}

/** For people. */
function storyteller({ narrate, paint }: Terminal): Reporter {
  return {
    begin: () => narrate(`\n  ${paint.bold('cdk-mcp-fleet')}  LOCAL — nothing here can reach AWS\n`),
    phase: ({ name, detail, milliseconds }) =>
      narrate(`  ${paint.green('✔')} ${name.padEnd(16)} ${detail.padEnd(76)} ${paint.dim(seconds(milliseconds))}`),
    progress: ({ name, detail }) => narrate(`  ${paint.dim(`… ${name.padEnd(16)} ${detail}`)}`),
    ready: (account, milliseconds) => {
      const [first, ...others] = account.fleets.map(({ name, baseUrl }) => ({ name, url: paint.bold(baseUrl) }));
      narrate(
        `\n  ${first ? `serving at ${first.url}` : 'ready, with nothing in it yet (mcp-fleet env -- npx cdk bootstrap),'} after ${seconds(milliseconds)}`,
      );
      for (const { name, url } of others) narrate(`  and the fleet ${name} at ${url}`);
      if (account.authorityFile !== undefined) narrate(`  trust its certificates: export NODE_EXTRA_CA_CERTS=${account.authorityFile}`);
      narrate(`  ${paint.dim(`logs in ${account.logFolder} (mcp-fleet logs)`)}`);
      narrate('');
    },
    checking: ({ id, name }, what) => narrate(`  ${paint.dim(`… ${id} ${name}: ${what}`)}`),
    check: (result) => checkLines(result, paint).forEach(narrate),
    checks: (fleet, results) => narrate(`\n  ${fleet}: ${checksSummary(results)}`),
    scaling: (event) => narrate(scalingLine(event, paint)),
    trouble: (trouble) => troubleLines(trouble, paint).forEach(narrate),
    recovered: (recovery) => narrate(recoveryLine(recovery, paint)),
    watch: (event) => watchLines(event, paint).forEach(narrate),
    ended: () => undefined,
    standing: async (account) => {
      const rows = account.fleets.flatMap((fleet) =>
        grantsOf(account, fleet).flatMap(({ agent, servers }) =>
          Object.entries(servers).map(([server, tools]) => [
            agent,
            `${fleet.baseUrl}/${server}/mcp`,
            tools.join(', ').replace(/^\*$/, 'all tools'),
          ]),
        ),
      );
      if (account.fleets.length === 0) return;
      narrate('');
      for (const line of table(['AGENT', 'MAY USE', 'TOOLS'], rows)) narrate(`  ${line}`);
      narrate(`\n${await clientSnippet(account)}\n`);
      narrate(`  ${paint.dim('mcp-fleet call · logs · ps · sessions · ledger tail · token · Ctrl-C drains and stops, twice kills')}`);
    },
    stopping: () => narrate('\n  stopping…'),
  };
}

/** `--once --json`: stdout is one document, the story goes to stderr. */
function document(story: Reporter): Reporter {
  return {
    ...story,
    ended: (fleets) => printDocument({ ...fleets[0], ...(fleets.length > 1 && { fleets }) }),
    stopping: () => {
      story.stopping();
      printDocument({ error: { code: 'INTERRUPTED', message: 'It was interrupted before its end.' } });
    },
  };
}

/** `--json`: an event per line. */
function events(): Reporter {
  return {
    begin: () => undefined,
    phase: (phase) => print({ event: 'phase', ...phase }),
    progress: (progress) => print({ event: 'progress', ...progress }),
    ready: (account, milliseconds) =>
      print({
        event: 'ready',
        baseUrl: account.baseUrl,
        fleet: account.fleet,
        servers: account.servers,
        agents: account.agents,
        ...(account.authorityFile !== undefined && { authorityFile: account.authorityFile }),
        grants: account.fleets[0] ? grantsOf(account, account.fleets[0]) : [],
        fleets: account.fleets.map((fleet) => ({ ...fleet, grants: grantsOf(account, fleet) })),
        milliseconds: Math.round(milliseconds),
      }),
    checking: ({ id }, what) => print({ event: 'progress', id, what }),
    check: (check) => print({ event: 'check', ...check }),
    checks: (fleet, checks) => print({ event: 'checks', fleet, ...countByStatus(checks) }),
    scaling: print,
    trouble: (trouble) => print(troubleDocument(trouble)),
    recovered: (recovery) => print(recoveryDocument(recovery)),
    watch: print,
    ended: () => undefined,
    standing: async () => undefined,
    stopping: () => print({ event: 'stopping' }),
  };
}

function countByStatus(checks: readonly CheckResult[]): Record<CheckResult['status'], number> {
  const count = (status: CheckResult['status']) => checks.filter((check) => check.status === status).length;
  return { pass: count('pass'), fail: count('fail'), not_built: count('not_built'), not_probed: count('not_probed') };
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
