import type { AddServerProps } from '../../lib';
import type { FleetApp } from '../suites/fleet-app';

/** Name of the agent that all clients are. */
export const AGENT = 'interop';

/** Servers as an operator would add them. No tool is declared: each counts as state-changing. */
export function interopFleet(servers: Readonly<Record<string, AddServerProps>>): FleetApp {
  return {
    name: 'interop',
    agents: [AGENT],
    servers: (fleet) => Object.entries(servers).map(([name, props]) => fleet.addServer(name, props)),
  };
}
