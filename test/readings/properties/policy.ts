import { argumentsIn, callRows, executed, type Observation, sameValue, shown, type Violation } from './observation';

/** An agent never makes a server execute what it was not granted, and the ledger holds what was executed, name and arguments. */
export function policy(observation: Observation): Violation[] {
  const { granted, fleetDeeds } = observation;
  const rows = callRows(observation);
  return executed(fleetDeeds).flatMap(({ name, args }) => {
    if (!granted.includes(name))
      return [violation(`"${name.slice(0, 60)}" was executed; granted is ${granted.map((tool) => tool.slice(0, 60)).join(', ')}`)];
    const own = rows.filter(({ tool }) => tool === name);
    const alike = own.some((row) => {
      const held = argumentsIn(row);
      return held === undefined || sameValue(kept(held), kept(args ?? {}));
    });
    if (own.length === 0 || alike) return [];
    return [violation(`${name} ran with ${shown(args)}; the ledger holds ${own.map((row) => shown(argumentsIn(row))).join(' and ')}`)];
  });
}

/** `__proto__` aside, which the SDK servers drop, whoever sends it. */
function kept(value: unknown): unknown {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== '__proto__'))
    : value;
}

function violation(detail: string): Violation {
  return { property: 'policy', detail };
}
