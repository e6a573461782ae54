import type { AwsRequest } from './aws-link';

type Kind = 'claim' | 'sent' | 'settlement';

/** A write of the ledger's protocol, as it stands in a request to the table. */
export interface LedgerWrite {
  /** What is written by it: the claim of a call that waits for nothing says at once that it is sent. */
  readonly kinds: readonly Kind[];
  readonly reference: string;
  /** Gateway replica that wrote the claim. */
  readonly owner: string;
  /** Of the claim. */
  readonly fence: string;
}

interface Known {
  readonly reference: string;
  readonly owner: string;
}

interface Row {
  readonly pk?: Text;
  readonly arguments?: Text;
  readonly owner?: Text;
  readonly state?: Text;
  readonly fence?: Text;
}

interface WriteBody {
  readonly Item?: Row;
  readonly Statements?: readonly { readonly Statement: string; readonly Parameters: readonly Text[] }[];
  readonly Key?: { readonly pk?: Text };
  readonly ExpressionAttributeValues?: { readonly ':next'?: Text; readonly ':fence'?: Text };
}

interface Text {
  readonly S?: string;
}

const BEGINNINGS: Readonly<Record<string, readonly Kind[]>> = { claimed: ['claim'], sent: ['claim', 'sent'] };

/** Reads ledger writes off the wire, and remembers which call a row belongs to. */
export class LedgerWrites {
  private readonly rows = new Map<string, Known>();
  /** Gateway replica that claimed a call last. */
  readonly owners = new Map<string, string>();

  /** One of a request for one row, any number of a batch. */
  read({ target, body }: AwsRequest): readonly LedgerWrite[] {
    if (!/\.(PutItem|UpdateItem|BatchExecuteStatement)$/.test(target)) return [];
    const { Item, Statements, ...update } = JSON.parse(body) as WriteBody;
    const begun = Item === undefined ? Statements?.map(insertedBy) : [Item];
    const writes = begun === undefined ? [this.readStep(update)] : begun.map((row) => this.readClaim(row));
    return writes.filter((write) => write !== undefined);
  }

  private readStep({ Key, ExpressionAttributeValues }: WriteBody): LedgerWrite | undefined {
    const known = this.rows.get(Key?.pk?.S ?? '');
    const { ':next': next, ':fence': fence } = ExpressionAttributeValues ?? {};
    if (known === undefined || fence?.S === undefined) return undefined;
    if (next?.S === 'sent') return { kinds: ['sent'], ...known, fence: fence.S };
    return next?.S === 'confirmed' || next?.S === 'failed' ? { kinds: ['settlement'], ...known, fence: fence.S } : undefined;
  }

  private readClaim({ pk, arguments: args, owner, state, fence }: Row): LedgerWrite | undefined {
    const reference = /"reference":"([\w-]+)"/.exec(args?.S ?? '')?.[1];
    const kinds = BEGINNINGS[state?.S ?? ''];
    if (kinds === undefined || reference === undefined) return undefined;
    if (pk?.S === undefined || owner?.S === undefined || fence?.S === undefined) return undefined;
    const known = { reference, owner: owner.S };
    this.rows.set(pk.S, known);
    this.owners.set(reference, owner.S);
    return { kinds, ...known, fence: fence.S };
  }
}

/** The row of an INSERT. */
function insertedBy({ Statement, Parameters }: NonNullable<WriteBody['Statements']>[number]): Row {
  const names = [...Statement.matchAll(/'(\w+)': \?/g)].map(([, name]) => name as string);
  return Object.fromEntries(names.map((name, index) => [name, Parameters[index]]));
}
