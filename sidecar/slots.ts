import { Opened } from './opened';

/** What occupies a slot: a session, an open listen stream, or one sessionless call in flight. */
export type SlotUse = 'session' | 'stream' | 'call';

/** One thing that is open on this instance. */
export interface Slot {
  readonly use: SlotUse;
  /** agentId of whoever opened it. */
  readonly agent: string;
  /** Gives the slot back; again does nothing. */
  release(): void;
}

/**
 * The slots of this instance. In use is what is in that list and nothing else: there is no count that an unusual
 * way out could leave wrong.
 */
export class Slots {
  readonly #open = new Opened<Slot>();

  constructor(
    readonly capacity: number,
    private readonly onRelease: () => void = () => {},
    private readonly onChange: () => void = () => {},
  ) {}

  get inUse(): number {
    return this.#open.size;
  }

  /** Takes a slot, or undefined when all are in use. */
  take(use: SlotUse, agent: string): Slot | undefined {
    if (this.#open.size >= this.capacity) return undefined;
    const slot: Slot = {
      use,
      agent,
      release: () => {
        if (!this.#open.delete(slot)) return;
        this.onRelease();
        this.onChange();
      },
    };
    this.#open.add(slot);
    this.onChange();
    return slot;
  }
}
