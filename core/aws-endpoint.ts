type Environment = Readonly<Record<string, string | undefined>>;

/**
 * DNS suffixes by the start of a region's name, as the SDK's partitions have them: IPv4 alone, and with IPv6 ("dual stack"). What
 * begins otherwise is of the partition `aws` or of `aws-us-gov`.
 */
const SUFFIXES: readonly (readonly [region: string, ipv4: string, both: string])[] = [
  ['cn-', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['eusc-', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['us-iso-', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['', 'amazonaws.com', 'api.aws'],
];

/** One label of a name (RFC 1123 §2.1): what else a variable holds must not become part of an address. */
const REGION = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

/**
 * Where a service is, by the variables that the SDK reads: an endpoint of its own, or that of the region.
 * @throws Error that names the variable which does not say it
 */
export function endpointOf(service: 'dynamodb' | 'ecs', environment: Environment): URL {
  const region = regionOf(environment);
  const [fips, both] = [flag(environment, 'AWS_USE_FIPS_ENDPOINT'), flag(environment, 'AWS_USE_DUALSTACK_ENDPOINT')];
  const own = ownEndpoint(service, environment);
  if (own !== undefined) {
    if (fips || both) throw new Error('AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT cannot hold for an endpoint of your own');
    return own;
  }
  const [, ipv4, dual] = SUFFIXES.find(([start]) => region.startsWith(start)) as (typeof SUFFIXES)[number];
  // In GovCloud every endpoint of DynamoDB is one of FIPS.
  const named = fips && (both || service !== 'dynamodb' || !region.startsWith('us-gov-')) ? `${service}-fips` : service;
  return new URL(`https://${named}.${region}.${both ? dual : ipv4}/`);
}

/** @throws Error when there is none */
export function regionOf({ AWS_REGION: region }: Environment): string {
  if (region === undefined || !REGION.test(region))
    throw new Error(`AWS_REGION must name a region, as Lambda and Fargate set it; got ${JSON.stringify(region)}`);
  return region;
}

function ownEndpoint(service: string, environment: Environment): URL | undefined {
  if (flag(environment, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return undefined;
  const named = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
  const name = environment[named] ? named : 'AWS_ENDPOINT_URL';
  const value = environment[name];
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new Error(`${name} must be an http or https URL; got ${value}`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function flag(environment: Environment, name: string): boolean {
  const value = environment[name];
  if (value !== undefined && value !== 'true' && value !== 'false') throw new Error(`${name} must be "true" or "false"; got "${value}"`);
  return value === 'true';
}
