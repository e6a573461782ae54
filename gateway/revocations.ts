import type { Logger } from 'pino';
import type { FleetConfig } from '../core/fleet-config';
import type { Revocation } from '../core/revocation';
import type { Admission } from './admit';
import type { Authorized } from './call';
import { CLOSE_PATIENCE_MS } from './forward';
import type { Decisions } from './identity/decisions';
import type { Directory } from './ledger/directory';
import type { FanOut } from './ledger/fan-out';
import { endAtServer } from './opening';
import { RegularLook } from './regular-look';
import type { Upstreams } from './upstream/upstreams';

/** How often a replica looks for news, in milliseconds; each look is one read of one item. */
const LOOK_MS = 1_000;
/** For so long after it was heard of, in milliseconds, who was let in just before is looked for again. */
const LINGER_MS = 5_000;

export interface RevocationParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly directory: Directory;
  readonly decisions: Decisions;
  readonly admission: Pick<Admission, 'underWay'>;
  readonly fanOut: FanOut;
  readonly upstreams: Upstreams;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Cuts off within seconds who may not go on: decisions are asked for anew, what is under way for an agent that is refused now ends, and its
 * sessions end at their servers. A claimed call runs to its end, and the ledger settles it; what it answers reaches nobody any more.
 */
export class Revocations {
  /** When each was heard of. */
  private readonly heard = new Map<string, number>();
  private readonly regular = new RegularLook(LOOK_MS, () => this.hear());

  /** @param patienceMs from a session's end until its server is told, so that claimed calls in it can end, at whichever replica */
  constructor(
    private readonly parts: RevocationParts,
    private readonly patienceMs = CLOSE_PATIENCE_MS,
  ) {}

  start(): void {
    this.regular.start();
  }

  stop(): void {
    this.regular.stop();
  }

  look(): Promise<void> {
    return this.regular.now();
  }

  private async hear(): Promise<void> {
    const { directory, now, log } = this.parts;
    try {
      const standing = await directory.readRevocations();
      for (const id of this.heard.keys()) if (!standing.some((news) => news.id === id)) this.heard.delete(id);
      for (const news of standing) {
        const since = this.heard.get(news.id);
        if (since === undefined) await this.obey(news);
        else if (now() < since + LINGER_MS) await this.cutOff(news);
      }
    } catch (error) {
      // Until it can be read again, what is decided lives as long as it always does.
      log.warn({ event: 'revocations_not_read', reason: (error as Error).message });
    }
  }

  private async obey(news: Revocation): Promise<void> {
    this.heard.set(news.id, this.parts.now());
    this.parts.decisions.forget(news.agent);
    await this.cutOff(news);
    await Promise.all(news.sessions.map((session) => this.endSession(session)));
  }

  private async cutOff({ agent, server }: Revocation): Promise<void> {
    const concerned = this.parts.admission.underWay.filter(
      (request) => request.agentId === agent && (server === '*' || request.server === server),
    );
    await Promise.all(concerned.map((request) => this.endIfRefused(request)));
  }

  /** Without a decision nothing is allowed, either. */
  private async endIfRefused({ agent, agentId, server, lane, exchange }: Authorized): Promise<void> {
    const decision = await this.parts.decisions.of(agent, server).catch(() => undefined);
    if (decision?.effect === 'allow') return;
    this.parts.log.info({ event: 'cut_off', agent: agentId, server, lane });
    if (lane === 'stream') exchange.reply.end();
    else exchange.reply.cut();
  }

  /** From here on nobody opens it again. Whichever replica closes it in the directory ends it at its server, too. */
  private async endSession(session: string): Promise<void> {
    const { directory, fanOut, config, now, log } = this.parts;
    try {
      const row = await directory.close(session, now());
      if (row === undefined) return;
      await fanOut.leave(row, undefined);
      const serverConfig = config.servers[row.server];
      if (serverConfig === undefined) return;
      const opener = { server: row.server, serverConfig, agentId: row.agent };
      setTimeout(() => void endAtServer(opener, row, this.parts, 'revoked'), this.patienceMs).unref();
    } catch (error) {
      log.warn({ event: 'session_not_revoked', session, reason: (error as Error).message });
    }
  }
}
