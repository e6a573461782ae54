import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientProcess, type Reply } from './client-process';
import type { InteropClient } from './clients';
import type { Fault } from './faults';
import { type Answer, answerOf } from './outcome';
import type { Target } from './target';

/** How long the tool runs in a call that something happens to, in milliseconds. */
const CALL_MS = 1500;
/** How long after the tool's start it happens, in milliseconds: streams stand by then. */
const FAULT_AFTER_MS = 250;
/** What clients are told to wait for a call, in milliseconds; by themselves most wait for a minute. */
const CLIENT_TIMEOUT_MS = 15_000;
/** How long after its answer a call can still run, or be sent again by its client, in milliseconds. */
const AFTERMATH_MS = CALL_MS + 500;

/** What became of one call of one client. */
export interface Cell {
  readonly answer: Answer;
  /** How often the tool was executed for the one call. */
  readonly executed: number;
  /** Where there was no result: what the very same call gave when the agent made it again, and how often the tool had run by then. */
  readonly again?: { readonly answer: Answer; readonly executed: number };
  /** States of the ledger's rows of the call. */
  readonly ledger: readonly string[];
  /** Whether a new call of the same client worked afterwards. */
  readonly afterwards: 'works' | 'broken';
  readonly milliseconds: number;
  /** What exactly the client gave. */
  readonly reply: Reply;
}

/** @param folder where drivers and packages are */
export async function runCell(client: InteropClient, fault: Fault, target: Target, folder: string, scratch: string): Promise<Cell> {
  const agent = await ClientProcess.start(client, folder, scratch, CLIENT_TIMEOUT_MS);
  const pay = (reference: string, milliseconds: number) => agent.call('pay', { reference, milliseconds });
  try {
    expectNoError('connect', await agent.connect(target.url, target.headers));
    const first = `first-${randomUUID()}`;
    expectResult('the first call', await pay(first, 0), first);

    const reference = `call-${randomUUID()}`;
    const begun = performance.now();
    let answered = begun;
    const lasts = fault === 'session-gone' ? 0 : CALL_MS;
    const call = async () => {
      const reply = await pay(reference, lasts);
      answered = performance.now();
      return reply;
    };
    let reply: Reply;
    if (fault === 'session-gone') {
      const [{ pid }] = [await target.journal.started(first, 0)];
      await target.killInstance(pid);
      await target.whole();
      reply = await call();
    } else {
      if (fault === 'leg-cut') target.front.cutAnswerTo(reference);
      const pending = call();
      const { pid } = await target.journal.started(reference, CLIENT_TIMEOUT_MS);
      await delay(FAULT_AFTER_MS);
      if (fault === 'instance-killed') await target.killInstance(pid);
      if (fault === 'gateway-killed') await target.killGateway(reference);
      reply = await pending;
    }
    const milliseconds = Math.round(answered - begun);
    await target.whole();
    if (fault !== 'session-gone') await delay(Math.max(0, AFTERMATH_MS - (performance.now() - answered)));
    const last = `last-${randomUUID()}`;
    const works = answerOf(await pay(last, 0), `paid ${last}`).kind === 'result';
    const answer = answerOf(reply, `paid ${reference}`);
    const executions = () => target.journal.executions(reference).length;
    const executed = executions();
    const again = answer.kind === 'result' ? undefined : answerOf(await call(), `paid ${reference}`);
    return {
      answer,
      executed,
      ...(again !== undefined && { again: { answer: again, executed: executions() } }),
      ledger: await target.ledgerStates(reference),
      afterwards: works ? 'works' : 'broken',
      milliseconds,
      reply,
    };
  } finally {
    await agent.close();
  }
}

function expectNoError(what: string, reply: Reply): void {
  if (reply === 'no answer' || 'error' in reply) throw new Error(`${what}: ${JSON.stringify(reply).slice(0, 1000)}`);
}

function expectResult(what: string, reply: Reply, reference: string): void {
  expectNoError(what, reply);
  if (answerOf(reply, `paid ${reference}`).kind !== 'result') throw new Error(`${what}: ${JSON.stringify(reply).slice(0, 1000)}`);
}
