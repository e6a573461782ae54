/** Where an answer is cut: so many bytes behind the head of the response, or behind what a streaming call reports first. */
export interface CutPosition {
  readonly behind: 'head' | 'progress';
  readonly bytes: number;
}

const HEAD_END = '\r\n\r\n';
const MARKS = { head: /\r\n\r\n/, progress: /notifications\/(?:progress|message)/ } as const;
/** An event id of the gateway, on a line of its own. */
const PRIMED = /(?:^|\n)id: ?mcpfleet\.[^\n]*\n/;
const LENGTH = /\r\ncontent-length: ?(\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding: ?chunked\r\n/i;
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** One HTTP/1.1 answer as it passes: says where to cut it, and what had come and what had been delivered by then. */
export class Answer {
  private came = '';
  private delivered = 0;
  private cutAt: number | undefined;

  constructor(private readonly position?: CutPosition) {}

  /** Takes the next bytes. @returns how many of them to deliver, and whether it ends there */
  take(chunk: Buffer): { readonly deliver: number; readonly cut: boolean } {
    this.came += chunk.toString('latin1');
    this.cutAt ??= this.locate();
    const left = (this.cutAt ?? Number.POSITIVE_INFINITY) - this.delivered;
    const cut = left <= chunk.length;
    const deliver = cut ? Math.max(0, left) : chunk.length;
    this.delivered += deliver;
    return { deliver, cut };
  }

  /** Whether all of it has come, delivered or not. */
  get isWhole(): boolean {
    const end = this.came.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = this.came.slice(0, end + 2);
    const body = this.came.slice(end + HEAD_END.length);
    const length = LENGTH.exec(head)?.[1];
    if (length !== undefined) return body.length >= Number(length);
    return CHUNKED.test(head) && (body.endsWith(LAST_CHUNK) || body === LAST_CHUNK.slice(2));
  }

  /** Whether the client has got an event id with which it can come back. */
  get isPrimed(): boolean {
    return PRIMED.test(this.came.slice(0, this.delivered));
  }

  private locate(): number | undefined {
    if (this.position === undefined) return undefined;
    const mark = MARKS[this.position.behind].exec(this.came);
    return mark === null ? undefined : mark.index + mark[0].length + this.position.bytes;
  }
}
