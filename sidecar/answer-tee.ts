import { EventEmitter } from 'node:events';
import type { FleetError } from '../core/errors';
import type { Budget } from './budget';
import type { Cancel, Clock } from './clock';
import type { Exchange } from './exchange';
import type { KeptAnswers, RunningCall } from './kept-answers';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Outlet } from './outlet';
import { ResponseReader } from './response-reader';

/**
 * The way of a claimed call's answer: to the gateway as it comes, and past a reader that keeps the response. It stays
 * open when the gateway leaves, so that whoever gives the answer goes on until it is whole.
 */
export class AnswerTee extends EventEmitter implements Outlet {
  #ended = false;
  #closed = false;
  #cancelGiveUp: Cancel = () => {};

  /** @param giveUpLater runs what ends a call that has outlived its gateway for too long */
  constructor(
    private readonly gateway: Outlet,
    private readonly reader: ResponseReader,
    private readonly call: RunningCall,
    private readonly giveUpLater: (giveUp: () => void) => Cancel,
  ) {
    super();
    gateway.on('drain', () => this.emit('drain'));
    gateway.on('close', () => this.#gatewayLeft());
  }

  get destroyed(): boolean {
    return this.#closed;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  get writableFinished(): boolean {
    return this.gateway.writableFinished;
  }

  get answered(): boolean {
    return this.reader.passed;
  }

  get writableLength(): number {
    return this.gateway.destroyed ? 0 : this.gateway.writableLength;
  }

  writeHead(status: number, flatHeaders: string[]): void {
    if (!this.gateway.destroyed) this.gateway.writeHead(status, flatHeaders);
    this.reader.begin(status, flatHeaders);
  }

  flushHeaders(): void {
    if (!this.gateway.destroyed) this.gateway.flushHeaders();
  }

  /** @returns false while a gateway that is there reads more slowly than this is written */
  write(chunk: Buffer | string): boolean {
    const ready = this.gateway.destroyed || this.gateway.write(chunk);
    this.reader.push(chunk);
    if (this.reader.response !== undefined) this.call.answered(this.reader.response);
    return ready;
  }

  end(chunk?: Buffer | string): void {
    if (!this.gateway.destroyed) this.gateway.end(chunk);
    if (chunk !== undefined) this.reader.push(chunk);
    this.reader.end();
    if (this.reader.response !== undefined) this.call.answered(this.reader.response);
    else if (this.reader.tooLarge) this.call.forgotten();
    this.#finish();
  }

  destroy(): void {
    this.gateway.destroy();
    this.#finish();
  }

  disown({ outcome }: FleetError): void {
    if (outcome === 'not_executed') this.call.forgotten();
    else this.call.lost();
  }

  #gatewayLeft(): void {
    // Nobody is there to wait for.
    this.emit('drain');
    if (this.#ended) this.#close();
    else this.#cancelGiveUp = this.giveUpLater(() => this.destroy());
  }

  /** What has not been said of the call by now is that its answer is lost. */
  #finish(): void {
    this.call.lost();
    this.#ended = true;
    this.#cancelGiveUp();
    // As with a response, whoever ends it is done with its own turn before others hear of it.
    if (this.gateway.destroyed) process.nextTick(() => this.#close());
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close');
  }
}

/**
 * Where the request is a claimed call, lets it run to its end whoever leaves, and keeps its answer.
 * @throws FleetError when its body holds no JSON-RPC message
 */
export function keepAnswerOf(exchange: Exchange, kept: KeptAnswers, budget: Budget, clock: Clock, limits: Limits, log: Logger): void {
  const { agent, callId, claimed } = exchange.context;
  if (!claimed || callId === undefined || exchange.body === undefined) return;
  const message = exchange.parse();
  if (message.kind !== 'request') return;
  const reader = new ResponseReader(message.id, limits.keptAnswerBytes, budget.open(agent));
  const giveUpLater = (giveUp: () => void) => {
    log.info({ agent, callId }, 'call_orphaned');
    return clock.after(limits.orphanRun, giveUp);
  };
  exchange.answerThrough((gateway) => new AnswerTee(gateway, reader, kept.open(agent, callId), giveUpLater));
}
