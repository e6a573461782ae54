import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyRing } from '../../../core/secrets/key-ring';
import type { LedgerRow } from '../../../ledger/row';
import { bundlePrograms } from '../../suites/bundling';
import { type Fleet, startFleet } from '../../suites/fleet';
import type { Stage } from '../../suites/suite';
import type { Answer } from './answer';
import { AGENTS, type AgentName, EVIL_SECRET, type ServerName, townApp } from './app';
import { type Claims, Forger } from './forger';
import { call, changed, type EraName, LEGACY, type Said, say } from './messages';
import { product } from './product';
import { type Sent, send } from './send';
import { Witness } from './witness';

type Headers = Sent['headers'];

/** Who asks, and where; whatever is not said is as an honest agent has it. */
export interface Asking {
  readonly agent?: AgentName;
  readonly server?: ServerName;
  readonly era?: EraName;
  /** Instead of the agent's own. */
  readonly token?: string;
  /** Of the legacy era; the agent's own when absent, none where it is empty. */
  readonly session?: string;
  /** Changes to the headers; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Beside them: a name that is there already comes twice then. */
  readonly more?: Headers;
  /** Past the edge, at a gateway. */
  readonly at?: 'edge' | 'gateway';
  readonly path?: string;
  readonly method?: string;
}

/** The fleet that is attacked, and what its attackers have. */
export class Town {
  private readonly tokens = new Map<AgentName, Promise<string>>();
  private readonly sessions = new Map<string, Promise<string>>();
  private marks = 0;

  private constructor(
    readonly fleet: Fleet,
    readonly witness: Witness,
    readonly forger: Forger,
  ) {}

  static async start({ scratch }: Pick<Stage, 'scratch'>): Promise<Town> {
    const witness = await Witness.open();
    try {
      const programs = await bundlePrograms('test/security', ['vault', 'evil'], join(scratch, 'programs'));
      const fleet = await startFleet({ app: townApp({ programs, scratch, ...witness }), scratch });
      const state = JSON.parse(readFileSync(join(scratch, 'account/state/identity.json'), 'utf8'));
      return new Town(fleet, witness, await Forger.with(state.jwks.keys[0], await fleet.account.token(AGENTS[0])));
    } catch (error) {
      await witness.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.fleet.stop();
    await this.witness.close();
  }

  /** A text that stands in no other case. */
  mark(): string {
    return `mark-${++this.marks}-${process.pid}`;
  }

  get edge(): string {
    return this.fleet.account.baseUrl;
  }

  /** Where one of the gateways listens. */
  async gateway(): Promise<string> {
    return await this.addressOf('gateway');
  }

  async sidecar(server: ServerName): Promise<string> {
    return await this.addressOf('sidecar', server);
  }

  token(agent: AgentName): Promise<string> {
    const known = this.tokens.get(agent) ?? this.tokenOf(agent);
    this.tokens.set(agent, known);
    return known;
  }

  /** A token by the issuer's own key that says something else. */
  async forged(agent: AgentName, claims: Claims): Promise<string> {
    return await this.forger.signed({ sub: `agent-${agent}`, ...claims });
  }

  /** The session id of an agent at a server, in the legacy era. */
  session(agent: AgentName, server: ServerName): Promise<string> {
    const name = `${agent}@${server}`;
    const known = this.sessions.get(name) ?? this.open(agent, server);
    this.sessions.set(name, known);
    return known;
  }

  /** A session of its own. @throws Error where it is not opened */
  async open(agent: AgentName, server: ServerName, headers: Asking['headers'] = {}, protocolVersion = LEGACY): Promise<string> {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'attacker', version: '1' } };
    const { headers: given, text } = await this.ask(say('legacy', 'initialize', params), { agent, server, session: '', headers });
    const id = given['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`${agent} got no session at ${server}: ${text.slice(0, 300)}`);
    return id;
  }

  /** Says something as an agent, with whatever is changed. */
  async ask(said: Said, asking: Asking = {}): Promise<Answer> {
    const { agent = 'reader', server = 'vault', era = 'legacy', at = 'edge', path = `/${server}/mcp`, method = 'POST' } = asking;
    const base = at === 'edge' ? this.edge : await this.gateway();
    const token = asking.token ?? (await this.token(agent));
    const session = asking.session ?? (era === 'legacy' ? await this.session(agent, server) : '');
    const own = { authorization: `Bearer ${token}`, ...(session !== '' && { 'mcp-session-id': session }) };
    const headers = [...changed(said.headers, { ...own, ...asking.headers }), ...(asking.more ?? [])];
    return await send({ url: base + path, method, headers, ...(method !== 'GET' && method !== 'DELETE' && { body: said.body }) });
  }

  /** Whether an honest agent is served: through every gateway of the edge, at every server. */
  async serves(): Promise<boolean> {
    const answers = await Promise.all(
      product(['open', 'open', 'open', 'open'], ['vault', 'evil', 'mime'] as const).map(([tool, server]) => {
        const name = { vault: tool, evil: 'plain', mime: 'wave' }[server];
        return this.ask(call('modern', name, { mark: 'honest' }), { era: 'modern', server });
      }),
    );
    return answers.every(({ messages }) => messages.some(({ result }) => result !== undefined));
  }

  rows(): Promise<readonly LedgerRow[]> {
    return this.fleet.ledger();
  }

  /** The key by which a sidecar knows its gateways. */
  sidecarKey(server: ServerName): KeyObject {
    const text = this.secretOf((id) => id.toLowerCase().includes(server) && id.includes('SidecarKey'));
    return createSecretKey(Buffer.from(readKeyRing(text)[0]?.key ?? ''));
  }

  get evilSecret(): string {
    return this.secretOf((id) => id.startsWith(EVIL_SECRET));
  }

  /** All secrets that the stack has. */
  get secrets(): readonly string[] {
    return this.secretIds().map(([stack, id]) => this.fleet.account.secretValue(stack, id) ?? '');
  }

  /** What was opened is gone with the instances, or their gateways. */
  forgetSessions(): void {
    this.sessions.clear();
  }

  private async tokenOf(agent: AgentName): Promise<string> {
    // The account knows those who were granted something.
    return agent === 'nobody' ? await this.forged(agent, {}) : await this.fleet.token(agent);
  }

  private secretOf(fits: (id: string) => boolean): string {
    const [stack, id] = this.secretIds().find(([, name]) => fits(name)) ?? ['', ''];
    const value = this.fleet.account.secretValue(stack, id);
    if (value === undefined) throw new Error('The stack has no such secret.');
    return value;
  }

  private secretIds(): (readonly [stack: string, id: string])[] {
    return Object.entries(this.fleet.account.templates).flatMap(([stack, { Resources = {} }]) =>
      Object.entries(Resources)
        .filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret')
        .map(([id]) => [stack, id] as const),
    );
  }

  private async addressOf(role: 'gateway' | 'sidecar', server?: ServerName): Promise<string> {
    const row = (await this.fleet.processes.rows()).find((one) => one.role === role && (server === undefined || one.server === server));
    if (row?.address === undefined) throw new Error(`There is no ${role} ${server ?? ''}.`);
    return `http://${row.address}`;
  }
}
