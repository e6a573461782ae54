import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Log } from '../logs/log-book';
import { readBody } from '../processes/body';
import { closeServer, listenOnLoopback, portOf } from '../processes/http-server';
import { exitText, type Program, startProgram } from '../processes/program';
import type { Reaper } from '../processes/reaper';
import { programPath } from '../programs';
import { QUOTAS } from '../quotas';
import type { FunctionSettings } from './function-settings';

/** How an invocation ended, as the Invoke API reports it. */
export interface InvocationResult {
  /** JSON text. */
  readonly payload: string;
  /** Value of `X-Amz-Function-Error`; absent when the function returned. */
  readonly error?: 'Unhandled';
}

interface Invocation {
  readonly id: string;
  readonly payload: string;
  readonly deadline: number;
  readonly settle: (result: InvocationResult) => void;
}

const ROUTE = /^\/2018-06-01\/runtime\/(?:invocation\/(?<id>[^/]+)\/)?(?<verb>invocation\/next|response|error|init\/error)$/;

/**
 * One execution environment: a process that runs the function's handler and asks the Runtime API of this worker for work.
 * It serves one invocation at a time and is reused until it fails or times out.
 */
export class Worker {
  private started: Promise<void> | undefined;
  private program: Program | undefined;
  private api: Server | undefined;
  private idle: ServerResponse | undefined;
  private current: Invocation | undefined;
  private initError: string | undefined;
  /** Whether it can serve a further invocation. */
  usable = true;

  constructor(
    private readonly settings: FunctionSettings,
    private readonly log: Log,
    private readonly reaper: Reaper,
  ) {}

  get pid(): number | undefined {
    return this.program?.running ? this.program.pid : undefined;
  }

  /** Runs one invocation; the worker must be free. Never rejects: what goes wrong is the invocation's result. */
  async invoke(payload: string): Promise<InvocationResult> {
    const { timeoutSeconds } = this.settings.configuration;
    return new Promise((settle) => {
      const id = randomUUID();
      const timer = setTimeout(
        () =>
          this.abandon(`${new Date().toISOString()} ${id} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`, 'Sandbox.Timedout'),
        timeoutSeconds * 1000,
      );
      const finish = (result: InvocationResult): void => {
        clearTimeout(timer);
        this.current = undefined;
        settle(result);
      };
      this.current = { id, payload, deadline: Date.now() + timeoutSeconds * 1000, settle: finish };
      this.started ??= this.start();
      this.started.then(
        () => this.deliver(),
        (error: unknown) => this.abandon(`The runtime did not start: ${String(error)}`, 'Runtime.ExitError'),
      );
    });
  }

  async stop(): Promise<void> {
    this.usable = false;
    // A process that is just being started would outlive a stop that does not see it yet.
    await this.started?.catch(() => {});
    this.program?.signal('SIGKILL');
    await this.program?.exited;
    if (this.api) await closeServer(this.api);
    this.log.close();
  }

  private async start(): Promise<void> {
    this.api = await listenOnLoopback((request, response) => void this.answer(request, response));
    const program = await startProgram({
      argv: [process.execPath, programPath('lambda-runtime.cjs')],
      cwd: this.settings.folder,
      env: { ...this.settings.environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${portOf(this.api)}` },
      log: this.log,
      reaper: this.reaper,
    });
    this.program = program;
    void program.exited.then((exit) => {
      this.abandon(this.initError ?? `Error: Runtime ${exitText(exit)}`, 'Runtime.ExitError');
      if (this.api) void closeServer(this.api);
    });
  }

  /** The Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). */
  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id, verb } = ROUTE.exec(request.url ?? '')?.groups ?? {};
    if (verb === 'invocation/next') {
      this.idle = response;
      this.deliver();
      return;
    }
    const body = await readBody(request);
    const known = verb === 'init/error' || (this.current !== undefined && id === this.current.id);
    response.writeHead(known ? 202 : 404, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    if (verb === 'init/error') {
      this.initError = body;
      this.settleCurrent({ payload: body, error: 'Unhandled' });
      this.usable = false;
    } else if (known) this.settleCurrent(verb === 'error' ? { payload: body, error: 'Unhandled' } : answerOf(body));
  }

  private deliver(): void {
    if (!this.idle || !this.current) return;
    const { id, payload, deadline } = this.current;
    this.idle
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': id,
        'lambda-runtime-deadline-ms': String(deadline),
        'lambda-runtime-invoked-function-arn': this.settings.arn,
        'lambda-runtime-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${id.replaceAll('-', '').slice(0, 24)}`,
      })
      .end(payload);
    this.idle = undefined;
  }

  /** The environment is lost: it is killed and the invocation in it fails. */
  private abandon(errorMessage: string, errorType: string): void {
    this.usable = false;
    this.program?.signal('SIGKILL');
    this.settleCurrent({ payload: JSON.stringify({ errorMessage, errorType }), error: 'Unhandled' });
  }

  private settleCurrent(result: InvocationResult): void {
    this.current?.settle(result);
  }
}

/** What a function returns; one that says too much has failed (Lambda quotas, invocation payload). */
function answerOf(payload: string): InvocationResult {
  const { most } = QUOTAS.functionAnswer;
  if (Buffer.byteLength(payload) <= most) return { payload };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${most} bytes).`;
  return { payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }), error: 'Unhandled' };
}
