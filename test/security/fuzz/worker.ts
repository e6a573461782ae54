// Makes messages, has them judged by the real reader and policy, and reads what a server would get with other parsers.
//   argv: seed, first number, how many, most bypasses, 1 where the reader is broken on purpose and may fail; the last line is a Tally
import { admitted } from './door';
import { wrongIn } from './grant';
import { messageOf } from './messages';
import { PARSERS, readBy } from './parsers';
import { hasPython, PythonParser } from './python-parser';

/** What a run has seen. */
export interface Tally {
  readonly messages: number;
  /** Texts that a server would have got. */
  readonly admitted: number;
  readonly parsers: readonly string[];
  readonly bypasses: readonly Bypass[];
}

export interface Bypass {
  /** Number of the message. */
  readonly index: number;
  readonly parser: string;
  /** What that parser makes of it. */
  readonly does: string;
  readonly text: string;
}

async function run(seed: number, from: number, count: number, most: number, mayFail: boolean): Promise<Tally> {
  const python = hasPython() ? new PythonParser() : undefined;
  const bypasses: Bypass[] = [];
  const sent: number[] = [];
  let index = from;
  for (; index < from + count && bypasses.length < most; index++) {
    // What fails within a gateway is answered INTERNAL, and nothing is sent.
    const texts = await admitted(messageOf(seed, index)).catch((error: Error) => {
      if (mayFail) return [];
      throw new Error(`message ${index}: ${error.stack}`);
    });
    for (const text of texts) {
      sent.push(index);
      await python?.tell(text);
      for (const [parser, parse] of Object.entries(PARSERS)) {
        const does = readBy(parse, text)
          .map(wrongIn)
          .find((wrong) => wrong !== undefined);
        if (does !== undefined) bypasses.push({ index, parser, does, text });
      }
    }
  }
  for (const at of (await python?.end(sent.length)) ?? [])
    bypasses.push({ index: sent[at] ?? -1, parser: 'python3', does: 'not granted', text: '' });
  const parsers = [...Object.keys(PARSERS), ...(python === undefined ? [] : ['python3'])];
  return { messages: index - from, admitted: sent.length, parsers, bypasses };
}

const [seed = 0, from = 0, count = 0, most = 1, mayFail = 0] = process.argv.slice(2).map(Number);
void run(seed, from, count, most, mayFail === 1).then((tally) => console.log(JSON.stringify(tally)));
