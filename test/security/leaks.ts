import { Dice } from '../core/dice';
import type { Stage } from '../suites/suite';
import { callAtOnce } from './at-once';
import type { Leak } from './evil/leak-answers';
import { call, ERAS } from './town/messages';
import type { Town } from './town/town';

/** What agents were told of a secret that a server tried to tell them. */
export interface Leaked {
  readonly calls: number;
  /** Answers in which the secret stood, and readers that have all of its pieces. */
  readonly found: readonly string[];
  /** Calls that the server answered, by its own account. */
  readonly tried: number;
}

const AT_ONCE = 8;
/** One of so many calls asks for a piece. */
const PIECES = 5;
/** Characters that two texts do not have in common by chance. */
const WINDOW = 8;

/** Has the server that means harm tell its secret, in ways that are made up, and reads every byte that comes as an agent might. */
export async function leakThrough(town: Town, seed: number, calls: number, stage: Pick<Stage, 'signal' | 'say'>): Promise<Leaked> {
  const secret = town.evilSecret;
  const found: string[] = [];
  const pieces = new Set<string>();
  town.witness.forget();
  const one = async (index: number): Promise<void> => {
    const dice = new Dice(seed * 1_000_003 + index);
    const era = dice.pick(ERAS);
    const asksPiece = index % PIECES === 0;
    const leak: Leak = { seed: dice.integer(0, 2 ** 30), ...(asksPiece && { piece: [(index / PIECES) % 3, 3] as const }) };
    // Who is told pieces is told nothing else: whoever has them all is no more told any.
    const { text, headers } = await town.ask(call(era, 'leak', { mark: 'leak', ...leak }), {
      server: 'evil',
      era,
      agent: asksPiece ? 'other' : 'reader',
    });
    const readings = readingsOf(`${JSON.stringify(headers)}\n${text}`);
    if (readings.some((reading) => reading.includes(secret))) found.push(`call ${index} of seed ${seed}: ${text.slice(0, 200)}`);
    if (asksPiece) for (const window of windowsIn(secret, readings)) pieces.add(window);
  };
  await callAtOnce(AT_ONCE, { calls, what: 'tries to tell a secret' }, stage, one);
  const chunks = chunksOf(secret);
  if (chunks.every((chunk) => pieces.has(chunk))) found.push('an agent was told all pieces of it');
  return { calls, found, tried: town.witness.all.length };
}

/** A text as an agent could read it: as it is, without its escapes, and what in it is base64 or hex. */
export function readingsOf(text: string): readonly string[] {
  const once = unescaped(text);
  const twice = unescaped(once);
  const plain = [text, once, twice, unescaped(twice)];
  return plain.flatMap((one) => [one, ...decodedIn(one)]);
}

function unescaped(text: string): string {
  return text
    .replace(/\\+u([\da-f]{4})/gi, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)))
    .replace(/%(?:25)*([\da-f]{2})/gi, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)));
}

function decodedIn(text: string): readonly string[] {
  const hex = [...text.matchAll(/(?:[\da-f]{2}){4,}/gi)].map(([run]) => Buffer.from(run, 'hex').toString('latin1'));
  const base64 = [...text.matchAll(/[\w+/-]{8,}/g)].flatMap(([run]) =>
    // Whatever stands before it in what is encoded.
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1')),
  );
  return [...hex, ...base64];
}

function chunksOf(secret: string): readonly string[] {
  return Array.from({ length: Math.floor(secret.length / WINDOW) }, (_, at) => secret.slice(at * WINDOW, (at + 1) * WINDOW));
}

/** The chunks that were told; of one that is cut in two either part is enough. */
function windowsIn(secret: string, readings: readonly string[]): readonly string[] {
  return chunksOf(secret).filter((chunk) =>
    readings.some((reading) => reading.includes(chunk.slice(0, WINDOW / 2)) || reading.includes(chunk.slice(WINDOW / 2))),
  );
}
