import { type AttributeValue, type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { SIGHTINGS_KEY, type Sightings, type SightingsRequest } from '../../core/sightings';

/** Two ways to the item in which replicas count what they reach; each is a trial of its dependency as well. */
export interface SightingsBoard {
  /** Counts that the tables answer, and the authorizer where it did. */
  report(authorizerAnswers: boolean): Promise<Sightings>;
  /** Reads it from the table. */
  read(): Promise<Sightings>;
  /** Has the authorizer function read it. */
  ask(): Promise<Sightings>;
}

type Clients = { readonly dynamodb: DynamoDBClient; readonly lambda: LambdaClient };
type Places = { readonly directoryTable: string; readonly authorizerFunction: string };

export function sightingsBoard({ dynamodb, lambda }: Clients, { directoryTable, authorizerFunction }: Places): SightingsBoard {
  const item = { TableName: directoryTable, Key: { session: { S: SIGHTINGS_KEY } } };
  return {
    async report(authorizerAnswers) {
      const { Attributes } = await dynamodb.send(
        new UpdateItemCommand({
          ...item,
          UpdateExpression: 'ADD tables :one, authorizer :answers',
          ExpressionAttributeValues: { ':one': { N: '1' }, ':answers': { N: authorizerAnswers ? '1' : '0' } },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return sightingsOf(Attributes);
    },
    async read() {
      return sightingsOf((await dynamodb.send(new GetItemCommand({ ...item, ConsistentRead: true }))).Item);
    },
    async ask() {
      const request: SightingsRequest = { kind: 'mcp-fleet.sightings' };
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: authorizerFunction, Payload: JSON.stringify(request) }),
      );
      if (FunctionError !== undefined || Payload === undefined) throw new Error(`the authorizer cannot read it (${FunctionError})`);
      return JSON.parse(Buffer.from(Payload).toString()) as Sightings;
    },
  };
}

function sightingsOf(item: Record<string, AttributeValue> | undefined): Sightings {
  return { tables: Number(item?.tables?.N ?? 0), authorizer: Number(item?.authorizer?.N ?? 0) };
}
