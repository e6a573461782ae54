import { type SlotsNews, slotsText } from '../core/capacity/slots-news';
import type { Cancel, Clock } from './clock';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import { Opened } from './opened';

/** Tells gateways what is free here: in a word on every answer, and on streams as it changes. */
export class SlotNews {
  readonly #listeners = new Opened<Exchange>();
  #told?: SlotsNews;
  #telling?: { readonly at: number; readonly cancel: Cancel };

  /** @param read how it is now */
  constructor(
    private readonly read: () => SlotsNews,
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  get text(): string {
    return slotsText(this.read());
  }

  /**
   * Answers with a line for each change that matters; ends after a while, so that its gateway finds out whether the balancer still leads
   * here. Who stops says so, and nothing more: it would wait for who listens.
   */
  tell(exchange: Exchange): void {
    const { clock, limits } = this;
    exchange.begin(200, ['content-type', 'text/plain']);
    if (this.#listeners.size === 0) this.#told = this.read();
    exchange.write(`${this.text}\n`, clock.now());
    if (this.read().state === 'closed') {
      exchange.end();
      return;
    }
    this.#listeners.add(exchange);
    const end = clock.after(limits.newsStream, () => exchange.end());
    exchange.onClosed(() => {
      end();
      this.#listeners.delete(exchange);
    });
  }

  /** Something was taken or given back: told at once where it decides whether anything can be begun here. */
  changed(): void {
    if (this.#listeners.size === 0 || (this.#told !== undefined && slotsText(this.#told) === this.text)) return;
    const { clock, limits } = this;
    const wait = this.#decides() ? limits.newsSoon : limits.newsLater;
    const at = clock.now() + wait;
    if (this.#telling !== undefined && this.#telling.at <= at) return;
    this.#telling?.cancel();
    this.#telling = { at, cancel: clock.after(wait, () => this.#tellAll()) };
  }

  #decides(): boolean {
    return this.#told === undefined || isFull(this.read()) !== isFull(this.#told);
  }

  #tellAll(): void {
    this.#telling = undefined;
    this.#told = this.read();
    const line = `${this.text}\n`;
    for (const exchange of this.#listeners) if (!exchange.closed && exchange.waitingBytes === 0) exchange.write(line, this.clock.now());
  }
}

function isFull({ inUse, capacity, state }: SlotsNews): boolean {
  return state !== 'open' || inUse >= capacity;
}
