import { beforeEach, describe, expect, test } from '@jest/globals';
import { ArchiveWriter, type ChainBucket } from '../../lambda/archive-writer';
import { type ArchiveRecord, type Change, GENESIS, recordOf } from '../../ledger/archive/record';
import { segmentKey, segmentNumber } from '../../ledger/archive/segment';
import { Dice } from '../core/dice';

let changes = 0;

function batch(size: number): readonly Change[] {
  return Array.from({ length: size }, () => {
    const id = String(++changes).padStart(6, '0');
    return { event: 'INSERT', eventId: `event-${id}`, shardSequence: id, at: 1_000, pk: `bank#agent#c:${id}` };
  });
}

/** Strongly consistent, as S3 is; `fail` says which of its answers are lost. */
class MemoryBucket implements ChainBucket {
  readonly objects = new Map<string, string>();
  fail: (operation: string, key: string, done: boolean) => boolean = () => false;

  async putOnce(key: string, text: string): Promise<boolean> {
    await this.answer('put', key, false);
    if (this.objects.has(key)) return false;
    this.objects.set(key, text);
    await this.answer('put', key, true);
    return true;
  }

  async read(key: string): Promise<string | undefined> {
    await this.answer('read', key, false);
    return this.objects.get(key);
  }

  segment(number: number): Promise<string | undefined> {
    return this.read(segmentKey(number));
  }

  async newest(): Promise<number> {
    return Math.max(0, ...[...this.objects.keys()].map((key) => segmentNumber(key) ?? 0));
  }

  /** All records, in the order of the chain. */
  records(): readonly ArchiveRecord[] {
    const numbers = [...this.objects.keys()].flatMap((key) => segmentNumber(key) ?? []).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    const lines = numbers.flatMap((number) => (this.objects.get(segmentKey(number)) as string).trimEnd().split('\n'));
    return lines.map((line) => recordOf(line) as ArchiveRecord);
  }

  private async answer(operation: string, key: string, done: boolean): Promise<void> {
    await new Promise((next) => setImmediate(next));
    if (this.fail(operation, key, done)) throw new Error(`the answer to ${operation} ${key} was lost`);
  }
}

let bucket: MemoryBucket;
beforeEach(() => {
  bucket = new MemoryBucket();
});

/** Each change once, and a chain without a gap. */
function expectChain(...batches: readonly (readonly Change[])[]): void {
  const records = bucket.records();
  expect(records.map(({ eventId }) => eventId).sort()).toEqual(
    batches
      .flat()
      .map(({ eventId }) => eventId)
      .sort(),
  );
  let end = GENESIS;
  for (const record of records) {
    expect([record.sequence, record.previous]).toEqual([end.sequence + 1, end.hash]);
    end = record;
  }
}

describe('a batch', () => {
  test('goes behind the one before, also by a writer that has seen nothing', async () => {
    const [one, two, three] = [batch(3), batch(1), batch(2)];
    const writer = new ArchiveWriter(bucket);
    expect([await writer.append(one), await writer.append(two)]).toEqual([3, 1]);
    expect(await new ArchiveWriter(bucket).append(three)).toBe(2);
    expect(await writer.append([])).toBe(0);
    expectChain(one, two, three);
  });

  test('that comes again is not appended again, by whomever; what comes behind it is', async () => {
    const [one, two, more] = [batch(3), batch(2), batch(2)];
    const writer = new ArchiveWriter(bucket);
    await writer.append(one);
    await writer.append(two);
    expect(await writer.append(one)).toBe(0);
    expect(await new ArchiveWriter(bucket).append([...two, ...more])).toBe(2);
    expect(await new ArchiveWriter(bucket).append([...one, ...batch(0)])).toBe(0);
    expectChain(one, two, more);
  });

  test('of several writers at once gets a place of its own, and keeps its order', async () => {
    const batches = Array.from({ length: 12 }, (_, at) => batch((at % 3) + 1));
    await Promise.all(batches.map((each) => new ArchiveWriter(bucket).append(each)));
    expectChain(...batches);
    for (const each of batches) {
      const places = bucket.records().filter(({ eventId }) => each.some((change) => change.eventId === eventId));
      expect(places.map(({ eventId }) => eventId)).toEqual(each.map(({ eventId }) => eventId));
    }
  });

  test('that comes twice at once is appended once', async () => {
    const [one, two] = [batch(3), batch(3)];
    await Promise.all([one, one, two, one, two].map((each) => new ArchiveWriter(bucket).append(each)));
    expectChain(one, two);
  });

  test('whatever answer is lost, and wherever, comes again until it is there once', async () => {
    const batches = Array.from({ length: 6 }, () => batch(2));
    for (let seed = 1; seed <= 20; seed++) {
      bucket = new MemoryBucket();
      const dice = new Dice(seed);
      bucket.fail = () => dice.chance(0.1);
      await Promise.all(
        batches.map(async (each) => {
          for (let appended = false; !appended; ) {
            const writer = new ArchiveWriter(bucket);
            appended = await writer.append(each).then(
              () => true,
              () => false,
            );
          }
        }),
      );
      expectChain(...batches);
    }
  });
});

test('nothing is appended to what is damaged', async () => {
  await new ArchiveWriter(bucket).append(batch(1));
  bucket.objects.set(segmentKey(1), 'x');
  await expect(new ArchiveWriter(bucket).append(batch(1))).rejects.toThrow(`${segmentKey(1)} of the archive is missing or damaged`);
});
