import type { ResourceAddress } from '../assembly/template';

/** AWS::ApiGateway::Method, as far as it is read. */
export interface ApiMethod {
  /** Undefined where anybody may call it. */
  readonly authorizer: string | undefined;
  readonly integration: ApiIntegration;
}

/** An HTTP_PROXY integration by a VPC link. */
export interface ApiIntegration {
  /** As the template has it, with the names of path parameters in braces. */
  readonly uri: string;
  /** ARN of the load balancer that the link leads to. */
  readonly target: string;
  /** Undefined for that of the request. */
  readonly method: string | undefined;
  readonly streams: boolean;
  readonly timeoutMs: number;
}

/** A REQUEST authorizer. */
export interface ApiAuthorizer {
  readonly functionArn: string;
  /** ARN of the role under which it is invoked; absent where API Gateway does it in its own name. */
  readonly role?: string;
  /** Such as `method.request.header.Authorization`; a request without one of them is refused, and their values name a kept decision. */
  readonly identitySources: readonly string[];
  readonly keepSeconds: number;
}

/** What is answered in place of an integration. */
export interface ApiAnswer {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of `application/json`. */
  readonly template?: string;
}

/** What a deployment serves: the API as it was when the deployment was made. */
export interface ApiSnapshot {
  /** By path such as `/{server}/mcp`, and there by HTTP method or `ANY`. */
  readonly methods: ReadonlyMap<string, ReadonlyMap<string, ApiMethod>>;
  readonly authorizers: ReadonlyMap<string, ApiAuthorizer>;
  readonly answers: ReadonlyMap<string, ApiAnswer>;
  /** Whether bytes pass as they are; else they are read as UTF-8 text. */
  readonly isBinary: boolean;
}

/** An API as it is described; what is served of it are its deployments. */
export class RestApi {
  readonly rootId: string;
  readonly authorizers = new Map<string, ApiAuthorizer>();
  readonly answers = new Map<string, ApiAnswer>();
  readonly deployments = new Map<string, ApiSnapshot>();
  private readonly paths = new Map<string, string>();
  private readonly methods = new Map<string, { readonly resource: string; readonly verb: string; readonly method: ApiMethod }>();

  constructor(
    readonly id: string,
    readonly address: ResourceAddress,
    public isBinary: boolean,
  ) {
    this.rootId = `${id}root`;
    this.paths.set(this.rootId, '');
  }

  addResource(id: string, parent: string, part: string): void {
    this.paths.set(id, `${this.paths.get(parent) ?? ''}/${part}`);
  }

  removeResource(id: string): void {
    this.paths.delete(id);
  }

  setMethod(id: string, resource: string, verb: string, method: ApiMethod): void {
    this.methods.set(id, { resource, verb, method });
  }

  removeMethod(id: string): void {
    this.methods.delete(id);
  }

  deploy(id: string): void {
    const methods = new Map<string, Map<string, ApiMethod>>();
    for (const { resource, verb, method } of this.methods.values()) {
      const path = this.paths.get(resource) || '/';
      methods.set(path, (methods.get(path) ?? new Map()).set(verb, method));
    }
    const { authorizers, answers, isBinary } = this;
    this.deployments.set(id, { methods, authorizers: new Map(authorizers), answers: new Map(answers), isBinary });
  }
}

/** The method that a request meets: a literal segment comes before a parameter, and that before a greedy one. */
export function findMethod(
  { methods }: ApiSnapshot,
  verb: string,
  path: string,
): { readonly resource: string; readonly parameters: Readonly<Record<string, string>>; readonly method: ApiMethod } | undefined {
  const found = [...methods].flatMap(([resource, verbs]) => {
    const parameters = match(resource.split('/').slice(1), path.split('/').slice(1));
    const method = verbs.get(verb) ?? verbs.get('ANY');
    return parameters === undefined || method === undefined ? [] : [{ resource, parameters, method }];
  });
  return found.sort((a, b) => (rank(a.resource) < rank(b.resource) ? -1 : 1))[0];
}

function match(parts: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    const [, name, greedy] = /^\{([^+}]+)(\+?)\}$/.exec(part) ?? [];
    const segment = segments[i];
    if (segment === undefined || (segment === '' && part !== '')) return undefined;
    if (name === undefined && part !== segment) return undefined;
    if (greedy === '+') return { ...parameters, [name as string]: segments.slice(i).join('/') };
    if (name !== undefined) parameters[name] = segment;
  }
  // A slash at the end is none of the path.
  const rest = segments.slice(parts.length);
  return rest.length === 0 || (rest.length === 1 && rest[0] === '') ? parameters : undefined;
}

function rank(resource: string): string {
  return resource.replaceAll(/\{[^}]+\+\}/g, '￿').replaceAll(/\{[^}]+\}/g, '￾');
}
