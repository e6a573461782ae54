import type { Logger } from 'pino';
import type { FleetConfig, ServerConfig } from '../core/fleet-config';
import { LIST_READ_MS, type ListedServer, PLACE_PREFIX, REVISION_ENTRY, readListed, SERVERS_KEY } from '../core/listed-servers';
import { attributesOf, valuesOf } from '../ledger/item';
import type { TableClient } from '../ledger/table/table-client';
import { RegularLook } from './regular-look';

type Servers = FleetConfig['servers'];

export interface ListedServersParts {
  /** As the gateway was started with it. */
  readonly config: Pick<FleetConfig, 'allowlistTable' | 'listedServersUrls' | 'servers'>;
  readonly table: Pick<TableClient, 'getItem' | 'query'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** What else is to be done when the list has changed, and told when it cannot be read. */
export interface ListListeners {
  /** Before the servers are known: what they need is made ready. */
  readonly prepare: (servers: Servers) => Promise<void>;
  /** After they are. */
  readonly onChange: (servers: Servers) => void;
  /** What was read last stays in force. @param servers those that it is about; undefined for all of them */
  readonly onFailure: (servers: readonly string[] | undefined) => void;
}

/**
 * The servers of the fleet as this replica knows them: those that it was started with, and those that stand in the list. It asks every two seconds
 * whether the list has changed, so that no call waits for it; what cannot be read leaves what was read before.
 */
export class ListedServers {
  private known: Servers;
  private revision: unknown;
  private listed = new Map<string, ListedServer>();
  private unread: readonly string[] = [];
  private readonly regular = new RegularLook(LIST_READ_MS, () => this.hear());
  private failed = false;
  private listeners: ListListeners | undefined;

  constructor(private readonly parts: ListedServersParts) {
    this.known = parts.config.servers;
  }

  get servers(): Servers {
    return this.known;
  }

  /**
   * Reads the list before anything is served: a replica that does not know it would tell agents that there is no such server.
   * @throws Error where it cannot be read
   */
  async load(): Promise<void> {
    this.revision = await this.readRevision();
    await this.readList();
  }

  /** Looks again and again. */
  start(listeners: ListListeners): void {
    this.listeners = listeners;
    this.regular.start();
  }

  stop(): void {
    this.regular.stop();
  }

  look(): Promise<void> {
    return this.regular.now();
  }

  private async hear(): Promise<void> {
    try {
      const revision = await this.readRevision();
      if (revision !== this.revision) {
        await this.readList();
        this.revision = revision;
      }
      if (this.unread.length > 0) this.listeners?.onFailure(this.unread);
      this.failed = false;
    } catch (error) {
      this.listeners?.onFailure(undefined);
      if (!this.failed) this.parts.log.error({ event: 'servers_not_read', reason: (error as Error).message });
      this.failed = true;
    }
  }

  private async readRevision(): Promise<unknown> {
    const { Item } = await this.parts.table.getItem({
      TableName: this.parts.config.allowlistTable,
      Key: attributesOf({ agent: SERVERS_KEY, entry: REVISION_ENTRY }),
    });
    return Item === undefined ? undefined : valuesOf(Item).revision;
  }

  /** Whole and up to date: the number that said so may have come from another replica of the table than what it tells of. */
  private async readList(): Promise<void> {
    const items: Record<string, unknown>[] = [];
    let from: Record<string, unknown> = {};
    do {
      const { Items = [], LastEvaluatedKey } = await this.parts.table.query({
        TableName: this.parts.config.allowlistTable,
        KeyConditionExpression: '#agent = :agent',
        ExpressionAttributeNames: { '#agent': 'agent' },
        ExpressionAttributeValues: attributesOf({ ':agent': SERVERS_KEY }),
        ConsistentRead: true,
        ...from,
      });
      items.push(...Items.map((item) => valuesOf(item) as Record<string, unknown>));
      from = LastEvaluatedKey === undefined ? {} : { ExclusiveStartKey: LastEvaluatedKey };
    } while (from.ExclusiveStartKey !== undefined);
    await this.know(items.filter(({ entry }) => entry !== REVISION_ENTRY && !String(entry).startsWith(PLACE_PREFIX)));
  }

  /** One that cannot be read stays as it was, and takes no other along. */
  private async know(items: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const listed = new Map<string, ListedServer>();
    const unread: string[] = [];
    for (const item of items) {
      const name = String(item.entry);
      try {
        listed.set(name, this.judged(readListed(item)));
      } catch (error) {
        unread.push(name);
        const before = this.listed.get(name);
        if (before !== undefined) listed.set(name, before);
        this.parts.log.error({ event: 'server_not_read', server: name, reason: (error as Error).message });
      }
    }
    const own = this.parts.config.servers;
    const servers = { ...Object.fromEntries([...listed.values()].map((server) => [server.name, this.configOf(server)])), ...own };
    await this.listeners?.prepare(servers);
    const [before, after] = [Object.keys(this.known), Object.keys(servers)];
    this.listed = listed;
    this.unread = unread;
    this.known = servers;
    const [added, removed] = [after.filter((name) => !before.includes(name)), before.filter((name) => !after.includes(name))];
    this.parts.log.info({ event: 'servers_listed', listed: listed.size, added, removed });
    this.listeners?.onChange(servers);
  }

  /** @throws TypeError for one that is in the way of another, or stands where nothing is */
  private judged(server: ListedServer): ListedServer {
    const { config } = this.parts;
    if (Object.hasOwn(config.servers, server.name)) throw new TypeError("the fleet's own stack has a server of this name");
    if (server.listener !== undefined && config.listedServersUrls?.[server.listener] === undefined)
      throw new TypeError(`it stands behind listener ${server.listener}, and there are ${config.listedServersUrls?.length ?? 0}`);
    return server;
  }

  private configOf({ config, listener }: ListedServer): ServerConfig {
    const serversUrl = listener === undefined ? undefined : this.parts.config.listedServersUrls?.[listener];
    return { ...config, ...(serversUrl !== undefined && { serversUrl }) };
  }
}

/** The configuration of a gateway, whose servers are those that are known now. */
export function withListed(config: FleetConfig, listed: Pick<ListedServers, 'servers'>): FleetConfig {
  return Object.defineProperty({ ...config }, 'servers', { enumerable: true, get: () => listed.servers });
}
