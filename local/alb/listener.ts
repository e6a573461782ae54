import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { CutLinks } from '../faults/cut-links';
import { closeServer, listenOnLoopback, portOf } from '../processes/http-server';
import type { Certificates } from '../tls/certificates';
import { answerPlain, forward, plainPage } from './forward';
import { type Action, type Rule, targetGroupsOf } from './listener-rules';
import { refusalOf, TOO_LARGE } from './refusal';
import type { TargetGroup } from './target-group';

export interface ListenerOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Seconds without a byte, on either side, after which a connection is cut; asked for each request. */
  readonly idleTimeoutSeconds: () => number;
  readonly defaultAction: Action;
  readonly targetGroup: (arn: string) => TargetGroup | undefined;
  /** Ways to target groups on which nothing passes for a while. */
  readonly cuts: CutLinks;
  /** Of an HTTPS listener: it speaks TLS where they are served. */
  readonly certificates?: Certificates;
}

/** Heads that the parser takes, so that the load balancer can judge them: well above what it lets through, in bytes. */
const HEADS = { maxHeaderSize: 256 * 1024 };

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
    const server = await listening((request, response) => listener.answer(request, response), options.port, options.certificates);
    const listener = new Listener(server, options);
    listener.applyIdleTimeout();
    return listener;
  }

  /**
   * Lets who has no DNS of the company's come in under one of its host names, by a port of its own.
   * @param port on 127.0.0.1; 0 takes a free one
   * @returns its URL, without a path
   */
  async openDoor(host: string, port: number): Promise<string> {
    const known = this.doors.get(host);
    if (known !== undefined) return this.originOf(known);
    const door = await listening(
      (request, response) => {
        if (isThisMachine(request.headers.host)) request.headers.host = host;
        this.answer(request, response);
      },
      port,
      this.options.certificates,
    );
    this.doors.set(host, door);
    this.applyIdleTimeout();
    return this.originOf(door);
  }

  /** URL of the door of a host name, where there is one. */
  doorOf(host: string): string | undefined {
    const door = this.doors.get(host);
    return door && this.originOf(door);
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

  /** Where it is reached on this machine. */
  get origin(): string {
    return this.originOf(this.server);
  }

  /** `http`, or `https` where it speaks TLS. */
  get scheme(): 'http' | 'https' {
    return this.options.certificates?.shown === undefined ? 'http' : 'https';
  }

  setDefaultAction(action: Action): void {
    this.defaultAction = action;
  }

  /** Adds a rule, or puts another in the place of the one with this name. */
  setRule(name: string, rule: Rule): void {
    this.rulesByName.set(name, rule);
    this.sortRules();
  }

  ruleNames(): readonly string[] {
    return [...this.rulesByName.keys()];
  }

  /** Name of the rule, other than this one, that has a priority. */
  priorityOwner(priority: number, than: string): string | undefined {
    return [...this.rulesByName].find(([name, rule]) => name !== than && rule.priority === priority)?.[0];
  }

  /** ARNs of those that its rules and its default action forward to. */
  targetGroups(): readonly string[] {
    const actions = [this.defaultAction, ...this.rules.map(({ action }) => action)];
    return actions.flatMap(targetGroupsOf);
  }

  removeRule(name: string): void {
    this.rulesByName.delete(name);
    this.sortRules();
  }

  async stop(): Promise<void> {
    await Promise.all([this.server, ...this.doors.values()].map(closeServer));
  }

  private originOf(server: Server): string {
    return `${this.scheme}://127.0.0.1:${portOf(server)}`;
  }

  private sortRules(): void {
    this.rules = [...this.rulesByName.values()].sort((a, b) => a.priority - b.priority);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const refusal = refusalOf(request);
    if (refusal) {
      answerPlain(response, refusal.status, refusal.text);
      return;
    }
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
    const cut = group && this.options.cuts.meet(group);
    if (cut?.refuse) return void reset(request.socket);
    if (cut) return void cut.over.then(() => response.destroyed || this.forward(request, response, groups));
    const choice = group?.choose(request.headers.cookie);
    if (choice) void forward(request, response, choice, { idleTimeout: this.options.idleTimeoutSeconds() * 1000, port: this.port });
    else answerPlain(response, 503, 'Service Temporarily Unavailable');
  }
}

/** A server that reads requests as a load balancer does. */
async function listening(handler: RequestListener, port: number, certificates?: Certificates): Promise<Server> {
  const server = await listenOnLoopback(handler, port, HEADS, certificates?.shown);
  if (certificates?.shown !== undefined) certificates.add(server);
  server.maxHeadersCount = 0; // their size is judged, and none is dropped unseen
  server.on('clientError', refuseHead);
  // The idle timeout alone ends a request: a stream may last for days.
  server.requestTimeout = 0;
  server.headersTimeout = 60_000;
  return server;
}

/** Below TLS there is nothing that Node.js would reset. */
function reset(socket: IncomingMessage['socket']): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** By which nobody calls a load balancer of AWS. */
function isThisMachine(host = ''): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}

/** What the parser does not take is answered as the load balancer does, and its connection ends. */
function refuseHead(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { status, text } = error.code === 'HPE_HEADER_OVERFLOW' ? TOO_LARGE : { status: 400, text: 'Bad Request' };
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const head = ['server: awselb/2.0', 'content-type: text/html', `content-length: ${plainPage(status, text).length}`, 'connection: close'];
  socket.end(`HTTP/1.1 ${status} ${text}\r\n${head.join('\r\n')}\r\n\r\n${plainPage(status, text)}`);
}

function byWeight(groups: readonly { arn: string; weight: number }[]): string {
  let rest = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = groups.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  return (chosen ?? groups[0])?.arn ?? '';
}
