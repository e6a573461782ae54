import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LocalAccountError } from '../account-error';
import type { FaultOrder, FaultRow } from '../faults/order';
import type { Datapoint, LocalAccount, ProcessRow, TokenOptions } from '../local-account';
import { readBody } from '../processes/body';
import { closeServer, forThisHost, listenOnLoopback, portOf } from '../processes/http-server';

/** What `GET /info` tells. */
export interface ControlInfo {
  readonly baseUrl: string;
  readonly logFolder: string;
  readonly fleet: string;
  readonly fleets: LocalAccount['fleets'];
  readonly servers: readonly string[];
  readonly agents: readonly string[];
  readonly dynamodbUrl: string;
  readonly tables: LocalAccount['tables'];
  readonly archive?: string | undefined;
  readonly remoteServers: LocalAccount['remoteServers'];
}

export interface TokenRequest extends TokenOptions {
  readonly agent: string;
}

export interface KillRequest {
  readonly pid: number;
}

/** A resource of the assembly. */
export interface ResourceRequest {
  readonly stack: string;
  readonly logicalId: string;
}

export interface ControlAnswers {
  readonly templates: LocalAccount['templates'];
  readonly principal: ReturnType<LocalAccount['principal']>;
  readonly datapoints: readonly Datapoint[];
  readonly logFiles: readonly string[];
  /** Absent where there is none. */
  readonly physicalId: { readonly value?: string };
  readonly secretValue: { readonly value?: string };
  readonly rotatedSecret: Awaited<ReturnType<LocalAccount['rotateSecret']>>;
  readonly info: ControlInfo;
  readonly ps: readonly ProcessRow[];
  readonly token: { readonly token: string };
  readonly oauthClient: Awaited<ReturnType<LocalAccount['oauthClient']>>;
  readonly killed: { readonly pid: number };
  readonly fault: FaultRow;
  readonly faults: readonly FaultRow[];
  readonly scaling: ReturnType<LocalAccount['scaling']>;
  readonly stacks: ReturnType<LocalAccount['stacks']>;
  /** With the account's credentials: whoever has the control file may have them. */
  readonly awsEnvironment: ReturnType<LocalAccount['awsEnvironment']>;
  readonly permissions: Awaited<ReturnType<LocalAccount['permissions']>>;
}

/** Lets commands of another terminal ask a running account; only with the token that its control file holds. */
export class ControlServer {
  readonly token = randomBytes(32).toString('base64url');

  private constructor(
    private readonly account: LocalAccount,
    private readonly server: Server,
  ) {}

  static async start(account: LocalAccount): Promise<ControlServer> {
    const server = await listenOnLoopback(forThisHost((request, response) => void control.answer(request, response)));
    const control = new ControlServer(account, server);
    return control;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.server)}`;
  }

  stop(): Promise<void> {
    return closeServer(this.server);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!this.isAuthorized(request))
        return send(response, 401, { code: 'REFUSED', message: 'The bearer token of the control file is needed.' });
      const result = await this.run(`${request.method} ${request.url}`, request);
      if (result === undefined) return send(response, 404, { code: 'REFUSED', message: `There is no ${request.method} ${request.url}.` });
      send(response, 200, result);
    } catch (error) {
      const code = LocalAccountError.is(error) ? error.code : 'REFUSED';
      send(response, 400, { code, message: error instanceof Error ? error.message : String(error) });
    }
  }

  private async run(route: string, request: IncomingMessage): Promise<ControlAnswers[keyof ControlAnswers] | undefined> {
    const { account } = this;
    switch (route) {
      case 'GET /info': {
        const { baseUrl, logFolder, fleet, fleets, servers, agents, dynamodbUrl, tables, archive, authorityFile, remoteServers } = account;
        return { baseUrl, logFolder, fleet, fleets, servers, agents, dynamodbUrl, tables, archive, authorityFile, remoteServers };
      }
      case 'GET /ps':
        return account.processes();
      case 'POST /token': {
        const { agent, ttlSeconds, audience } = await bodyOf<TokenRequest>(request);
        return {
          token: await account.token(agent, {
            ...(ttlSeconds !== undefined && { ttlSeconds }),
            ...(audience !== undefined && { audience }),
          }),
        };
      }
      case 'POST /oauth-client':
        return account.oauthClient((await bodyOf<TokenRequest>(request)).agent);
      case 'POST /kill': {
        const { pid } = await bodyOf<KillRequest>(request);
        await account.kill(pid);
        return { pid };
      }
      case 'POST /fault':
        return await account.fault(await bodyOf<FaultOrder>(request));
      case 'GET /faults':
        return account.faults();
      case 'POST /clear-faults':
        return account.clearFaults((await bodyOf<{ id?: string }>(request)).id);
      case 'GET /scaling':
        return account.scaling();
      case 'GET /stacks':
        return account.stacks();
      case 'GET /aws-environment':
        return account.awsEnvironment();
      case 'POST /role-environment':
        return account.roleEnvironment((await bodyOf<{ role: string }>(request)).role);
      case 'GET /permissions':
        return account.permissions();
      case 'GET /templates':
        return account.templates;
      case 'GET /logs':
        return account.logFiles();
      case 'POST /principal':
        return account.principal((await bodyOf<TokenRequest>(request)).agent);
      case 'POST /datapoints': {
        const { since } = await bodyOf<{ since: number }>(request);
        return account.datapoints().filter(({ at }) => at >= since);
      }
      case 'POST /physical-id': {
        const { stack, logicalId } = await bodyOf<ResourceRequest>(request);
        return maybe(account.physicalId(stack, logicalId));
      }
      case 'POST /secret-value': {
        const { stack, logicalId } = await bodyOf<ResourceRequest>(request);
        return maybe(account.secretValue(stack, logicalId));
      }
      case 'POST /rotate-secret':
        return account.rotateSecret((await bodyOf<{ secret: string }>(request)).secret);
      default:
        return undefined;
    }
  }

  private isAuthorized(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers.authorization ?? '');
    const expected = Buffer.from(`Bearer ${this.token}`);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

async function bodyOf<T>(request: IncomingMessage): Promise<T> {
  return JSON.parse(await readBody(request)) as T;
}

function maybe(value: string | undefined): { value?: string } {
  return value === undefined ? {} : { value };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
