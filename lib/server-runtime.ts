import type { Size } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { flag, having, listOf, made, memberProblems, number, optional, type Shape, size, text, unshown } from './kinds';
import type { Problem } from './problems';
import { ServerCredential } from './server-credential';

/** An MCP server that speaks Streamable HTTP. Name exactly one of `image`, `package` with `version`, and `directory`. */
export interface HttpRuntimeProps {
  /** Any container image. */
  readonly image?: ecs.ContainerImage;
  /** Name of an npm package in the registry. */
  readonly package?: string;
  /** Exact version of the npm package. */
  readonly version?: string;
  /**
   * A `package-lock.json` of that package and version alone: the image then has, byte for byte, what stands in it (`npm ci`).
   * @default - the package itself is pinned, and what it needs in turn is chosen when the image is built
   */
  readonly lockFile?: string;
  /**
   * Name of the executable that the npm package installs.
   * @default - the package's name without its scope
   */
  readonly bin?: string;
  /** Folder with a Dockerfile. */
  readonly directory?: string;
  /** Port that the server listens on; it is also told by the environment variable `PORT`. Not 8080, which the sidecar has. */
  readonly port: number;
  /**
   * Path of the MCP endpoint.
   * @default '/mcp'
   */
  readonly path?: string;
  /**
   * Arguments for the image's entry point or the package's executable.
   * @default - those of the image; none for an npm package
   */
  readonly args?: string[];
  /**
   * Container health check of the server; the sidecar then starts once it passes.
   * @default - none: the sidecar starts with the server and is ready when the server's port answers
   */
  readonly healthCheck?: ecs.HealthCheck;
  /**
   * Command that runs the server on a developer's machine in place of its image: in `directory` where there is one, else in the
   * folder of the app. It is told its port by `PORT`.
   * @default - the local account runs a folder as its Dockerfile says and installs a package; it refuses any other image
   */
  readonly localCommand?: string[];
  /**
   * What the gateway shows to the server, such as an API key. The server's container is not given it.
   * @default - nothing
   */
  readonly credential?: ServerCredential;
}

/** An MCP server that speaks on standard input and output. Name exactly one of `package` with `version`, and `directory` with `command`. */
export interface StdioRuntimeProps {
  /** Name of an npm package in the registry. */
  readonly package?: string;
  /** Exact version of the npm package. */
  readonly version?: string;
  /**
   * A `package-lock.json` of that package and version alone: the image then has, byte for byte, what stands in it (`npm ci`).
   * @default - the package itself is pinned, and what it needs in turn is chosen when the image is built
   */
  readonly lockFile?: string;
  /**
   * Name of the executable that the npm package installs.
   * @default - the package's name without its scope
   */
  readonly bin?: string;
  /**
   * Arguments for the package's executable.
   * @default - none
   */
  readonly args?: string[];
  /** Folder with a program that needs nothing installed; it is copied to `server/` in the sidecar's working directory. */
  readonly directory?: string;
  /**
   * Command that starts one child, such as `['node', 'server/index.js']`; it sees PATH, HOME, TMPDIR, LANG and the server's environment.
   * @default - the package's executable with `args`
   */
  readonly command?: string[];
  /**
   * Memory that one child may need. A task has room for so many of them beside 256 MiB for the sidecar.
   * @default Size.mebibytes(80), which a small Node server needs
   */
  readonly childMemory?: Size;
  /**
   * Memory that each process of a child may have at most; what asks for more is refused it, and mostly ends, with the child's sessions and no others.
   * @default - what the task has for all children, beside 256 MiB for the sidecar
   */
  readonly childMemoryLimit?: Size;
  /**
   * Processes and threads that a child, with all that it starts, may have at once; from 16 to 30000. A program that starts itself again and again
   * ends here.
   * @default 512
   */
  readonly childProcesses?: number;
  /**
   * Command that starts one child on a developer's machine in place of `command` or the package: in `directory` where there is one,
   * else in the folder of the app.
   * @default - the local account starts what the image has
   */
  readonly localCommand?: string[];
}

export interface RemoteRuntimeProps {
  /** `https://` URL of the MCP endpoint. */
  readonly url: string;
  /**
   * Whether the server limits rates before it executes anything: then its 429 is told as not executed. Else a call that is to change
   * something and is answered so is of unknown outcome, unless the answer holds a JSON-RPC response.
   * @default false
   */
  readonly rateLimitsBeforeExecution?: boolean;
  /**
   * The certificate authorities that its TLS certificate is trusted by, as PEM text: one certificate or several, one after the other.
   * They take the place of the public ones.
   * @default - the public ones
   */
  readonly certificateAuthorities?: string;
  /**
   * What the gateway shows to the server, such as an API key. The server's container is not given it.
   * @default - nothing
   */
  readonly credential?: ServerCredential;
  /**
   * How many connections each replica of the gateway keeps open to it, TLS included, before a request needs one; from 0 to 10. Nothing is said on
   * them, and one that nobody needs gives way to another every ten seconds.
   * @default 0
   */
  readonly warm?: number;
}

/** @internal */
export type RuntimeSpec =
  | ({ readonly kind: 'http' } & HttpRuntimeProps)
  | ({ readonly kind: 'stdio' } & StdioRuntimeProps)
  | ({ readonly kind: 'remote' } & RemoteRuntimeProps);

const WORDS = optional(listOf(text(), 'Write the program and its arguments, one word each.'));
const NPM = {
  package: optional(text()),
  version: optional(text()),
  lockFile: optional(text()),
  bin: optional(text()),
  directory: optional(text()),
  args: WORDS,
};
const HTTP: Shape<HttpRuntimeProps> = {
  ...NPM,
  image: optional(having('bind', 'a ContainerImage', 'Write ContainerImage.fromRegistry(…), of aws-cdk-lib.')),
  port: number('Write the port on which the server listens.'),
  path: optional(text()),
  credential: optional(made(ServerCredential)),
  healthCheck: optional(having('command', 'a HealthCheck', "Write { command: ['CMD', …] }.")),
  localCommand: WORDS,
};
const STDIO: Shape<StdioRuntimeProps> = {
  ...NPM,
  command: WORDS,
  childMemory: optional(size),
  childMemoryLimit: optional(size),
  childProcesses: optional(number()),
  localCommand: WORDS,
};
const REMOTE: Shape<RemoteRuntimeProps> = {
  url: text("Write the URL of the server's MCP endpoint."),
  rateLimitsBeforeExecution: optional(flag),
  credential: optional(made(ServerCredential)),
  warm: optional(number()),
  certificateAuthorities: optional(unshown(text("Give the PEM text: readFileSync('ca.pem', 'utf8')."))),
};

/** How a server runs. */
export class ServerRuntime {
  /** Containers that listen on HTTP, each beside a sidecar. */
  static http(props: HttpRuntimeProps): ServerRuntime {
    return new ServerRuntime({ ...props, kind: 'http' }, memberProblems('runtime props', props, HTTP, 'runtime '));
  }

  /** Child processes of the sidecar, one per session. */
  static stdio(props: StdioRuntimeProps): ServerRuntime {
    return new ServerRuntime({ ...props, kind: 'stdio' }, memberProblems('runtime props', props, STDIO, 'runtime '));
  }

  /** A server outside the fleet: nothing is deployed for it, and calls to it are governed and audited like any other. */
  static remote(props: RemoteRuntimeProps): ServerRuntime {
    return new ServerRuntime({ ...props, kind: 'remote' }, memberProblems('runtime props', props, REMOTE, 'runtime '));
  }

  private constructor(
    private readonly spec: RuntimeSpec,
    /** What cannot even be read of what was given. */
    private readonly unreadable: readonly Problem[],
  ) {}

  /** @internal */
  get _spec(): RuntimeSpec {
    return this.spec;
  }

  /** @internal */
  get _unreadable(): readonly Problem[] {
    return this.unreadable;
  }
}
