import type { ClientKind } from '../../../checks/agent-client';
import type { LocalAccount } from '../../../local/local-account';
import type { Bank } from '../../chaos/bank';
import { eventually } from '../../suites/waiting';
import type { Call } from './call';
import { LoadSession } from './load-session';

/** Sessions of each server: those that come and go and those that stay, by the clients that hold them. */
export type Sessions = Readonly<Record<string, { readonly short: readonly ClientKind[]; readonly stay: readonly ClientKind[] }>>;

/** Longer than any run, in seconds. */
const TOKEN_SECONDS = 24 * 3600;
const SERVED_MS = 90_000;

/** Sessions that call and call; every answer is held against what its session must say next, every write against the journal. */
export class Load {
  /** Of all times. */
  readonly calls: Call[] = [];
  private taken = 0;

  private constructor(
    private readonly sessions: LoadSession[],
    private readonly journal: Bank['journal'],
  ) {}

  /** Opens the sessions and lets them call. */
  static async begin(
    account: Pick<LocalAccount, 'baseUrl' | 'token'>,
    agent: string,
    sessions: Sessions,
    { journal }: Bank,
  ): Promise<Load> {
    const token = await account.token(agent, { ttlSeconds: TOKEN_SECONDS });
    const load = new Load([], journal);
    for (const [server, { short, stay }] of Object.entries(sessions)) {
      const common = { server, endpoint: `${account.baseUrl}/${server}/mcp`, token, note: (call: Call) => void load.calls.push(call) };
      for (const client of short) load.sessions.push(await LoadSession.open({ ...common, client, stays: false }));
      for (const client of stay) load.sessions.push(await LoadSession.open({ ...common, client, stays: true }));
    }
    for (const session of load.sessions) session.begin();
    return load;
  }

  /** The calls since the last time. */
  take(): readonly Call[] {
    const calls = this.calls.slice(this.taken);
    this.taken += calls.length;
    return calls;
  }

  /** Resolves when so many calls more have been made by now. */
  async goesOn(calls = 100): Promise<void> {
    const wanted = this.calls.length + calls;
    await eventually(`${calls} more calls are made`, async () => this.calls.length >= wanted, SERVED_MS);
  }

  /** Resolves when all sessions of a server that come and go hear from that version of it, or all of them. */
  async hears(server: string, version: string, which: 'short' | 'all' = 'all'): Promise<void> {
    const sessions = this.sessions.filter((session) => session.server === server && (which === 'all' || !session.stays));
    const hears = async (): Promise<boolean> => sessions.every((session) => session.version === version);
    await eventually(`${which} sessions hear from version ${version} of ${server}`, hears, SERVED_MS);
  }

  /** What the sessions that stay hear, by server. */
  get staying(): Readonly<Record<string, readonly (string | undefined)[]>> {
    const staying = this.sessions.filter(({ stays }) => stays);
    return Object.fromEntries(
      [...new Set(staying.map(({ server }) => server))].map((name) => [
        name,
        staying.filter(({ server }) => server === name).map(({ version }) => version),
      ]),
    );
  }

  /** No session stays any longer. */
  release(): void {
    for (const session of this.sessions) session.stays = false;
  }

  /** What is open now stays open, where it is of those that stay. */
  hold(): void {
    for (const session of this.sessions) session.stays = session.mayStay;
  }

  async end(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()));
  }

  /** Of all writes that were answered: those that did not run just once, and those that ran though they were refused. */
  get miscounted(): readonly string[] {
    const times = new Map<string, number>();
    for (const { reference } of this.journal) times.set(reference, (times.get(reference) ?? 0) + 1);
    const writes = this.calls.filter(({ operation }) => operation === 'write');
    const done = new Set(writes.filter(({ outcome }) => outcome === 'ok' || outcome === 'restored').map(({ reference }) => reference));
    const refused = writes.filter(({ outcome, reference }) => outcome !== 'failed' && !done.has(reference));
    return [
      ...[...times].filter(([, count]) => count > 1).map(([reference, count]) => `${reference} ran ${count} times`),
      ...[...done].filter((reference) => !times.has(reference)).map((reference) => `${reference} was answered and did not run`),
      ...refused.filter(({ reference }) => times.has(reference)).map(({ reference }) => `${reference} was refused and ran`),
    ];
  }
}
