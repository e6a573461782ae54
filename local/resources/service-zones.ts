import type { Stack } from '../assembly/cloud-assembly';
import type { Resource } from '../assembly/template';

/** Of a service whose template does not tell where its subnets lie. */
const LETTERS = ['a', 'b', 'c'];

/** The zones over which ECS spreads the tasks of a service: those of its subnets, each once. */
export function zonesOf(
  { Properties }: Pick<Resource, 'Properties'>,
  { template, region }: Pick<Stack, 'template' | 'region'>,
): readonly string[] {
  const network = (Properties?.NetworkConfiguration ?? {}) as { AwsvpcConfiguration?: { Subnets?: unknown } };
  const subnets = network.AwsvpcConfiguration?.Subnets;
  const zones = (Array.isArray(subnets) ? subnets : []).map((subnet, i) => {
    const id = (subnet as { Ref?: string }).Ref ?? '';
    return zoneOf(template.Resources[id]?.Properties?.AvailabilityZone, region) ?? `${region}${LETTERS[i % LETTERS.length]}`;
  });
  return zones.length === 0 ? LETTERS.map((letter) => region + letter) : [...new Set(zones)];
}

/** One that is named, or one of those of the region by its place. */
function zoneOf(zone: unknown, region: string): string | undefined {
  if (typeof zone === 'string') return zone;
  const [index, among] = ((zone as { 'Fn::Select'?: readonly unknown[] } | undefined)?.['Fn::Select'] ?? []) as [
    unknown,
    { 'Fn::GetAZs'?: unknown }?,
  ];
  const letter = LETTERS[Number(index)];
  return among !== undefined && 'Fn::GetAZs' in among && letter !== undefined ? region + letter : undefined;
}
