import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Answer, type CutPosition } from './answer';

/** What becomes of a call on this leg. */
export type Treatment =
  | { readonly kind: 'pass' }
  /** Reset before the rest of the request passes. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'cut answer'; readonly position: CutPosition; readonly onCut: (seen: CutAnswer) => void };

/** What is known of an answer at the moment when it was cut. */
export interface CutAnswer {
  /** All of it had come to this leg. */
  readonly whole: boolean;
  /** The client had got an event id to come back with. */
  readonly primed: boolean;
}

const REQUEST = /^(?:POST|GET|DELETE) /;
const REFERENCE = /"reference":"([\w-]+)"/;
/** A reference may come in two pieces. */
const OVERLAP = 100;

/** A TCP way to somewhere that knows which call each connection carries, and breaks where it is told. */
export class Wire {
  private readonly connections = new Set<Connection>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly treat: (reference: string) => Promise<Treatment> | Treatment,
  ) {}

  /** @param treat asked of each request that names a reference, repeated ones too, before it passes */
  static async start(target: string, treat: (reference: string) => Promise<Treatment> | Treatment): Promise<Wire> {
    const server = createServer((client) => wire.connect(client));
    const wire = new Wire(server, new URL(target), treat);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resets what carries a call. @returns what was known of its answer; undefined where nothing carries it */
  cut(reference: string): CutAnswer | undefined {
    const carrying = this.carrying(reference);
    for (const connection of carrying) connection.cut();
    return carrying[0]?.seen;
  }

  /** Lets nothing pass for a while. @returns whether anything carries the call */
  stall(reference: string, milliseconds: number): boolean {
    const carrying = this.carrying(reference);
    for (const connection of carrying) connection.stall(milliseconds);
    return carrying.length > 0;
  }

  stop(): void {
    this.server.close();
    for (const connection of this.connections) connection.cut();
  }

  private carrying(reference: string): Connection[] {
    return [...this.connections].filter((connection) => connection.reference === reference);
  }

  private connect(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    const connection = new Connection(client, upstream, this.treat);
    this.connections.add(connection);
    client.on('close', () => this.connections.delete(connection));
  }
}

/** Requests follow each other on it; no client here sends one before the last is answered. */
class Connection {
  reference: string | undefined;
  private answer = new Answer();
  private onCut: (seen: CutAnswer) => void = () => undefined;
  private request = '';
  private isCut = false;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly treat: (reference: string) => Promise<Treatment> | Treatment,
  ) {
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('error', () => client.resetAndDestroy()).on('end', () => client.end());
    client.on('end', () => upstream.end());
    client.on('data', (chunk) => void this.pass(chunk));
    upstream.on('data', (chunk) => this.passBack(chunk));
  }

  get seen(): CutAnswer {
    return { whole: this.answer.isWhole, primed: this.answer.isPrimed };
  }

  cut(): void {
    this.client.resetAndDestroy();
    this.upstream.destroy();
  }

  stall(milliseconds: number): void {
    this.client.pause();
    this.upstream.pause();
    setTimeout(() => {
      this.client.resume();
      this.upstream.resume();
    }, milliseconds);
  }

  private async pass(chunk: Buffer): Promise<void> {
    const text = chunk.toString('latin1');
    if (REQUEST.test(text)) this.begin();
    this.request = this.reference === undefined ? this.request.slice(-OVERLAP) + text : '';
    const found = REFERENCE.exec(this.request)?.[1];
    if (found !== undefined) {
      this.reference = found;
      this.client.pause(); // what follows must not overtake
      const passes = await this.follow(await this.treat(found));
      this.client.resume();
      if (!passes) return;
    }
    if (!this.upstream.destroyed) this.upstream.write(chunk);
  }

  private begin(): void {
    this.reference = undefined;
    this.request = '';
    this.answer = new Answer();
  }

  private async follow(treatment: Treatment): Promise<boolean> {
    if (treatment.kind === 'cut') this.cut();
    if (treatment.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, treatment.milliseconds));
    if (treatment.kind === 'cut answer') {
      this.answer = new Answer(treatment.position);
      this.onCut = treatment.onCut;
    }
    return treatment.kind !== 'cut';
  }

  private passBack(chunk: Buffer): void {
    if (this.isCut) return; // it had come already
    const { deliver, cut } = this.reference === undefined ? { deliver: chunk.length, cut: false } : this.answer.take(chunk);
    if (!cut) {
      if (!this.client.destroyed) this.client.write(chunk);
      return;
    }
    this.isCut = true;
    this.onCut(this.seen);
    this.upstream.pause();
    if (deliver === 0) this.cut();
    else this.client.write(chunk.subarray(0, deliver), () => this.cut()); // what was delivered leaves first
  }
}
