import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback, portOf } from '../processes/http-server';
import { answerPlain, forward } from './forward';
import type { Action, Rule } from './listener-rules';
import type { TargetGroup } from './target-group';

export interface ListenerOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Seconds without a byte, on either side, after which a connection is cut; asked for each request. */
  readonly idleTimeoutSeconds: () => number;
  readonly defaultAction: Action;
  readonly targetGroup: (arn: string) => TargetGroup | undefined;
}

/** One listener of a load balancer, as an HTTP server on loopback. */
export class Listener {
  private readonly rulesByName = new Map<string, Rule>();
  private rules: readonly Rule[] = [];
  private readonly doors = new Map<string, Server>();
  private defaultAction: Action;

  private constructor(
    private readonly server: Server,
    private readonly options: ListenerOptions,
  ) {
    this.defaultAction = options.defaultAction;
  }

  static async start(options: ListenerOptions): Promise<Listener> {
    const server = await listenOnLoopback((request, response) => listener.answer(request, response), options.port);
    const listener = new Listener(server, options);
    // The idle timeout alone ends a request: a stream may last for days.
    server.requestTimeout = 0;
    server.headersTimeout = 60_000;
    listener.applyIdleTimeout();
    return listener;
  }

  /**
   * Lets who has no DNS of the company's come in under one of its host names, by a port of its own.
   * @param port on 127.0.0.1; 0 takes a free one
   * @returns the port
   */
  async openDoor(host: string, port: number): Promise<number> {
    const known = this.doors.get(host);
    if (known !== undefined) return portOf(known);
    const door = await listenOnLoopback((request, response) => {
      if (isThisMachine(request.headers.host)) request.headers.host = host;
      this.answer(request, response);
    }, port);
    door.requestTimeout = 0;
    door.headersTimeout = this.server.headersTimeout;
    this.doors.set(host, door);
    this.applyIdleTimeout();
    return portOf(door);
  }

  /** Port of the door of a host name, where there is one. */
  doorOf(host: string): number | undefined {
    const door = this.doors.get(host);
    return door && portOf(door);
  }

  /** For connections that are opened from now on. */
  applyIdleTimeout(): void {
    const idle = this.options.idleTimeoutSeconds() * 1000;
    for (const server of [this.server, ...this.doors.values()]) {
      server.keepAliveTimeout = idle;
      // One second more, so that a silent target is answered with 504 rather than a closed connection.
      server.setTimeout(idle + 1000);
    }
  }

  get port(): number {
    return portOf(this.server);
  }

  setDefaultAction(action: Action): void {
    this.defaultAction = action;
  }

  /** Adds a rule, or puts another in the place of the one with this name. */
  setRule(name: string, rule: Rule): void {
    this.rulesByName.set(name, rule);
    this.sortRules();
  }

  removeRule(name: string): void {
    this.rulesByName.delete(name);
    this.sortRules();
  }

  async stop(): Promise<void> {
    await Promise.all([this.server, ...this.doors.values()].map(closeServer));
  }

  private sortRules(): void {
    this.rules = [...this.rulesByName.values()].sort((a, b) => a.priority - b.priority);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const action = this.rules.find((rule) => rule.matches(request))?.action ?? this.defaultAction;
    void this.act(action, request, response);
  }

  private async act(action: Action, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (action.type) {
      case 'fixed-response':
        response.writeHead(action.status, {
          server: 'awselb/2.0',
          'content-type': action.contentType,
          'content-length': Buffer.byteLength(action.body),
        });
        response.end(action.body);
        return;
      case 'redirect':
        response.writeHead(action.status, { server: 'awselb/2.0', location: action.location(request), 'content-length': 0 }).end();
        return;
      case 'jwt-validation':
        if (await action.passes(request)) return await this.act(action.next, request, response);
        return answerPlain(response, 401, 'Unauthorized');
      case 'forward':
        this.forward(request, response, action.targetGroups);
    }
  }

  private forward(request: IncomingMessage, response: ServerResponse, groups: readonly { arn: string; weight: number }[]): void {
    const group = this.options.targetGroup(byWeight(groups));
    const choice = group?.choose(request.headers.cookie);
    if (choice) void forward(request, response, choice, { idleTimeout: this.options.idleTimeoutSeconds() * 1000, port: this.port });
    else answerPlain(response, 503, 'Service Temporarily Unavailable');
  }
}

/** By which nobody calls a load balancer of AWS. */
function isThisMachine(host = ''): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}

function byWeight(groups: readonly { arn: string; weight: number }[]): string {
  let rest = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = groups.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  return (chosen ?? groups[0])?.arn ?? '';
}
