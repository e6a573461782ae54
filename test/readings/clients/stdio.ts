import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Case } from '../generator/case';
import { REVISIONS, requestsOf } from '../generator/request';
import { NO_ANSWER } from './connection';
import { type Leg, PATIENCE_MS, type Sent, type Stage } from './leg';
import { type Heard, isResponse } from './messages';

/** Plays a case at the standard input and output of the server itself. @param stage its `path` is the server's program */
export async function playStdio(subject: Case, stage: Stage, environment: Readonly<Record<string, string>>): Promise<Leg> {
  const child = spawn(process.execPath, [stage.path], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined); // a server that has left reads no more
  const answers = new Answers();
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => answers.hear(line));
  child.once('exit', () => lines.once('close', () => answers.end()));
  const say = (text: string) => child.stdin.write(`${text.replace(/[\r\n]+/g, ' ')}\n`);
  try {
    const { era = 'legacy' } = subject.values;
    if (era !== 'modern') {
      const params = { protocolVersion: REVISIONS[era], capabilities: {}, clientInfo: { name: stage.mark, version: '1' } };
      say(JSON.stringify({ jsonrpc: '2.0', id: 'open', method: 'initialize', params }));
      await answers.next('open');
      say('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    }
    const sent: Sent[] = [];
    for (const { text } of requestsOf(subject, { mark: stage.mark, path: '' })) {
      say(text);
      const id = idIn(text);
      const messages = id === undefined ? [] : await answers.next(id);
      sent.push({ text, answer: { ...NO_ANSWER, status: 200, end: 'whole' }, messages });
    }
    return { sent, heard: [], session: era !== 'modern', troubles: [] };
  } finally {
    child.kill('SIGKILL');
  }
}

/** Id of a request; undefined where it is none, and where nobody can tell. */
function idIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { id?: unknown } | null)?.id;
  } catch {
    return undefined;
  }
}

class Answers {
  private heard: Heard[] = [];
  private over = false;
  private wake: () => void = () => undefined;

  hear(line: string): void {
    try {
      const message = JSON.parse(line) as Heard | null;
      if (typeof message === 'object' && message !== null) this.heard.push(message);
    } catch {
      // A line of a log.
    }
    this.wake();
  }

  end(): void {
    this.over = true;
    this.wake();
  }

  /** What has come up to the response with this id, which may not come. */
  async next(id: unknown): Promise<Heard[]> {
    const deadline = Date.now() + PATIENCE_MS / 4;
    const there = () => this.heard.some((message) => isResponse(message) && String(message.id) === String(id));
    while (!there() && !this.over && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.heard.splice(0);
  }
}
