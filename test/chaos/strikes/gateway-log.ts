import type { LogLine } from '../../../local/local-account';

interface GatewayLine {
  readonly event?: string;
  readonly replica?: string;
  readonly callId?: string;
}

/** What the gateways say in their logs that nobody else knows. */
export class GatewayLog {
  /** Short id of the ECS task, by the name that the gateway has in ledger rows. */
  readonly tasks = new Map<string, string>();
  /** By what evidence an open call was settled, by call id: `instance`, `reconcile`. */
  readonly evidence = new Map<string, string>();

  readonly read = ({ role, source, text }: LogLine): void => {
    if (role !== 'gateway' || !text.startsWith('{')) return;
    const { event, replica, callId } = JSON.parse(text) as GatewayLine;
    if (event === 'listening' && replica !== undefined) this.tasks.set(replica, source);
    const settledBy = /^settled_by_(\w+)$/.exec(event ?? '')?.[1];
    if (settledBy !== undefined && callId !== undefined) this.evidence.set(callId, settledBy);
  };
}
