import { afterEach, describe, expect, test } from '@jest/globals';
import { readAssets } from '../../../local/assembly/assets';
import { stackOf } from '../../../local/assembly/cloud-assembly';
import type { Template } from '../../../local/assembly/template';
import { forbiddenLinks, judge, neededLinks } from '../../../local/network/fleet-links';
import { Links } from '../../../local/network/links';
import { StandIns } from '../../../local/stand-ins';
import { FLEET, fleetWith, NOWHERE, type Resources, withProperties } from './fixture';

const place = { account: '000000000000', region: 'us-east-1', assets: readAssets('', []) };
const ENVIRONMENT = {
  MCP_FLEET_CONFIG: '{"serversUrl":"http://127.0.0.1:20001","identity":{"issuer":"http://127.0.0.1:20003"}}',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:20002',
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:20000',
};
const told: string[] = [];
let links = new Links();

async function linksOf(changes: Resources | Readonly<Record<string, undefined>> = {}): Promise<Links> {
  told.length = 0;
  links = new Links((text) => told.push(text));
  const all = Object.entries({ ...FLEET, ...changes }).filter(([, resource]) => resource !== undefined);
  await links.learn(stackOf('Shop', { Resources: Object.fromEntries(all) } as Template, place), new StandIns());
  links.addListener('Shop/Balancer', 8443, 20_001);
  links.addInternet(20_003);
  return links;
}

const portsIn = (environment: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [name, [...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))]),
  );

afterEach(() => links.stop());

test('the fleet of these tests needs these links, and all of them are there', () => {
  const network = fleetWith();
  expect(neededLinks(network).map(({ name }) => name)).toEqual([
    'agents → Shop/Edge:443',
    'Shop/Edge → gateway:8080',
    'Shop/Servers → notes:8080',
    'gateway → Shop/Servers:8443',
    'gateway → internet:443',
    ...['gateway', 'notes'].flatMap((name) =>
      ['dynamodb', 'ecr.api', 'ecr.dkr', 'logs', 's3'].map((service) => `${name} → ${service}:443`),
    ),
  ]);
  expect(neededLinks(network).filter((link) => !judge(network, link).open)).toEqual([]);
  expect(forbiddenLinks(network).filter((link) => judge(network, link).open)).toEqual([]);
});

describe('a program of the account', () => {
  test('has the addresses of what it may reach', async () => {
    const { ports } = { ports: portsIn((await linksOf()).seenBy('Shop/gateway', ENVIRONMENT)) };
    expect(ports).toEqual({ MCP_FLEET_CONFIG: [20_001, 20_003], AWS_ENDPOINT_URL: [20_002], AWS_ENDPOINT_URL_DYNAMODB: [20_000] });
    expect(told).toEqual([]);
  });

  test('has that of nobody in place of a listener that does not let it in', async () => {
    const seen = portsIn((await linksOf({ ServersIn: undefined })).seenBy('Shop/gateway', ENVIRONMENT));
    expect(seen.MCP_FLEET_CONFIG).toEqual([expect.any(Number), 20_003]);
    expect(seen.MCP_FLEET_CONFIG?.[0]).not.toBe(20_001);
    expect(seen).toMatchObject({ AWS_ENDPOINT_URL: [20_002], AWS_ENDPOINT_URL_DYNAMODB: [20_000] });
    expect(told).toEqual([expect.stringContaining('gateway → Shop/Servers:8443: no ingress rule of Shop/BalancerGroup')]);
  });

  test('with no way out it reaches neither AWS nor the issuer, and ECS would not even start it', async () => {
    const closed = await linksOf({ PrivateRoute: undefined });
    const seen = portsIn(closed.seenBy('Shop/gateway', ENVIRONMENT));
    const [nobody] = seen.AWS_ENDPOINT_URL ?? [];
    expect(seen).toMatchObject({
      MCP_FLEET_CONFIG: [20_001, nobody],
      AWS_ENDPOINT_URL_DYNAMODB: [nobody],
      AWS_ENDPOINT_URL_LAMBDA: [nobody],
    });
    expect(closed.refusalToStart('Shop/gateway')).toMatch(
      /^ResourceInitializationError: ecr.api does not answer: Shop\/Private has no route/,
    );
  });

  test('with an endpoint for one service it reaches that one alone', async () => {
    const Properties = { ServiceName: 'com.amazonaws.us-east-1.dynamodb', VpcId: { Ref: 'Vpc' }, RouteTableIds: [{ Ref: 'PrivateTable' }] };
    const closed = await linksOf({
      PrivateRoute: undefined,
      Tables: { Type: 'AWS::EC2::VPCEndpoint', Properties },
    } as unknown as Resources);
    const seen = portsIn(closed.seenBy('Shop/gateway', ENVIRONMENT));
    expect(seen.AWS_ENDPOINT_URL_DYNAMODB).toEqual([20_000]);
    expect(seen.AWS_ENDPOINT_URL_SECRETS_MANAGER).toEqual(seen.AWS_ENDPOINT_URL);
    expect(seen.AWS_ENDPOINT_URL).not.toEqual([20_002]);
  });

  test('whose group lets nothing out reaches nothing', async () => {
    const seen = portsIn(
      (await linksOf(withProperties('gatewayGroup', { SecurityGroupEgress: [NOWHERE] }))).seenBy('Shop/gateway', ENVIRONMENT),
    );
    for (const port of [20_000, 20_001, 20_002, 20_003]) expect(Object.values(seen).flat()).not.toContain(port);
  });
});

test('a load balancer finds its targets where they let it in', async () => {
  const target = (one: Links) => one.toTarget('Shop/notesTargets', 'Shop/notes', 8080, 30_000);
  expect(target(await linksOf())).toBe(30_000);
  expect(target(await linksOf({ NotesIn: undefined }))).not.toBe(30_000);
  expect(links.toTarget('Shop/gatewayTargets', 'Shop/gateway', 8080, 30_000)).toBe(30_000);
});

test('agents find an edge that lets somebody in', async () => {
  const door = (one: Links) => one.door('Shop/Balancer', 443, 30_000);
  expect(door(await linksOf())).toBe(30_000);
  expect(door(await linksOf(withProperties('BalancerGroup', { SecurityGroupIngress: [] })))).not.toBe(30_000);
});
