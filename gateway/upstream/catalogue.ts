import type { Logger } from 'pino';
import { isApproved } from '../../core/definition-pins';
import { FleetError } from '../../core/errors';
import type { FleetConfig } from '../../core/fleet-config';
import { readMembers, writeMembers } from '../../core/json-members';
import { elementsOf, readElement } from '../../core/listed';
import { isObject, type JsonObject } from '../../core/message';
import { type ParamHeader, paramHeaders } from '../../core/param-headers';
import type { Response } from '../../core/response';
import type { Json } from '../../core/strict-json';
import type { Seats } from '../capacity/seats';
import type { OwnRequests } from './own-request';

/** How long a server's list of tools is believed, in milliseconds. */
const LIST_LIFETIME_MS = 60_000;
/** Pages that are read of one list. */
const PAGE_LIMIT = 50;

/** What a server says of one of its tools. */
export interface ToolFacts {
  /** Headers that a modern call must carry. */
  readonly paramHeaders: readonly ParamHeader[];
  /** `annotations.readOnlyHint`: it changes nothing. */
  readonly readOnly: boolean;
  /** `annotations.idempotentHint`: the same call once more changes nothing further. */
  readonly idempotent: boolean;
}

/** Tools with an output schema that are remembered, of all servers. */
const REMEMBERED_SCHEMAS = 10_000;

type Tools = ReadonlyMap<string, ToolFacts>;

const UNKNOWN: Promise<Tools> = Promise.resolve(new Map());

export interface CatalogueParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly ownRequests: OwnRequests;
  readonly seats: Pick<Seats, 'wouldWait'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What the gateway itself knows of a server's tools, from a list of its own: an agent's filtered list is never the source. */
export class Catalogue {
  private readonly lists = new Map<string, { readonly tools: Promise<Tools>; readonly until: number }>();

  private readonly schemas = new Set<string>();

  constructor(private readonly parts: CatalogueParts) {}

  /**
   * Headers that a modern call of this tool must carry. None where the server gives no list, has no slot free for who asks, or does not have the
   * tool: then it is the server that refuses.
   */
  async paramHeaders(server: string, tool: string): Promise<readonly ParamHeader[]> {
    return (await this.list(server)).get(tool)?.paramHeaders ?? [];
  }

  /** What a server whose annotations are trusted says of a tool; undefined where it is not trusted, or says nothing. */
  async trusted(server: string, tool: string): Promise<ToolFacts | undefined> {
    if (!this.trusts(server)) return undefined;
    return (await this.list(server)).get(tool);
  }

  /** The server has said that its list has changed. */
  forget(server: string): void {
    this.lists.delete(server);
  }

  /** Notes that a tool's results must follow a schema, as lists on their way to agents say. */
  noteSchema(server: string, tool: string): void {
    if (this.schemas.size < REMEMBERED_SCHEMAS) this.schemas.add(`${server} ${tool}`);
  }

  /** Whether a result in words would be refused by clients that hold it against a schema. */
  hasSchema(server: string, tool: string): boolean {
    return this.schemas.has(`${server} ${tool}`);
  }

  private list(server: string): Promise<Tools> {
    const { now, log } = this.parts;
    const hit = this.lists.get(server);
    if (hit !== undefined && hit.until > now()) return hit.tools;
    // No instance is started, and nobody kept waiting, for a question of the gateway's own: what was said last stands.
    if (this.parts.seats.wouldWait(server)) return hit?.tools ?? UNKNOWN;
    const tools = this.readTools(server).catch((error: Error) => {
      log.warn({ event: 'tools_not_listed', server, reason: FleetError.is(error) ? error.detail.reason : error.message });
      return new Map<string, ToolFacts>();
    });
    this.lists.set(server, { tools, until: now() + LIST_LIFETIME_MS });
    return tools;
  }

  private async readTools(server: string): Promise<Tools> {
    const tools = new Map<string, ToolFacts>();
    let cursor: Json | undefined;
    for (let page = 0; page < PAGE_LIMIT; page++) {
      const { member, payload } = await this.ask(server, cursor === undefined ? {} : { cursor });
      const result = readMembers(member === 'result' ? payload : '{}');
      for (const [name, tool] of this.toolsIn(server, result.get('tools'))) tools.set(name, factsOf(tool));
      cursor = JSON.parse(result.get('nextCursor') ?? 'null') as Json;
      if (typeof cursor !== 'string') break;
    }
    return tools;
  }

  /** Of what was changed since it was reviewed nothing is believed. */
  private toolsIn(server: string, list = ''): readonly (readonly [string, JsonObject])[] {
    const pins = this.parts.config.servers[server]?.pins;
    return elementsOf(list).flatMap((text) => {
      const tool = JSON.parse(text) as Json;
      if (!isObject(tool) || typeof tool.name !== 'string') return [];
      return pins === undefined || isApproved(pins, 'tools', tool.name, writeMembers(readElement(text, 'name')))
        ? [[tool.name, tool] as const]
        : [];
    });
  }

  /** Only modern calls carry headers; what a legacy server lists is of interest where it is trusted. */
  private ask(server: string, params: JsonObject): Promise<Response> {
    const { ownRequests } = this.parts;
    return this.trusts(server) ? ownRequests.ask(server, 'tools/list', params) : ownRequests.askModern(server, 'tools/list', params);
  }

  private trusts(server: string): boolean {
    return this.parts.config.servers[server]?.trustAnnotations === true;
  }
}

function factsOf(tool: JsonObject): ToolFacts {
  const annotations = isObject(tool.annotations) ? tool.annotations : {};
  return {
    paramHeaders: paramHeaders(tool.inputSchema),
    readOnly: annotations.readOnlyHint === true,
    idempotent: annotations.idempotentHint === true,
  };
}
