import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { endedBy } from '../../core/endings';
import type { CallContext, FleetConfig } from '../../core/fleet-config';
import type { SidecarReason } from '../../core/headers';
import type { RequestId } from '../../core/message';
import { readKeyRing } from '../../core/secrets/key-ring';
import { openWord } from '../../core/sidecar-word';
import { signContext } from '../../core/signed-context';
import type { ReadSecret } from '../credentials/secret-values';

/** The gateway–sidecar keys of each server. */
export interface SidecarKeys {
  /**
   * All that count; none for a remote server, which has no sidecar.
   * @throws FleetError SERVER_UNAVAILABLE where they cannot be read
   */
  of(server: string): readonly KeyObject[];
}

/** How long after a key could not be read it is read again, where it is wanted; in milliseconds. */
const RETRY_MS = 10_000;
/** How many keys are read at once. */
const AT_ONCE = 20;

interface Held {
  keys?: readonly KeyObject[];
  /** Why there are none. */
  fault?: string;
  /** Milliseconds since the epoch. */
  readAt: number;
}

/** Reads them before the first request and again now and then. One that cannot be read takes its server away and nothing else. */
export class RotatingSidecarKeys implements SidecarKeys {
  /** By ARNs. */
  private readonly held = new Map<string, Held>();

  private constructor(
    private readonly read: ReadSecret,
    private readonly config: Pick<FleetConfig, 'servers'>,
    private readonly now: () => number,
    private readonly log: Pick<Logger, 'error'>,
  ) {}

  /** @param now milliseconds since the epoch */
  static async load(
    read: ReadSecret,
    config: Pick<FleetConfig, 'servers'>,
    now: () => number,
    log: Pick<Logger, 'error'>,
  ): Promise<RotatingSidecarKeys> {
    const keys = new RotatingSidecarKeys(read, config, now, log);
    await keys.refresh();
    return keys;
  }

  of(server: string): readonly KeyObject[] {
    const secret = this.config.servers[server]?.sidecarKeySecret;
    if (secret === undefined) return [];
    const { keys, fault = 'not yet', readAt } = this.held.get(secret) ?? { readAt: 0 };
    if (keys !== undefined) return keys;
    if (this.now() - readAt > RETRY_MS) void this.readOne(server, secret);
    throw endedBy('no_credential', `the key of its sidecar cannot be read (${fault})`);
  }

  async refresh(): Promise<void> {
    const secrets = secretsOf(this.config.servers);
    for (const known of this.held.keys()) if (!secrets.some(([, secret]) => secret === known)) this.held.delete(known);
    await this.readAll(secrets);
  }

  /** Reads what servers need that are about to be known. */
  async prepare(servers: FleetConfig['servers']): Promise<void> {
    const unread = secretsOf(servers).filter(([, secret]) => this.held.get(secret)?.keys === undefined);
    await this.readAll(unread);
  }

  /** Some at once: a fleet may have hundreds, and each is to be answered in time. */
  private async readAll(secrets: readonly (readonly [server: string, secret: string])[]): Promise<void> {
    for (let at = 0; at < secrets.length; at += AT_ONCE) {
      await Promise.all(secrets.slice(at, at + AT_ONCE).map(([server, secret]) => this.readOne(server, secret)));
    }
  }

  /** What was read before goes on to count where nothing can be read. */
  private async readOne(server: string, secret: string): Promise<void> {
    const held: Held = this.held.get(secret) ?? { readAt: 0 };
    held.readAt = this.now();
    this.held.set(secret, held);
    try {
      const ring = readKeyRing(await this.read(secret));
      held.keys = ring.map(({ key }) => createSecretKey(Buffer.from(key))).toReversed();
    } catch (error) {
      const { name, message } = error as Error;
      // What AWS says names accounts and roles: it is for operators.
      held.fault = name;
      this.log.error({ event: 'sidecar_key_unreadable', server, reason: `${name}: ${message}` });
    }
  }
}

/** Names of servers with a sidecar, and where its key is. */
function secretsOf(servers: FleetConfig['servers']): readonly (readonly [server: string, secret: string])[] {
  return Object.entries(servers).flatMap(([name, { sidecarKeySecret }]) =>
    sidecarKeySecret === undefined ? [] : [[name, sidecarKeySecret]],
  );
}

/** What binds a request to the sidecar that it goes to, and the sidecar's words to the request. A remote server has none. */
export interface SidecarBond {
  /** The context header. */
  readonly context: string;
  /** The reason in a sidecar's word; undefined for anybody else's. @param id of the request, as the sidecar was given it */
  openWord(word: unknown, id: RequestId): SidecarReason | undefined;
}

/** Signs who calls with the key of the server that is called; a remote server has none, and is told nothing. */
export function contextSigner(sidecarKeys: SidecarKeys, now: () => number): (context: CallContext) => SidecarBond | undefined {
  let second = 0;
  const bonds = new Map<string, SidecarBond>();
  return (caller) => {
    const keys = sidecarKeys.of(caller.server);
    if (keys.length === 0) return undefined;
    const at = now() / 1000;
    if (caller.callId !== undefined) return bondOf(caller, keys, at);
    // Signed by the second: what repeats within it is the same.
    if (Math.floor(at) !== second || bonds.size >= REMEMBERED_BONDS) bonds.clear();
    second = Math.floor(at);
    const name = `${caller.server} ${caller.agent} ${caller.task ?? ''}`;
    const known = bonds.get(name) ?? bondOf(caller, keys, at);
    bonds.set(name, known);
    return known;
  };
}

const REMEMBERED_BONDS = 10_000;

function bondOf(caller: CallContext, keys: readonly KeyObject[], now: number): SidecarBond {
  const context = signContext(caller, keys, now);
  const read = (word: unknown, id: RequestId) => keys.map((key) => openWord(word, context, id, key)).find((reason) => reason !== undefined);
  return { context, openWord: read };
}
