import type { CallLimit as Limit } from '../core/policy';
import { type Problem, wholeNumber } from './problems';

const MOST_CALLS = 1_000_000;

/** How often an agent may call a tool, through all gateways. A call that is one too many is refused as `CALL_LIMIT`. */
export class CallLimit {
  /** In an hour of the clock (UTC). @param calls 1 to 1000000 */
  static perHour(calls: number): CallLimit {
    return new CallLimit({ calls, per: 'hour' });
  }

  /**
   * In one task; a call that names none is refused. The agent names its tasks: this keeps one that goes round in circles from doing harm, and
   * not one that wants to. @param calls 1 to 1000000
   */
  static perTask(calls: number): CallLimit {
    return new CallLimit({ calls, per: 'task' });
  }

  private constructor(private readonly limit: Limit) {}

  /** @internal */
  get _limit(): Limit {
    return this.limit;
  }

  /** @internal */
  _problems(what: string): Problem[] {
    return wholeNumber(what, this.limit.calls, 1, MOST_CALLS, 'To allow none, leave the tool out of the grant.');
  }
}
