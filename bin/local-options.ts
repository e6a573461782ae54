import { InvalidArgumentError } from 'commander';

export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError(`"${text}" is not a port; expected 0 to 65535.`);
  return port;
}

const FASTEST = 600;

export function scalingSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed >= 1 && speed <= FASTEST)) throw new InvalidArgumentError(`"${text}" is not a speed; expected 1 (as in AWS) to ${FASTEST}.`);
  return speed;
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** `Data/Queue=VALUE`, or `Data/Queue` for its name alone. */
export function standIn(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, key, value = ''] = /^([^=/]+\/[^=/]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError(`"${text}" is not STACK/LOGICAL_ID or STACK/LOGICAL_ID=VALUE.`);
  return { ...before, [key]: value };
}
