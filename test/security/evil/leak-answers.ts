import { Dice } from '../../core/dice';
import { ENCODINGS, isJson, randomText } from '../../core/secrets/generator';
import type { AnswerWith } from './answers';

/** What the suite asks the tool `leak` for. */
export interface Leak {
  readonly seed: number;
  /** Which piece of so many; the whole secret where it is absent. */
  readonly piece?: readonly [at: number, of: number];
}

const PLACES = ['text', 'structured', 'name', 'error', 'header', 'log', 'progress', 'ask', 'meta'] as const;
const PIECE_CODINGS = ['utf8', 'hex', 'base64', 'base64url'] as const;

/** Tells its secret in one way of very many, which the seed says. */
export function leakAnswer({ seed, piece }: Leak): AnswerWith {
  const secret = process.env.EVIL_KEY ?? '';
  const dice = new Dice(seed);
  const told = piece === undefined ? wholeOf(secret, dice) : pieceOf(secret, piece, dice);
  return async (response, id) => {
    const place = piece === undefined ? dice.pick(PLACES) : 'text';
    const header =
      place === 'header'
        ? {
            'x-detail': Buffer.from(told)
              .toString('latin1')
              .replace(/[^ -~]/g, ''),
          }
        : {};
    const messages = messagesOf(place, literalOf(told, dice), id);
    const streams = messages.length > 1 || dice.chance(0.3);
    response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json', ...header });
    const bytes = Buffer.from(streams ? messages.map((message) => `data: ${message}\n\n`).join('') : (messages[0] as string));
    const size = dice.pick([1, 7, 60, bytes.length, bytes.length, bytes.length]);
    for (let at = 0; at < bytes.length; at += size) {
      response.write(bytes.subarray(at, at + size));
      if (size < bytes.length) await new Promise(setImmediate);
    }
    response.end();
  };
}

function wholeOf(secret: string, dice: Dice): string {
  const encode = dice.pick(Object.values(ENCODINGS));
  const around = () => randomText(dice).replace(/[^ -~]/g, '');
  return `${around()}${encode(secret, dice)}${around()}`;
}

function pieceOf(secret: string, [at, of]: readonly [number, number], dice: Dice): string {
  const [from, to] = [at, at + 1].map((cut) => Math.round((cut * secret.length) / of));
  return `part ${at}: ${Buffer.from(secret.slice(from, to)).toString(dice.pick(PIECE_CODINGS))}`;
}

/** A JSON string that says it; what is escaped for JSON already may be one as it is. */
function literalOf(told: string, dice: Dice): string {
  const asItIs = `"${told}"`;
  return dice.chance(0.5) && isJson(asItIs) ? asItIs : JSON.stringify(told);
}

function messagesOf(place: (typeof PLACES)[number], literal: string, id: number): readonly string[] {
  const result = (text: string) => `{"jsonrpc":"2.0","id":${id},"result":${text}}`;
  const said = (method: string, params: string, own = '') => `{"jsonrpc":"2.0",${own}"method":"${method}","params":${params}}`;
  const plain = result('{"content":[{"type":"text","text":"did it"}]}');
  if (place === 'text') return [result(`{"content":[{"type":"text","text":${literal}}]}`)];
  if (place === 'structured') return [result(`{"content":[],"structuredContent":{"rows":[[${literal}]]}}`)];
  if (place === 'name') return [result(`{"content":[],"structuredContent":{${literal}:1}}`)];
  if (place === 'meta') return [result(`{"content":[],"_meta":{"own/detail":${literal}}}`)];
  if (place === 'error') return [`{"jsonrpc":"2.0","id":${id},"error":{"code":-32050,"message":${literal},"data":[${literal}]}}`];
  if (place === 'log') return [said('notifications/message', `{"level":"info","data":${literal}}`), plain];
  if (place === 'progress') return [said('notifications/progress', `{"progressToken":"p","progress":1,"message":${literal}}`), plain];
  if (place === 'ask')
    return [said('elicitation/create', `{"message":${literal},"requestedSchema":{"type":"object","properties":{}}}`, '"id":77,'), plain];
  return [plain];
}
