import type { CheckResult } from '../checks';
import type { LocalAccount, Phase } from '../local/local-account';
import { checkLines, checksSummary } from './check-lines';
import { grantsOf } from './grants';
import { printDocument } from './json-document';
import { clientSnippet } from './snippet';
import { seconds, type Terminal, table, terminal } from './terminal';

/** Tells what a run of `mcp-fleet local` does. */
export interface Reporter {
  begin(): void;
  phase(phase: Phase): void;
  ready(account: LocalAccount, milliseconds: number): void;
  /** A check does this now. */
  progress(check: { readonly id: number; readonly name: string }, what: string): void;
  check(result: CheckResult): void;
  checks(results: readonly CheckResult[]): void;
  /** A run that does not stay up is at its end. */
  ended(account: Pick<LocalAccount, 'fleet'>, results: readonly CheckResult[]): void;
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
    ready: (account, milliseconds) => narrate(`\n  serving at ${paint.bold(account.baseUrl)} after ${seconds(milliseconds)}\n`),
    progress: ({ id, name }, what) => narrate(`  ${paint.dim(`… ${id} ${name}: ${what}`)}`),
    check: (result) => checkLines(result, paint).forEach(narrate),
    checks: (results) => narrate(`\n  ${checksSummary(results)}`),
    ended: () => undefined,
    standing: async (account) => {
      const rows = grantsOf(account).flatMap(({ agent, servers }) =>
        Object.entries(servers).map(([server, tools]) => [
          agent,
          `${account.baseUrl}/${server}/mcp`,
          tools.join(', ').replace(/^\*$/, 'all tools'),
        ]),
      );
      narrate('');
      for (const line of table(['AGENT', 'MAY USE', 'TOOLS'], rows)) narrate(`  ${line}`);
      narrate(`\n${await clientSnippet(account)}\n`);
      narrate(`  ${paint.dim('mcp-fleet token AGENT · mcp-fleet ps · mcp-fleet ledger tail · Ctrl-C drains and stops, twice kills')}`);
    },
    stopping: () => narrate('\n  stopping…'),
  };
}

/** `--once --json`: stdout is one document, the story goes to stderr. */
function document(story: Reporter): Reporter {
  return {
    ...story,
    ended: ({ fleet }, checks) => printDocument({ fleet, checks }),
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
    ready: (account, milliseconds) =>
      print({
        event: 'ready',
        baseUrl: account.baseUrl,
        fleet: account.fleet,
        servers: account.servers,
        agents: account.agents,
        grants: grantsOf(account),
        milliseconds: Math.round(milliseconds),
      }),
    progress: ({ id }, what) => print({ event: 'progress', id, what }),
    check: (check) => print({ event: 'check', ...check }),
    checks: (checks) => print({ event: 'checks', ...countByStatus(checks) }),
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
