import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AllowlistEntry } from '../core/policy';
import { REVOCATION_STANDS_MS, REVOCATIONS_KEY, type Revocation } from '../core/revocation';
import type { CheckedAccount } from '../local/checked-account';
import { revocationsIn } from './tables';

/** Who wrote it: a person, by the command line. Rows of this source are no construct code's, and none is removed by a deployment. */
export const OPERATOR = 'operator';

/** What an operator writes: a denial, and that it is there. */
export class Denials {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tables: CheckedAccount['tables'],
  ) {}

  async put(denial: AllowlistEntry): Promise<void> {
    await this.client.send(
      new PutItemCommand({ TableName: this.tables.allowlist, Item: marshall(denial, { removeUndefinedValues: true }) }),
    );
  }

  /** @returns whether there was one */
  async remove({ agent, entry }: Pick<AllowlistEntry, 'agent' | 'entry'>): Promise<boolean> {
    const { Attributes } = await this.client.send(
      new DeleteItemCommand({ TableName: this.tables.allowlist, Key: marshall({ agent, entry }), ReturnValues: 'ALL_OLD' }),
    );
    return Attributes !== undefined;
  }

  /** Tells every gateway, and forgets what all have heard. @param now milliseconds since the epoch */
  async announce(news: Omit<Revocation, 'id' | 'at'>, now: number): Promise<void> {
    const old = (await revocationsIn(this.client, this.tables.directory)).filter(({ at }) => at + REVOCATION_STANDS_MS < now);
    if (old.length > 0)
      await this.change(
        'DELETE',
        old.map((revocation) => JSON.stringify(revocation)),
      );
    await this.change('ADD', [JSON.stringify({ id: randomUUID(), at: now, ...news } satisfies Revocation)]);
  }

  private async change(how: 'ADD' | 'DELETE', news: readonly string[]): Promise<void> {
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.tables.directory,
        Key: { session: { S: REVOCATIONS_KEY } },
        UpdateExpression: `${how} news :news`,
        ExpressionAttributeValues: { ':news': { SS: [...news] } },
      }),
    );
  }
}
