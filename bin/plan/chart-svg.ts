import { BLUE, BOLD, type Chart, curvesSvg, DASHED, RED } from './curves-svg';
import type { FleetPlan } from './fleet-plan';
import type { ServerPlan, Variant } from './plan-server';

/** A chart of each server: sessions as deployed and by CPU, and the slots that there were for them. */
export function planSvg({ servers }: FleetPlan): string {
  return curvesSvg(servers.map(chart));
}

function chart({ fleet, server, profile, replayed, deployed, cpu }: ServerPlan): Chart {
  const slots = (variant: Variant): readonly number[] => variant.minutes.map(({ instances }) => instances * variant.perInstance);
  const sessions = ({ minutes }: Variant): readonly number[] => minutes.map((minute) => minute.sessions);
  return {
    title: `${fleet} / ${server}`,
    span: `${Number((profile?.hours ?? replayed?.hours ?? 0).toFixed(2))} h`,
    curves: [
      { name: 'slots, as deployed', values: slots(deployed), style: `stroke="${BLUE}" ${DASHED}` },
      { name: 'sessions, as deployed', values: sessions(deployed), style: `stroke="${BLUE}" ${BOLD}` },
      { name: 'slots, by CPU', values: slots(cpu), style: `stroke="${RED}" ${DASHED}` },
      { name: 'sessions, by CPU', values: sessions(cpu), style: `stroke="${RED}" ${BOLD}` },
    ],
  };
}
