import type { Logger } from 'pino';
import { FleetError } from '../../core/errors';
import type { FleetConfig } from '../../core/fleet-config';
import { type Epoch, freezeOf, mayBeForgotten, ORDERS_BELIEVED_MS, ORDERS_READ_MS, type Orders, scopeInWords } from '../../core/orders';
import type { OrdersItem } from '../../ledger/orders-item';
import type { LedgerRow } from '../../ledger/row';
import { keyLifetimeMs } from './new-row';

export interface StandingOrdersParts {
  readonly config: Pick<FleetConfig, 'keyLifetimeSeconds'>;
  readonly item: Pick<OrdersItem, 'read'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** After this time a call that was frozen may be tried again, in milliseconds; a person lifts a freeze, and a person takes his time. */
const RETRY_AFTER_MS = 30_000;

/**
 * The operator's orders as this replica last read them. It reads by itself, so that no call waits for it, and measures the age of what
 * it has by a clock that nobody sets.
 */
export class StandingOrders {
  private known: { readonly orders: Orders; readonly askedAt: number } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readable = true;

  constructor(private readonly parts: StandingOrdersParts) {}

  /** Reads them once, and then again and again; resolves also where they cannot be read. */
  async start(): Promise<void> {
    // A read that hangs is not waited for: the next one goes by another connection.
    this.timer = setInterval(() => void this.read(), ORDERS_READ_MS).unref();
    await this.read();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Why a state-changing call may not begin now; undefined where it may. FROZEN where an operator has ordered it, LEDGER_UNAVAILABLE
   * where nobody can tell whether one has.
   */
  refusalOf({ server, tool }: { readonly server: string; readonly tool: string }): FleetError | undefined {
    const { known } = this;
    if (known === undefined || performance.now() - known.askedAt > ORDERS_BELIEVED_MS) {
      const reason = `the operator's orders could not be read for ${ORDERS_BELIEVED_MS / 1000} s: there may be a freeze`;
      return new FleetError('LEDGER_UNAVAILABLE', { reason, retryAfterMs: ORDERS_READ_MS });
    }
    const freeze = freezeOf(known.orders, server, tool);
    if (freeze === undefined) return undefined;
    const why = freeze.reason === undefined ? '' : `: ${freeze.reason}`;
    const reason = `${freeze.by} has frozen ${scopeInWords(freeze)}${why}; calls that only read, and outcomes of earlier calls, go on`;
    return new FleetError('FROZEN', { reason, retryAfterMs: RETRY_AFTER_MS });
  }

  /**
   * The epoch in which a call with this key may have been claimed and forgotten; undefined where it is known that none was.
   * @param standing the row under the key, where there is one
   */
  forgottenIn({ idempotencyKey }: Pick<LedgerRow, 'idempotencyKey'>, standing?: Pick<LedgerRow, 'claimedAt'>): Epoch | undefined {
    const { config, now } = this.parts;
    const epoch = this.known?.orders.epoch;
    if (epoch === undefined || !mayBeForgotten(epoch, idempotencyKey, standing, now(), keyLifetimeMs(config))) return undefined;
    return epoch;
  }

  private async read(): Promise<void> {
    const askedAt = performance.now();
    try {
      const orders = await this.parts.item.read();
      if (askedAt > (this.known?.askedAt ?? Number.NEGATIVE_INFINITY)) this.know(orders, askedAt);
    } catch (error) {
      if (this.readable) this.parts.log.error({ event: 'orders_not_read', reason: (error as Error).message });
      this.readable = false;
    }
  }

  private know(orders: Orders, askedAt: number): void {
    const [before, now] = [this.known?.orders.freezes ?? [], orders.freezes].map((freezes) => freezes.map(scopeInWords).sort());
    if (before?.join() !== now?.join()) this.parts.log.warn({ event: 'freezes_changed', frozen: now });
    this.readable = true;
    this.known = { orders, askedAt };
  }
}
