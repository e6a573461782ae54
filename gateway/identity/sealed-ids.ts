import { isOver, openSession, type SealedSession, type SessionBinding } from '../../core/sealed-session';
import type { SealKeys } from './seal-keys';

const REMEMBERED_IDS = 10_000;

interface Opened extends SessionBinding {
  readonly session: SealedSession;
  /** With which it was opened: after a rotation it is opened anew. */
  readonly keys: SealKeys['all'];
}

/** Opens session ids. The same one comes with each request of its session, so those of late are remembered, each for whom it was sealed. */
export class SealedIds {
  private readonly opened = new Map<string, Opened>();

  /** @param now milliseconds since the epoch */
  constructor(
    private readonly sealKeys: SealKeys,
    private readonly now: () => number,
  ) {}

  /** As {@link openSession}. */
  open(id: string, binding: SessionBinding): SealedSession | undefined {
    const { all: keys } = this.sealKeys;
    const known = this.opened.get(id);
    const at = this.now() / 1000;
    if (known?.keys === keys && known.agent === binding.agent && known.server === binding.server)
      return isOver(known.session, at) ? undefined : known.session;
    const session = openSession(id, binding, keys, at);
    if (session === undefined) return undefined;
    if (this.opened.size >= REMEMBERED_IDS) this.opened.delete(this.opened.keys().next().value as string);
    this.opened.set(id, { ...binding, session, keys });
    return session;
  }
}
