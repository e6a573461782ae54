import { BLUE, BOLD, curvesSvg, DASHED, RED } from '../../../bin/plan/curves-svg';
import type { Mission } from './mission';
import type { RecordedMinute } from './recorder';
import type { MissionRun } from './run-mission';

/** Both ways of scaling under the same load: what there was for agents, and how busy it was. */
export function missionSvg({ profile, names, perInstance, speed }: Mission, bySessions: MissionRun, byCpu: MissionRun): string {
  const span = `${Math.round(profile.hours * 60)} min, of which this machine took ${Math.round((profile.hours * 3_600) / speed)} s`;
  const slots = (run: MissionRun): readonly number[] => total(run, ({ instances }) => instances * perInstance);
  const sessions = (run: MissionRun): readonly number[] => total(run, (minute) => minute.sessions);
  return curvesSvg([
    {
      title: `${profile.agents} agents with a session on each of ${names.length} servers`,
      span,
      curves: [
        { name: 'slots, by sessions', values: slots(bySessions), style: `stroke="${BLUE}" ${DASHED}` },
        { name: 'sessions, by sessions', values: sessions(bySessions), style: `stroke="${BLUE}" ${BOLD}` },
        { name: 'slots, by CPU', values: slots(byCpu), style: `stroke="${RED}" ${DASHED}` },
        { name: 'sessions, by CPU', values: sessions(byCpu), style: `stroke="${RED}" ${BOLD}` },
      ],
    },
    {
      title: 'How full and how busy instances were, in percent; and who was refused, in sessions',
      span,
      curves: [
        { name: 'slots, by sessions', values: mean(bySessions, ({ slots }) => slots), style: `stroke="${BLUE}" ${DASHED}` },
        { name: 'CPU, by sessions', values: mean(bySessions, ({ cpu }) => cpu), style: `stroke="${BLUE}" ${BOLD}` },
        { name: 'CPU, by CPU', values: mean(byCpu, ({ cpu }) => cpu), style: `stroke="${RED}" ${BOLD}` },
        { name: 'refused, by CPU', values: total(byCpu, ({ refused }) => refused), style: `stroke="${RED}" stroke-dasharray="1 3"` },
      ],
    },
  ]);
}

/** Minute by minute over all servers. */
function total({ servers }: MissionRun, of: (minute: RecordedMinute) => number): readonly number[] {
  return (servers[0]?.minutes ?? []).map((_, at) =>
    servers.reduce((sum, { minutes }) => {
      const minute = minutes[at];
      return sum + (minute === undefined ? 0 : of(minute));
    }, 0),
  );
}

function mean(run: MissionRun, of: (minute: RecordedMinute) => number | undefined): readonly number[] {
  return total(run, (minute) => of(minute) ?? 0).map((sum) => sum / run.servers.length);
}
