import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator } from '../generator/generator';
import type { CallKind, Lane } from '../generator/request';
import type { BenchStage, StagedTarget } from '../stage';
import { between, type Counted, countsOf } from '../stand-ins/counts';
import { addressOf } from '../targets/address';
import { allocatedKib } from './allocated';

/** What is counted, by what it is counted of: the same on every machine. */
export interface Measured {
  /** To DynamoDB, for one call of a lane, or one session that opens. */
  readonly tables: Readonly<Record<Lane | 'open', Counted>>;
  /** KiB on the heap for one read. */
  readonly allocatedKib: Readonly<Record<string, number>>;
  /** KiB of what is deployed. */
  readonly bundleKib: Readonly<Record<string, number>>;
}

const SESSIONS = 20;
/** So many that a look of the replica at its own standing is lost among them. */
const OPENED = 200;
/** Calls of a lane. */
const CALLS = 200;
/** Calls until all that is called often is compiled: before that it is interpreted, which allocates more. */
const WARMING = 6_000;
/** Calls between which the collector has run many times. */
const ALLOCATING = 6_000;
const SIZE = 1_000;
const LANES: readonly Lane[] = ['read', 'keyed', 'keyless'];
const BUNDLES = { gateway: 'gateway/index.js', sidecar: 'sidecar/index.js', authorizer: 'lambda/authorizer/index.js' };

/** Told to the Node of what is measured: it collects often, so that the last collection tells of nearly all, and compiles at once. */
export const NODE_FLAGS = ['--trace-gc', '--max-semi-space-size=1', '--no-concurrent-recompilation'];

export async function measure({ targets, generator, tables }: BenchStage, dist: string): Promise<Measured> {
  const target = (name: string) => targets.find(({ variant }) => variant.target === name) as StagedTarget;
  const gateway = target('gateway');
  const counted = async (times: number, work: () => Promise<void>): Promise<Counted> => {
    const before = await countsOf(tables);
    await work();
    const { requests, writes, bytes } = between(before, await countsOf(tables));
    return { requests: rounded(requests / times), writes: rounded(writes / times), bytes: Math.round(bytes / times) };
  };
  const at = await addressOf(gateway, OPENED);
  const open = await counted(OPENED, () => generator.open(at));
  const lanes: Partial<Record<Lane, Counted>> = {};
  for (const lane of LANES)
    lanes[lane] = await counted(CALLS, () => generator.makeCalls({ ...at, call: { lane, size: SIZE }, calls: CALLS }));
  return {
    tables: { open, ...(lanes as Record<Lane, Counted>) },
    allocatedKib: { gateway: await allocatedBy(gateway, generator), sidecar: await allocatedBy(target('sidecar'), generator) },
    bundleKib: Object.fromEntries(
      Object.entries(BUNDLES).map(([name, file]) => [name, Math.round(statSync(join(dist, file)).size / 1024)]),
    ),
  };
}

/** A replica also looks after itself meanwhile: some calls have a request more. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** KiB for each read. */
async function allocatedBy(target: StagedTarget, generator: Generator): Promise<number> {
  const [served] = target.own;
  const call: CallKind = { lane: 'read', size: SIZE };
  const said = () => readFileSync(served?.log as string, 'utf8');
  await generator.makeCalls({ ...(await addressOf(target, SESSIONS)), call, calls: WARMING });
  const before = said().length;
  await generator.makeCalls({ ...(await addressOf(target, SESSIONS)), call, calls: ALLOCATING });
  return Math.round(allocatedKib(said().slice(before)) / ALLOCATING);
}
