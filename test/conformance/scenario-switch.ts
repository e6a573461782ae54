import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../suites/loopback';
import { relay } from './relay';

/** Lets one server of the fleet stand for the servers that client scenarios start, each on a port of its own. */
export interface ScenarioSwitch {
  /** Where the fleet's server passes everything on to. */
  readonly origin: string;
  /** A client that POSTs the URL of its scenario's server here gets the URL of the fleet's server as the answer. */
  readonly control: string;
  stop(): Promise<void>;
}

/** @param fleetUrl MCP endpoint of the fleet's server */
export async function startScenarioSwitch(fleetUrl: string): Promise<ScenarioSwitch> {
  let scenario: URL | undefined;
  const onward = relay(() => scenario && { origin: scenario.origin, path: scenario.pathname });
  const control = createServer(async (request, response) => {
    scenario = new URL(await text(request));
    response.end(fleetUrl);
  });
  return {
    origin: await listenOnLoopback(onward),
    control: await listenOnLoopback(control),
    stop: async () => {
      await Promise.all([closeServer(onward), closeServer(control)]);
    },
  };
}
