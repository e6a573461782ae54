import type { ScalingEvent } from '../../../local/local-account';
import { eventually } from '../../suites/waiting';

/** Longest wait for an alarm to begin, or to end, in milliseconds. */
const HEARD_MS = 90_000;

/** The alarms of a fleet, as they begin and end. */
export class Alarms {
  /** Names of those that ring now, with the metric that they watch. */
  private readonly ringing = new Map<string, string>();
  private readonly heard: { readonly alarm: string; readonly at: number }[] = [];

  readonly take = (event: ScalingEvent): void => {
    if (event.event !== 'alarm') return;
    if (event.state !== 'ALARM') this.ringing.delete(event.alarm);
    else {
      this.ringing.set(event.alarm, event.metric);
      this.heard.push({ alarm: event.alarm, at: Date.now() });
    }
  };

  /** Resolves when one has begun since then. @param part of its name @throws Error when none does */
  async begun(part: string, since: number): Promise<void> {
    const hears = async (): Promise<boolean> => this.heard.some(({ alarm, at }) => at >= since && alarm.includes(part));
    await eventually(`the alarm ${part} begins`, hears, HEARD_MS);
  }

  async ended(part: string): Promise<void> {
    await eventually(`the alarm ${part} ends`, async () => ![...this.ringing.keys()].some((alarm) => alarm.includes(part)), HEARD_MS);
  }
}
