import { randomUUID } from 'node:crypto';
import { taskGroup } from '../core/session-group';
import { sessionKey } from '../core/session-key';
import { endpointOf } from './connect';
import { agentsOf, type CheckedAgent, type CheckedFleet, type CheckedServer } from './fleet';
import { tablesOf } from './tables';

/** What became of one attempt to open a session of a task. */
export interface TaskOpening {
  readonly server: string;
  /** The sealed id; absent where there is none. */
  readonly id?: string;
  /** Name of the error. */
  readonly error?: string;
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'check-task', version: '1.0.0' } },
};

/** Sessions that one task of an agent opens, on all its servers in turn. */
export class TaskSessions {
  readonly task = `check-${randomUUID()}`;
  readonly openings: TaskOpening[] = [];
  #turn = 0;

  private constructor(
    private readonly fleet: CheckedFleet,
    readonly agent: CheckedAgent,
    private readonly servers: readonly CheckedServer[],
    private readonly token: string,
  ) {}

  /** Of the agent that may use the most servers whose sessions cost no process each; undefined where none may use any. */
  static async of(fleet: CheckedFleet): Promise<TaskSessions | undefined> {
    const cheap = fleet.servers.filter(({ sidecar }) => sidecar?.runtime.kind === 'http');
    const serversOf = (agent: CheckedAgent): CheckedServer[] => cheap.filter((server) => agentsOf(fleet, server).includes(agent));
    const [agent] = fleet.agents.toSorted((a, b) => serversOf(b).length - serversOf(a).length);
    if (agent === undefined || serversOf(agent).length === 0) return undefined;
    return new TaskSessions(fleet, agent, serversOf(agent), await fleet.account.token(agent.name));
  }

  /** Sessions that stand open. */
  get open(): readonly TaskOpening[] {
    return this.openings.filter(({ id }) => id !== undefined);
  }

  async openOne(): Promise<TaskOpening> {
    const server = this.servers[this.#turn++ % this.servers.length] as CheckedServer;
    const response = await this.#send(server.name, { method: 'POST', body: JSON.stringify(INITIALIZE) });
    const { error } = JSON.parse((await response.text()).replace(/^.*\ndata: /s, '')) as { error?: { data?: { error?: string } } };
    const id = response.headers.get('mcp-session-id') ?? undefined;
    const name = error?.data?.error ?? (id === undefined ? 'no session' : undefined);
    const opening = { server: server.name, ...(id !== undefined && { id }), ...(name !== undefined && { error: name }) };
    this.openings.push(opening);
    return opening;
  }

  /** How many of them the directory counts for the task, and whether it counts any other. */
  async counted(): Promise<{ readonly count: number; readonly right: boolean }> {
    const members = await tablesOf(this.fleet.account).group(taskGroup(this.agent.id, this.task));
    const own = new Set(this.open.map(({ id }) => sessionKey(id as string)));
    return { count: members.length, right: members.length === own.size && members.every((member) => own.has(member)) };
  }

  /** Ends them all. */
  async end(): Promise<void> {
    for (const { server, id } of this.openings.splice(0)) {
      if (id !== undefined) await this.#send(server, { method: 'DELETE' }, { 'mcp-session-id': id }).then((response) => response.text());
    }
  }

  #send(server: string, init: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(endpointOf(this.fleet.account, server), {
      ...init,
      headers: {
        authorization: `Bearer ${this.token}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-fleet-task': this.task,
        ...headers,
      },
      signal: this.fleet.signal,
    });
  }
}
