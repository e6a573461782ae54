import type { DeclaredFleet } from './declared';
import { declaredBase } from './sizes';

/** A fleet as far as an app has it. */
export interface FleetInApp {
  readonly name: string;
  /** Absent where the fleet stands in another app, and only servers of it in this one. */
  readonly home: DeclaredFleet | undefined;
  /** What teams have of it in stacks of their own. */
  readonly guests: readonly DeclaredFleet[];
}

/** Gateways of a fleet of which nothing is known: as many as the constructs choose. */
const UNKNOWN_GATEWAYS = 2;

/** Fleets, each with what stands in other stacks than its own. Where two have one name, nobody tells whose that is: it is a third one's. */
export function fleetsInApp(declared: readonly DeclaredFleet[]): readonly FleetInApp[] {
  const homes = declared.filter(({ isHome }) => isHome);
  const guestsOf = (name: string) => declared.filter((fleet) => !fleet.isHome && fleet.name === name);
  const isOnly = ({ name }: DeclaredFleet) => homes.filter((other) => other.name === name).length === 1;
  const lonely = new Set(
    declared.filter(({ isHome, name }) => !isHome && !homes.some((home) => home.name === name && isOnly(home))).map(({ name }) => name),
  );
  return [
    ...homes.map((home) => ({ name: home.name, home, guests: isOnly(home) ? guestsOf(home.name) : [] })),
    ...[...lonely].map((name) => ({ name, home: undefined, guests: guestsOf(name) })),
  ];
}

export function gatewaysOf({ home }: Pick<FleetInApp, 'home'>): number {
  return home === undefined ? UNKNOWN_GATEWAYS : declaredBase(home).gateways;
}

/** The fleet itself, where it is there, and what teams have of it. */
export function partsOf({ home, guests }: Pick<FleetInApp, 'home' | 'guests'>): readonly DeclaredFleet[] {
  return home === undefined ? guests : [home, ...guests];
}
