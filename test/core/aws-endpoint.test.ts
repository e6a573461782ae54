import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { endpointOf } from '../../core/aws-endpoint';
import { placeOf } from '../../ledger/table/place';
import { Dice } from './dice';

const PARTITIONS = ['us', 'eu', 'ap', 'il', 'cn', 'eusc-de', 'us-iso', 'us-isob', 'eu-isoe', 'us-isof', 'us-gov', 'xx'];
const NAMES = [
  'AWS_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
] as const;
type Environment = Partial<Record<(typeof NAMES)[number], string>>;

afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

test('is where the SDK would send, or refused where the SDK refuses, whatever the environment says', async () => {
  const dice = new Dice(11);
  const flag = (name: string) => dice.chance(0.3) && { [name]: dice.pick(['true', 'true', 'false']) };
  for (let round = 0; round < 300; round++) {
    const endpoint = () => dice.pick(['http://127.0.0.1:8000', 'http://[::1]:8000/', 'https://vpce.example.com/to/tables', '']);
    const environment: Environment = {
      AWS_REGION: `${dice.pick(PARTITIONS)}-${dice.pick(['east', 'central', 'southwest'])}-${dice.integer(1, 9)}`,
      ...(dice.chance(0.2) && { AWS_ENDPOINT_URL: endpoint() }),
      ...(dice.chance(0.2) && { AWS_ENDPOINT_URL_DYNAMODB: endpoint() }),
      ...flag('AWS_USE_FIPS_ENDPOINT'),
      ...flag('AWS_USE_DUALSTACK_ENDPOINT'),
      ...flag('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'),
    };
    expect({ environment, url: ours(environment) }).toEqual({ environment, url: await theirs(environment) });
  }
});

test('another service is found the same way', () => {
  const region = { AWS_REGION: 'eu-west-1' };
  expect(endpointOf('ecs', region).href).toBe('https://ecs.eu-west-1.amazonaws.com/');
  expect(endpointOf('ecs', { AWS_REGION: 'cn-north-1', AWS_USE_FIPS_ENDPOINT: 'true' }).href).toBe(
    'https://ecs-fips.cn-north-1.amazonaws.com.cn/',
  );
  expect(endpointOf('ecs', { ...region, AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:1', AWS_ENDPOINT_URL: 'http://127.0.0.1:2' }).port).toBe(
    '1',
  );
});

describe('is refused by name', () => {
  test.each<[string, Environment, string]>([
    ['without a region', {}, 'AWS_REGION must name a region, as Lambda and Fargate set it; got undefined'],
    ['with a region that is no part of a name', { AWS_REGION: 'a.example.com/' }, 'AWS_REGION must name a region'],
    [
      'with another scheme',
      { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'ftp://x' },
      'AWS_ENDPOINT_URL must be an http or https URL; got ftp://x',
    ],
    ['with no address', { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_DYNAMODB: 'x' }, 'AWS_ENDPOINT_URL_DYNAMODB must be'],
    [
      'with half a flag',
      { AWS_REGION: 'eu-west-1', AWS_USE_FIPS_ENDPOINT: 'yes' },
      'AWS_USE_FIPS_ENDPOINT must be "true" or "false"; got "yes"',
    ],
  ])('%s', (_, environment, message) => {
    expect(() => endpointOf('dynamodb', environment)).toThrow(message);
  });
});

function ours(environment: Environment): string {
  try {
    return endpointOf('dynamodb', environment).href;
  } catch {
    return 'refused';
  }
}

async function theirs(environment: Environment): Promise<string> {
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, environment);
  const client = new DynamoDBClient({ credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' } });
  return placeOf(client).then(
    ({ url }) => url.href.replace(/\/?$/, '/'),
    () => 'refused',
  );
}
