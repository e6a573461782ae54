import type { LogLine } from '../../local/local-account';

/** By what evidence open calls were settled: gateways say so in their logs, and nobody else knows. */
export class Evidence {
  /** By call id: `instance`, `reconcile`. */
  readonly settledBy = new Map<string, string>();

  readonly read = ({ role, text }: LogLine): void => {
    if (role !== 'gateway' || !text.startsWith('{')) return;
    const { event, callId } = JSON.parse(text) as { readonly event?: string; readonly callId?: string };
    const by = /^settled_by_(\w+)$/.exec(event ?? '')?.[1];
    if (by !== undefined && callId !== undefined) this.settledBy.set(callId, by);
  };
}
