import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { LocalAccountError } from '../account-error';
import { rootOf, type Stack } from '../assembly/cloud-assembly';
import { addressText } from '../assembly/template';
import type { DeployedResource, DeployedResources } from './deployed';
import type { RecordFile } from './stack-record';

/** What an account keeps of its stacks from one run to the next. */
export interface KeptAccount {
  readonly records: readonly RecordFile[];
  readonly resources: DeployedResources;
  readonly retained: DeployedResources;
}

/** A resource as it is written down: of its stack only the place. */
interface KeptResource extends Pick<DeployedResource, 'address' | 'resource' | 'properties' | 'runs' | 'needs' | 'life'> {
  readonly account: string;
  readonly region: string;
  /** Name of the stack that its own one is nested in, at any depth. */
  readonly root?: string;
  readonly ref: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly changedAt: string;
}

interface KeptFile {
  readonly version: 2;
  readonly records: readonly RecordFile[];
  readonly resources: readonly KeptResource[];
  readonly retained: readonly KeptResource[];
}

const VERSION = 2;

/** The file of an account's stacks; readable by this user alone, for properties may hold secrets. */
export class KeptStacks {
  constructor(private readonly file: string) {}

  save({ records, resources, retained }: KeptAccount): void {
    const content: KeptFile = {
      version: VERSION,
      records,
      resources: [...resources.values()].map(written),
      retained: [...retained.values()].map(written),
    };
    // Whole or not at all: an account that is killed meanwhile finds what it had before.
    writeFileSync(`${this.file}.new`, JSON.stringify(content), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  /** @throws LocalAccountError for a file that another version of the package has written, or that is damaged */
  load(): KeptAccount {
    if (!existsSync(this.file)) return { records: [], resources: new Map(), retained: new Map() };
    try {
      const { version, records, resources, retained } = JSON.parse(readFileSync(this.file, 'utf8')) as KeptFile;
      if (version === VERSION) return { records, resources: byAddress(resources), retained: byAddress(retained) };
    } catch {
      // said below
    }
    const message = `${this.file} cannot be read: it is damaged, or of another version. Remove it; tables and secrets stay.`;
    throw new LocalAccountError('INVALID_ASSEMBLY', message);
  }
}

function written({ stack, created, changedAt, alive: _, ...resource }: DeployedResource): KeptResource {
  const { account, region } = stack;
  const { address, resource: declared, properties, runs, needs, life } = resource;
  return {
    ...{
      address,
      resource: declared,
      properties,
      runs,
      needs,
      life,
      account,
      region,
      ...(stack.parent && { root: rootOf(stack).name }),
      ref: created.ref,
      changedAt: changedAt.toISOString(),
    },
    ...(created.data && { data: created.data }),
  };
}

function byAddress(resources: readonly KeptResource[]): DeployedResources {
  return new Map(resources.map((kept) => [addressText(kept.address), remembered(kept)]));
}

/** One that this run has not made: what made it is gone, what it holds may still be there. */
function remembered({ account, region, root, ref, data, changedAt, ...resource }: KeptResource): DeployedResource {
  const named = (name: string): Stack => ({
    name,
    account,
    region,
    template: { Resources: {} },
    assets: { file: () => undefined, fileNamedIn: () => undefined, image: () => undefined },
    grants: new Map(),
    nested: new Map(),
  });
  const parent = root === undefined ? {} : { parent: { stack: named(root), logicalId: '' } };
  const stack: Stack = { ...named(resource.address.stack), ...parent };
  const created = { ref, attribute: (name: string) => data?.[name], ...(data && { data }) };
  return { ...resource, stack, created, alive: false, changedAt: new Date(changedAt) };
}
