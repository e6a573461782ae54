import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ALLOWLIST_WRITE_LIMITS, clientSettings } from '../core/aws-limits';
import { SERVER_NAME } from '../core/fleet-config';
import {
  freePlace,
  LISTING_FORMAT,
  PLACE_PREFIX,
  placeEntry,
  placesOf,
  REVISION_ENTRY,
  readListed,
  SERVERS_KEY,
  type ServerPlace,
} from '../core/listed-servers';

/** What a custom resource says of its server. */
export interface ListingRequest {
  readonly name: string;
  /** As {@link ServerConfig} in JSON. */
  readonly config: string;
  /** Whether it stands behind a load balancer of the fleet. */
  readonly isHosted: boolean;
  /** Names of the log groups of its programs; absent for a stack of a version that did not tell them. */
  readonly logGroups?: readonly string[];
  /** Whose the listing is: `{stack id}/{logical id}`. */
  readonly writer: string;
}

interface Row {
  readonly entry: string;
  readonly writer: string;
  /** Of a place: whose it is. */
  readonly server?: string;
  readonly listener?: number;
  readonly priority?: number;
}

export interface Fleet {
  /** Of the allowlist's table. */
  readonly table: string;
  /** ARNs of the listeners, in the order of their numbers. */
  readonly listeners: readonly string[];
  /** Names of the servers in the fleet's own stack. */
  readonly own: readonly string[];
}

const OWN_OR_NEW = 'attribute_not_exists(#agent) OR #writer = :writer';
/**
 * Who has which name and which place, by conditional writes of single items: two apps that are deployed at once get two places, and the second one
 * that wants a name is told who has it.
 */
export class ServerList {
  constructor(
    private readonly fleet: Fleet,
    private readonly client = new DynamoDBClient(clientSettings(ALLOWLIST_WRITE_LIMITS)),
  ) {}

  /**
   * Lists a server, or changes what is said of it; what has a place keeps it.
   * @returns its place, where it is to have one
   * @throws Error that says who has the name, or that there is no place left
   */
  async list({ name, config, isHosted, logGroups, writer }: ListingRequest): Promise<ServerPlace | undefined> {
    if (!SERVER_NAME.test(name)) throw new Error(`The server name is ${JSON.stringify(name)}; allowed: 1 to 31 characters a-z, 0-9 and -`);
    if (this.fleet.own.includes(name)) throw new Error(taken(name, "the fleet's own stack"));
    // What no gateway could read fails here, where somebody sees it.
    readListed({ entry: name, format: LISTING_FORMAT, config, ...(isHosted && { listener: 0 }) });
    const rows = await this.rows();
    const present = rows.find(({ entry }) => entry === name);
    if (present !== undefined && present.writer !== writer) throw new Error(taken(name, ownerIn(present.writer)));
    const place = isHosted ? await this.take(name, writer, rows) : undefined;
    const item = { agent: SERVERS_KEY, entry: name, writer, format: LISTING_FORMAT, config, logGroups, ...place };
    try {
      await this.put(item, writer);
    } catch (error) {
      if (place !== undefined && present === undefined) await this.free(name, writer);
      if (error instanceof ConditionalCheckFailedException) throw new Error(taken(name, 'another stack that was deployed at once'));
      throw error;
    }
    if (!isHosted) await this.free(name, writer);
    await this.tell();
    return place;
  }

  /** Takes a server off the list, and frees its place; one of somebody else stays. */
  async remove(name: string, writer: string): Promise<void> {
    await this.delete(name, writer);
    await this.free(name, writer);
    await this.tell();
  }

  listenerArn({ listener }: ServerPlace): string {
    return this.fleet.listeners[listener] as string;
  }

  private async rows(): Promise<readonly Row[]> {
    const pages = paginateQuery(
      { client: this.client },
      {
        TableName: this.fleet.table,
        KeyConditionExpression: '#agent = :agent',
        ProjectionExpression: '#entry, #writer, #server, #listener, #priority',
        ExpressionAttributeNames: namesOf('agent', 'entry', 'writer', 'server', 'listener', 'priority'),
        ExpressionAttributeValues: marshall({ ':agent': SERVERS_KEY }),
        ConsistentRead: true,
      },
    );
    const rows: Row[] = [];
    for await (const { Items = [] } of pages) rows.push(...Items.map((item) => unmarshall(item) as Row));
    return rows;
  }

  /** The place that it has, or the first free one. */
  private async take(server: string, writer: string, rows: readonly Row[]): Promise<ServerPlace> {
    const places = rows.filter(({ entry }) => entry.startsWith(PLACE_PREFIX));
    const held = places.find((row) => row.server === server && row.writer === writer);
    if (held !== undefined) return this.present({ listener: held.listener as number, priority: held.priority as number }, server);
    const occupied = new Set(places.map(({ entry }) => entry));
    const next = () => freePlace(this.fleet.listeners.length, occupied);
    // Each place that somebody else was quicker to take is one less.
    for (let place = next(); place !== undefined; place = next()) {
      const entry = placeEntry(place);
      if (await this.isPut({ agent: SERVERS_KEY, entry, writer, server, ...place }, writer)) return place;
      occupied.add(entry);
    }
    const room = this.fleet.listeners.reduce((sum, _, listener) => sum + placesOf(listener), 0);
    throw new Error(
      `There is no place for "${server}" behind the load balancers of the fleet: ${occupied.size} of ${room} are taken. Raise serverBalancers of the fleet (${this.fleet.listeners.length}), deploy it, and deploy this again.`,
    );
  }

  private present(place: ServerPlace, server: string): ServerPlace {
    if (place.listener < this.fleet.listeners.length) return place;
    throw new Error(
      `"${server}" stands behind load balancer ${place.listener + 1}, and the fleet has ${this.fleet.listeners.length}. Raise its serverBalancers again: servers that have a place keep it.`,
    );
  }

  private async free(server: string, writer: string): Promise<void> {
    const rows = await this.rows();
    const held = rows.filter((row) => row.entry.startsWith(PLACE_PREFIX) && row.server === server && row.writer === writer);
    for (const { entry } of held) await this.delete(entry, writer);
  }

  /** False where somebody else has it. */
  private async isPut(item: object, writer: string): Promise<boolean> {
    try {
      await this.put(item, writer);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  private async put(item: object, writer: string): Promise<void> {
    await this.client.send(
      new PutItemCommand({
        TableName: this.fleet.table,
        Item: marshall(item, { removeUndefinedValues: true }),
        ConditionExpression: OWN_OR_NEW,
        ExpressionAttributeNames: namesOf('agent', 'writer'),
        ExpressionAttributeValues: marshall({ ':writer': writer }),
      }),
    );
  }

  private async delete(entry: string, writer: string): Promise<void> {
    const request = new DeleteItemCommand({
      TableName: this.fleet.table,
      Key: marshall({ agent: SERVERS_KEY, entry }),
      ConditionExpression: OWN_OR_NEW,
      ExpressionAttributeNames: namesOf('agent', 'writer'),
      ExpressionAttributeValues: marshall({ ':writer': writer }),
    });
    await this.client.send(request).catch((error) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  }

  /** After what has changed, so that whoever reads this number reads that, too. */
  private async tell(): Promise<void> {
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.fleet.table,
        Key: marshall({ agent: SERVERS_KEY, entry: REVISION_ENTRY }),
        UpdateExpression: 'ADD #revision :one',
        ExpressionAttributeNames: namesOf('revision'),
        ExpressionAttributeValues: marshall({ ':one': 1 }),
      }),
    );
  }
}

/** Many words are DynamoDB's own (Developer Guide, "Reserved words"). */
function namesOf(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`#${name}`, name]));
}

function taken(name: string, by: string): string {
  return `The server name "${name}" is taken in this fleet by ${by}; allowed: each name once in a fleet. Rename one, or deploy the other without it first.`;
}

/** The name of a stack out of `arn:…:stack/{name}/{id}/{logical id}`. */
function ownerIn(writer: string): string {
  return `the stack ${/:stack\/([^/]+)/.exec(writer)?.[1] ?? writer}`;
}
