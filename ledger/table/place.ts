import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';

/** Where requests go, and for which region and service they are signed. */
export interface Place {
  readonly url: URL;
  readonly region: string;
  readonly service: string;
}

/**
 * Where a client of the SDK would send, by the SDK's own rules: `AWS_ENDPOINT_URL_DYNAMODB`, profiles, FIPS, the endpoint of an
 * account. Its tables are of its own account, so that the name of one makes no difference.
 */
export async function placeOf({ config }: Pick<DynamoDBClient, 'config'>): Promise<Place> {
  // The SDK notes in the object what it found.
  const { url, properties } = await getEndpointFromInstructions({}, GetItemCommand, { ...config });
  const [scheme] = (properties?.authSchemes ?? []) as readonly { readonly signingRegion?: string; readonly signingName?: string }[];
  return { url, region: scheme?.signingRegion ?? (await config.region()), service: scheme?.signingName ?? config.defaultSigningName };
}
