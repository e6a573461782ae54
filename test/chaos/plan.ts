import { FAULT_NAMES, type FaultName, faultOf } from './faults';
import { byWeight, randomOf } from './random';

/** How the bank's server carries a transfer out: at once, with progress notifications first, or never. */
export type Behaviour = 'quick' | 'streams' | 'declines';

export interface PlannedCall {
  /** Unique; the bank's journal and the ledger's rows name it. */
  readonly reference: string;
  readonly behaviour: Behaviour;
  /** What happens to it. */
  readonly fault?: FaultName;
  /** The agent looks at its balance before. */
  readonly looks: boolean;
}

/** Share of calls to which something happens. */
const STRUCK = 0.25;
const STREAMING = 0.2;
const DECLINED = 0.08;
const LOOKING = 0.1;

/** A call and its fate: the same for the same seed, agent and number, in whatever order calls come about. */
export function planCall(seed: number, agent: string, number: number): PlannedCall {
  const random = randomOf(`${seed} ${agent} ${number}`);
  const fault = random() < STRUCK ? byWeight(random, CHOICES).name : undefined;
  const streams = fault !== undefined && faultOf(fault).streams === true;
  return {
    reference: `${agent}-${number}`,
    behaviour: streams || random() < STREAMING ? 'streams' : random() < DECLINED ? 'declines' : 'quick',
    ...(fault !== undefined && { fault }),
    looks: random() < LOOKING,
  };
}

const CHOICES = FAULT_NAMES.map((name) => ({ name, weight: faultOf(name).weight }));
