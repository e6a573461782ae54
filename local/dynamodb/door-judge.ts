import type { Decision, Iam } from '../iam/iam';
import type { Message } from '../processes/companion';
import { OPERATOR_CREDENTIALS } from '../processes/credentials';

type Tell = (message: Message) => void;

const STRANGER = 'The security token included in the request is invalid.';

/** What the door of the tables asks, answered; and what was done there, counted. */
export function answersOf(iam: Iam | undefined) {
  const said = new Map<number, Decision>();
  const waiting = new Map<number, () => void>();
  let last = 0;

  const verdict = (key: string, call: Message): Message => {
    if (key === OPERATOR_CREDENTIALS.accessKeyId) return { allowed: true, keys: [] };
    const session = iam?.sessions.find(key);
    // Not kept: it may be one that is just being opened.
    if (!iam || !session) return { allowed: false, isStranger: true, text: STRANGER };
    const decision = iam.decide(session, call as never);
    const id = ++last;
    said.set(id, decision);
    const { allowed, text, keys } = decision;
    const isOfTheMoment = keys.some((looked) => /^aws:(currenttime|epochtime)$/.test(looked));
    const names = Object.keys((call.context ?? {}) as object).filter((name) => keys.includes(name.toLowerCase()));
    return { id, allowed, text, ...(!isOfTheMoment && { keys: names }) };
  };

  return {
    hear: ({ judge, key, used, done, ...call }: Message, tell: Tell): void => {
      if (typeof judge === 'number') tell({ verdict: judge, ...verdict(String(key), call) });
      for (const [id, times] of (used ?? []) as readonly [number, number][]) {
        const decision = said.get(id);
        if (decision) iam?.record(decision, times);
      }
      if (typeof done === 'number') {
        waiting.get(done)?.();
        waiting.delete(done);
      }
    },
    /** Has it forget what it was told, or tell what was used; resolves when it has. */
    ask: (what: 'forget' | 'flush', tell: Tell): Promise<void> =>
      new Promise((resolve) => {
        const number = ++last;
        waiting.set(number, resolve);
        tell({ [what]: number });
      }),
  };
}
