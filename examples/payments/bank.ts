import { randomUUID } from 'node:crypto';
import type { Journal, JournalEntry } from './journal';

interface Account {
  readonly currency: string;
  /** Balance before the first journal entry, in minor units (cents). */
  readonly opening: number;
}

const ACCOUNTS: Readonly<Record<string, Account>> = {
  operating: { currency: 'EUR', opening: 50_000_000 },
  payroll: { currency: 'EUR', opening: 20_000_000 },
  vendors: { currency: 'EUR', opening: 0 },
  customers: { currency: 'EUR', opening: 1_000_000 },
  'petty-cash': { currency: 'EUR', opening: 5_000 },
};

/** The bank said no: the same request will be answered the same way. */
export class Refusal extends Error {}

export interface TransferRequest {
  readonly from: string;
  readonly to: string;
  /** Minor units (cents). */
  readonly amount: number;
  readonly currency: string;
  readonly reference?: string;
}

/**
 * Accounts with opening balances; everything since is in the journal, so that each instance sees the same money.
 * Two transfers at one moment can overdraw an account: an example's bank, without a lock per account.
 */
export class Bank {
  constructor(private readonly journal: Journal) {}

  async transfer({ from, to, amount, currency, reference }: TransferRequest): Promise<JournalEntry> {
    const source = account(from);
    const target = account(to);
    if (amount <= 0) throw new Refusal(`The amount is ${amount}; a transfer moves at least 1 cent.`);
    for (const side of [source, target]) {
      if (side.currency !== currency) throw new Refusal(`The account is in ${side.currency}, the transfer in ${currency}.`);
    }
    const available = await this.balance(from);
    if (available.amount < amount) throw new Refusal(`Account "${from}" holds ${available.amount}; ${amount} is more than that.`);
    return await this.execute({ tool: 'transfer', from, to, amount, currency, reference });
  }

  async refund(transferId: string, reason: string): Promise<JournalEntry> {
    const transfer = await this.journal.find(transferId);
    if (transfer?.tool !== 'transfer') throw new Refusal(`There is no transfer "${transferId}".`);
    const { from, to, amount, currency } = transfer;
    return await this.execute({ tool: 'refund', from: to, to: from, amount, currency, transferId, reason });
  }

  /** Books the batch before the work starts, as a real settlement does: what follows cannot be taken back. */
  async startBatch(reference: string | undefined): Promise<JournalEntry> {
    return await this.execute({ tool: 'settle_batch', reference });
  }

  async balance(name: string): Promise<{ account: string; amount: number; currency: string }> {
    const { opening, currency } = account(name);
    const amount = (await this.journal.all()).reduce((sum, entry) => sum + effectOn(name, entry), opening);
    return { account: name, amount, currency };
  }

  async findTransfers(reference: string): Promise<readonly JournalEntry[]> {
    return (await this.journal.all()).filter((entry) => entry.tool === 'transfer' && entry.reference === reference);
  }

  /** Batches that were booked; whether the clearing house has settled one is not in the journal. */
  async findBatches(reference: string): Promise<readonly JournalEntry[]> {
    return (await this.journal.all()).filter((entry) => entry.tool === 'settle_batch' && entry.reference === reference);
  }

  private async execute(what: Omit<JournalEntry, 'entry' | 'at'>): Promise<JournalEntry> {
    const entry = { entry: randomUUID(), at: Date.now(), ...what };
    await this.journal.append(entry);
    return entry;
  }
}

function account(name: string): Account {
  const found = Object.hasOwn(ACCOUNTS, name) ? ACCOUNTS[name] : undefined;
  if (!found) throw new Refusal(`There is no account "${name}"; the accounts are ${Object.keys(ACCOUNTS).join(', ')}.`);
  return found;
}

function effectOn(name: string, { from, to, amount = 0 }: JournalEntry): number {
  return (to === name ? amount : 0) - (from === name ? amount : 0);
}
