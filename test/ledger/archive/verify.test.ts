import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FoundKey } from '../../../ledger/archive/agent-keys';
import { type ArchivedChange, type Change, chained, GENESIS, imageHash, linesOf } from '../../../ledger/archive/record';
import { seal } from '../../../ledger/archive/sealed-row';
import { segmentKey, segmentNumber } from '../../../ledger/archive/segment';
import { problemOfChange } from '../../../ledger/archive/transition';
import { verify } from '../../../ledger/archive/verify';
import { eventOf } from '../../../ledger/expressions';
import { statesBefore } from '../../../ledger/protocol';
import type { LedgerRow, LedgerState } from '../../../ledger/row';
import { Dice } from '../../core/dice';
import { claimedRow } from '../../lambda/ledger-rows';

const KEY = Buffer.alloc(32, 7);

/** A table, and the archive of all that was ever written to it. */
class History {
  readonly objects = new Map<string, string>();
  readonly table = new Map<string, LedgerRow>();
  /** Of the one agent; what a reader finds of it. */
  key: FoundKey = KEY;
  private changes: Change[] = [];
  private end = GENESIS;
  private events = 0;

  constructor(private readonly dice: Dice) {}

  /** Calls of all kinds, each some steps far, mixed; archived in objects of some changes each. */
  static random(dice: Dice): History {
    const history = new History(dice);
    const open: LedgerRow[] = [];
    for (let step = 0; step < 60; step++) {
      if (open.length === 0 || dice.chance(0.4))
        open.push(history.write(claimedRow('bank', { state: dice.pick(['claimed', 'sent', 'confirmed']) })));
      else history.moveOn(open, dice.integer(0, open.length - 1));
      if (dice.chance(0.25)) history.archive();
    }
    history.archive();
    return history;
  }

  write(row: LedgerRow, archived = true): LedgerRow {
    const before = this.table.get(row.pk);
    const after = { ...row, history: row.history ?? [eventOf(row.state, 'replica', Date.now())] };
    this.table.set(row.pk, after);
    if (archived) this.note(before, after);
    return after;
  }

  remove(pk: string): void {
    this.note(this.table.get(pk), undefined);
    this.table.delete(pk);
  }

  archive(): void {
    if (this.changes.length === 0) return;
    const records = chained(this.end, this.changes.map(sealed));
    this.objects.set(segmentKey(this.objects.size + 1), linesOf(records));
    this.end = records.at(-1) ?? this.end;
    this.changes = [];
  }

  async verify(since?: number) {
    const numbers = [...this.objects.keys()].map((key) => segmentNumber(key) as number).sort((a, b) => b - a);
    const bucket = {
      read: async (key: string) => this.objects.get(key),
      segment: async (number: number) => this.objects.get(segmentKey(number)),
      segments: async function* () {
        for (const number of numbers) yield { number, original: 'first' };
      },
    };
    const { table: standing } = this;
    const pages = async function* () {
      yield [...standing.values()];
    };
    const table = { pages, row: async (pk: string) => this.table.get(pk) };
    const keys = { find: async () => this.key };
    return await verify(bucket, table, { patienceMs: 0, keys, ...(since !== undefined && { since }) });
  }

  private moveOn(open: LedgerRow[], at: number): void {
    const row = open[at] as LedgerRow;
    const ways = (['sent', 'confirmed', 'failed', 'not_executed', 'unknown'] as LedgerState[]).filter((next) =>
      statesBefore(next).includes(row.state),
    );
    if (ways.length === 0) return void open.splice(at, 1);
    const state = this.dice.pick(ways);
    open[at] = this.write({ ...row, state, history: [...(row.history ?? []), eventOf(state, 'replica', Date.now())] });
  }

  private note(before: LedgerRow | undefined, after: LedgerRow | undefined): void {
    const outside = problemOfChange(before, after, Date.now());
    const id = String(++this.events);
    this.changes.push({
      event: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
      ...{ eventId: id, shardSequence: id, at: Date.now(), pk: (after ?? before)?.pk as string },
      ...(after !== undefined && { row: after }),
      ...(before !== undefined && { before: imageHash(before) }),
      ...(outside !== undefined && { outside }),
    });
  }
}

function sealed({ row, ...change }: Change): ArchivedChange {
  if (row === undefined) return change;
  return { ...change, image: imageHash(row), ...seal(row, change, row.agent, { id: '00001', key: KEY }) };
}

/** One thing that somebody does to the archive; returns what has to be named, by fault. */
type Mutation = (history: History, dice: Dice) => { readonly faults: readonly string[]; readonly what: string };

function pick({ objects }: History, dice: Dice): { key: string; lines: string[]; at: number; number: (line: number) => number } {
  const keys = [...objects.keys()].filter((key) => (objects.get(key) as string).split('\n').length > 3);
  const key = dice.pick(keys);
  const lines = (objects.get(key) as string).trimEnd().split('\n');
  return { key, lines, at: dice.integer(0, lines.length - 2), number: (line) => JSON.parse(lines[line] as string).sequence };
}

const put = ({ objects }: History, key: string, lines: readonly string[]) => objects.set(key, lines.map((line) => `${line}\n`).join(''));

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a record is deleted': (history, dice) => {
    const { key, lines, at, number } = pick(history, dice);
    const what = `record ${number(at)}`;
    put(history, key, lines.toSpliced(at, 1));
    return { faults: ['missing'], what };
  },
  'a byte is edited': (history, dice) => {
    const { key, lines, at, number } = pick(history, dice);
    const line = lines[at] as string;
    const byte = dice.integer(0, line.length - 1);
    const other = line[byte] === 'x' ? 'y' : 'x';
    put(history, key, lines.toSpliced(at, 1, line.slice(0, byte) + other + line.slice(byte + 1)));
    return { faults: ['edited'], what: `record ${number(at)} at ${key}:${at + 1}` };
  },
  'two records change places': (history, dice) => {
    const { key, lines, at, number } = pick(history, dice);
    put(history, key, lines.toSpliced(at, 2, lines[at + 1] as string, lines[at] as string));
    return { faults: ['reordered'], what: `record ${number(at)}` };
  },
  'a record stands there twice': (history, dice) => {
    const { key, lines, at, number } = pick(history, dice);
    put(history, key, lines.toSpliced(at, 0, lines[at] as string));
    return { faults: ['duplicated'], what: `record ${number(at)} at ${key}:${at + 2}` };
  },
  'an object is deleted': ({ objects }, dice) => {
    const key = dice.pick([...objects.keys()].slice(0, -1));
    objects.delete(key);
    return { faults: ['missing'], what: key };
  },
  'the tail is cut off': ({ objects }) => {
    const key = segmentKey(objects.size);
    const { pk } = JSON.parse((objects.get(key) as string).trimEnd().split('\n').at(-1) as string);
    objects.delete(key);
    return { faults: ['missing', 'differs'], what: `row ${pk}` };
  },
  'two objects change places': ({ objects }, dice) => {
    const at = dice.integer(1, objects.size - 1);
    const [one, other] = [objects.get(segmentKey(at)) as string, objects.get(segmentKey(at + 1)) as string];
    objects.set(segmentKey(at), other).set(segmentKey(at + 1), one);
    return { faults: ['reordered'], what: `record ${JSON.parse(one.split('\n')[0] as string).sequence}` };
  },
  'an older object takes the place of a newer one': ({ objects }, dice) => {
    const at = dice.integer(1, objects.size - 1);
    const older = objects.get(segmentKey(at)) as string;
    objects.set(segmentKey(at + 1), older);
    return { faults: ['duplicated'], what: `record ${JSON.parse(older.split('\n')[0] as string).sequence} at ${segmentKey(at + 1)}:1` };
  },
  'a record is written anew, with a hash of its own': (history, dice) => {
    const { key, lines, at } = pick(history, dice);
    const { sequence, previous, hash: _, ...change } = JSON.parse(lines[at] as string);
    const [forged] = chained({ sequence: sequence - 1, hash: previous }, [{ ...change, at: change.at + 1 }]);
    put(history, key, lines.toSpliced(at, 1, linesOf(forged === undefined ? [] : [forged]).trimEnd()));
    return { faults: ['edited'], what: `record ${sequence}` };
  },
  'a row is edited in the table, unseen by the stream': (history, dice) => {
    const row = dice.pick([...history.table.values()]);
    history.table.set(row.pk, { ...row, subject: 'somebody else' });
    return { faults: ['differs'], what: `row ${row.pk}` };
  },
  'a row is deleted from the table, unseen by the stream': ({ table }, dice) => {
    const pk = dice.pick([...table.keys()]);
    table.delete(pk);
    return { faults: ['differs'], what: `row ${pk}` };
  },
  'a row is put into the table, unseen by the stream': (history) => {
    const { pk } = history.write(claimedRow('bank'), false);
    return { faults: ['missing'], what: `row ${pk}` };
  },
  'a row is changed outside the protocol': (history, dice) => {
    const row = dice.pick([...history.table.values()]);
    history.write({ ...row, subject: 'somebody else' });
    history.archive();
    return { faults: ['outside'], what: `row ${row.pk}` };
  },
  'a row is deleted': (history, dice) => {
    const pk = dice.pick([...history.table.keys()]);
    history.remove(pk);
    history.archive();
    return { faults: ['outside'], what: `row ${pk}` };
  },
};

const ROUNDS = 10;
/** Of what differs in nothing but that nobody reads the rows. */
const FEW = 3;
let dice: Dice;
beforeEach(() => {
  dice = new Dice(1);
});

test('a history that nobody has touched has no findings', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const history = History.random(dice);
    const { findings, records, segments, rows } = await history.verify();
    expect(findings).toEqual([]);
    expect([segments, rows]).toEqual([history.objects.size, history.table.size]);
    expect(records).toBeGreaterThan(10);
  }
});

test('rows of before the archive began are counted, and no finding', async () => {
  const history = History.random(dice);
  history.write({ ...claimedRow('bank'), history: [eventOf('claimed', 'replica', Date.now() - 60_000)] }, false);
  const { earlier, findings } = await history.verify();
  expect([earlier, findings]).toEqual([1, []]);
});

test('a key that was destroyed leaves the chain as whole as it was, and what it has sealed is counted', async () => {
  const history = History.random(dice);
  const before = await history.verify();
  history.key = 'shredded';
  expect(await history.verify()).toEqual({ ...before, shredded: before.records });
});

test('nothing of a row but ids, times, states and digests stands in an object', () => {
  const history = new History(dice);
  const personal = { arguments: '{"iban":"DE89"}', result: '{"name":"Ada"}', subject: 'ada@acme.example', reason: 'Ada has said so' };
  history.write(claimedRow('bank', { ...personal, argumentsDigest: 'guessable', history: [eventOf('sent', 'Ada', 7, 'she was there')] }));
  history.archive();
  const [text = ''] = history.objects.values();
  expect(text).not.toMatch(/DE89|Ada|ada@|guessable|she was there|fence-/);
  expect(JSON.parse(text).row).toMatchObject({ agent: 'agent', server: 'bank', tool: 'transfer', history: [{ at: 7, state: 'sent' }] });
});

test.each<[string, FoundKey, string]>([
  ['is not there, and nobody has said why', 'missing', 'is not in the table of keys'],
  ['is another one', Buffer.alloc(32, 8), 'does not open it'],
])('a key that %s makes its records unreadable, which is named', async (_, key, why) => {
  const history = History.random(dice);
  history.key = key;
  const { findings, records } = await history.verify();
  expect(findings.map(({ fault }) => fault)).toEqual(Array.from({ length: records }, () => 'unreadable'));
  expect(findings[0]?.why).toContain(why);
});

test('what is sealed and is not what the record says is named', async () => {
  const history = History.random(dice);
  const [[key = '', text = '']] = [...history.objects] as [[string, string]];
  const lines = text.trimEnd().split('\n');
  const { sequence, previous, hash: _, ...change } = JSON.parse(lines[0] as string);
  const other = { ...change, image: imageHash({ other: true }) };
  put(history, key, [linesOf(chained({ sequence: sequence - 1, hash: previous }, [other])).trimEnd(), ...lines.slice(1)]);
  expect((await history.verify()).findings).toContainEqual(
    expect.objectContaining({ fault: 'edited', why: 'what is sealed in it is not what it says' }),
  );
});

test('a number far behind the last one is told as one range, and takes no time', async () => {
  const history = History.random(dice);
  const [key, text] = [...history.objects].at(-1) as [string, string];
  const lines = text.trimEnd().split('\n');
  const { sequence, previous, hash: _, ...change } = JSON.parse(lines.at(-1) as string);
  const far = { ...change, pk: 'bank#agent#c:far' };
  put(history, key, [...lines, linesOf(chained({ sequence: 9_000_000_000_000_000, hash: previous }, [far])).trimEnd()]);
  expect((await history.verify()).findings.map(({ what }) => what)).toContain(`records ${sequence + 1} to 9000000000000000`);
});

describe.each(
  Object.entries(MUTATIONS).flatMap(([what, mutate]) => [
    [what, mutate, KEY, ROUNDS] as const,
    [`${what}, and what it held is shredded`, mutate, 'shredded', FEW] as const,
  ]),
)('where %s', (_, mutate, key, rounds) => {
  test('it is named', async () => {
    for (let round = 0; round < rounds; round++) {
      const history = History.random(dice);
      history.key = key;
      const { faults, what } = mutate(history, dice);
      const { findings } = await history.verify();
      const named = findings.filter((finding) => faults.includes(finding.fault) && finding.what.includes(what));
      if (named.length === 0) expect(findings).toEqual([{ fault: faults.join(' or '), what, why: expect.anything() }]);
    }
  });
});
