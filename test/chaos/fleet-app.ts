import { Duration } from 'aws-cdk-lib';
import { KeyPolicy, OnLoss, Reconcile, ServerRuntime, ToolPolicy } from '../../lib';
import type { FleetApp } from '../suites/fleet-app';
import { EFFECT_SECONDS, FENCED_TOOL, KEYED_TOOL, saysDone } from './tools';

/** Name of the server. */
export const SERVER = 'bank';
const INSTANCES = 3;
/** Room for sessions that were given up and not yet ended. */
const SESSIONS_PER_INSTANCE = 500;

export interface FleetAppProps {
  /** Folder of the bank server's image. */
  readonly directory: string;
  readonly bankUrl: string;
  readonly agents: readonly string[];
}

/** The bank knows a transfer by its reference as soon as it has executed it. */
const BY_REFERENCE = Reconcile.by({
  tool: 'find_transfer',
  arguments: '{ "reference": arguments.reference }',
  landed: 'result.structuredContent.found = true',
  notLanded: 'result.structuredContent.found = false',
  result: `{ "content": [{ "type": "text", "text": "${saysDone('')}" & arguments.reference }] }`,
  effectWithin: Duration.seconds(EFFECT_SECONDS),
});

/** One restartable server that moves money. */
export function chaosFleet({ directory, bankUrl, agents }: FleetAppProps): FleetApp {
  return {
    name: 'chaos',
    agents,
    servers: (fleet) => [
      fleet.addServer(SERVER, {
        runtime: ServerRuntime.http({ directory, port: 3000 }),
        sessions: { perInstance: SESSIONS_PER_INSTANCE, onLoss: OnLoss.RESTART },
        scaling: { minInstances: INSTANCES, maxInstances: INSTANCES },
        environment: { BANK: bankUrl },
        tools: {
          [KEYED_TOOL]: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED, reconcile: BY_REFERENCE }),
          [FENCED_TOOL]: ToolPolicy.stateChanging(),
          find_transfer: ToolPolicy.readOnly(),
          balance: ToolPolicy.readOnly(),
        },
      }),
    ],
  };
}
