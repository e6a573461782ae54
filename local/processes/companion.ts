import { type ChildProcess, fork } from 'node:child_process';
import { programPath } from '../programs';

export type Message = Readonly<Record<string, unknown>>;

/** A part of the account that runs in a process of its own: DynamoDB and the identity provider. */
export interface Companion {
  readonly port: number;
  /** What it said when it listened. */
  readonly said: Message;
  /** Tells the running program of something more. */
  tell(message: Message): void;
  /** Hears what the program tells of itself from now on. */
  hear(listener: (message: Message) => void): void;
  stop(): Promise<void>;
}

/** A companion that does not end on SIGTERM is killed after this many milliseconds. */
const STOP_TIMEOUT = 3000;

/**
 * Starts one of our programs, hands it its settings, and waits until it says on which port it listens.
 * The program ends by itself when the channel to the account closes.
 * @param heard told of whatever it says from then on
 */
export async function startCompanion(name: string, settings: Message, heard: (message: Message) => void = () => {}): Promise<Companion> {
  const child = fork(programPath(name), [], {
    // Nothing of the caller's environment or debugger belongs into the child; its own session keeps Ctrl-C from it.
    execArgv: [],
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.send(settings);
  const said = await listening(child, name);
  child.on('message', (message) => heard(message as Message));
  return {
    port: Number(said.port),
    said,
    // One that has died meanwhile is missed by whoever asks it for something.
    tell: (message) => void (child.connected && child.send(message, () => {})),
    hear: (listener) => void child.on('message', (message) => listener(message as Message)),
    stop: () => ended(child),
  };
}

function listening(child: ChildProcess, name: string): Promise<Message> {
  return new Promise((done, fail) => {
    let errors = '';
    child.stderr?.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    child.once('message', (message) => done(message as Message));
    child.once('exit', (code) => fail(new Error(`${name} of the local account exited with code ${code}: ${errors.trim()}`)));
    child.once('error', fail);
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
    child.once('exit', () => {
      clearTimeout(timer);
      done();
    });
    child.kill('SIGTERM');
  });
}
