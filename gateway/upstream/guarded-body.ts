import { endedBy } from '../../core/endings';
import { type GuardedAnswer, SecretTold } from '../../core/secrets/guarded-answer';
import type { Body, Take } from './body';

/** A body without what the gateway has shown to its server. */
export class GuardedBody implements Body {
  /** @param onTold runs when its messages told a secret in pieces */
  constructor(
    private readonly body: Body,
    private readonly answer: GuardedAnswer,
    private readonly onTold: (secret: string) => void,
  ) {}

  get over(): boolean {
    return this.body.over;
  }

  /** @throws FleetError OUTCOME_UNKNOWN, and what {@link Body.read} does */
  async read(take: Take): Promise<void> {
    let isEnough = false;
    const give = (piece: Buffer): ReturnType<Take> => {
      if (piece.length === 0) return undefined;
      const taken = take(piece);
      if (!(taken instanceof Promise)) {
        isEnough = taken === true;
        return taken;
      }
      return taken.then((enough) => {
        isEnough = enough === true;
        return enough;
      });
    };
    await this.body.read((piece) => give(this.judged(() => this.answer.push(piece))));
    if (!isEnough) await give(this.judged(() => this.answer.rest()));
  }

  letGo(): void {
    this.body.letGo();
  }

  destroy(): void {
    this.body.destroy();
  }

  private judged(judge: () => Buffer): Buffer {
    try {
      return judge();
    } catch (error) {
      if (!(error instanceof SecretTold)) throw error;
      this.onTold(error.secret);
      throw endedBy('secret_told', 'it told, in pieces, what the gateway shows to it');
    }
  }
}
