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

interface WriteBody {
  readonly Item?: { readonly pk?: Text; readonly arguments?: Text; readonly owner?: Text; readonly state?: Text; readonly fence?: Text };
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

  read({ target, body }: AwsRequest): LedgerWrite | undefined {
    if (!/\.(PutItem|UpdateItem)$/.test(target)) return undefined;
    const { Item, Key, ExpressionAttributeValues } = JSON.parse(body) as WriteBody;
    if (Item !== undefined) return this.readClaim(Item);
    const known = this.rows.get(Key?.pk?.S ?? '');
    const { ':next': next, ':fence': fence } = ExpressionAttributeValues ?? {};
    if (known === undefined || fence?.S === undefined) return undefined;
    if (next?.S === 'sent') return { kinds: ['sent'], ...known, fence: fence.S };
    return next?.S === 'confirmed' || next?.S === 'failed' ? { kinds: ['settlement'], ...known, fence: fence.S } : undefined;
  }

  private readClaim({ pk, arguments: args, owner, state, fence }: NonNullable<WriteBody['Item']>): LedgerWrite | undefined {
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
