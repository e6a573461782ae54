import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { trustAuthority } from '../../../local/tls/trust';
import { Bank } from '../../chaos/bank';
import { Evidence } from '../../chaos/evidence';
import { chaosFleet } from '../../chaos/fleet-app';
import { writeHistory } from '../../chaos/history';
import { judge, VIOLATIONS } from '../../chaos/verdict';
import { bundlePrograms } from '../../suites/bundling';
import { startFleet } from '../../suites/fleet';
import { FleetProcesses } from '../../suites/fleet-processes';
import { Alarms } from '../faults/alarms';
import { FAULTS } from '../faults/faults';
import { historyOf } from '../faults/history';
import { Load } from '../faults/load';
import { renewsItsToken } from '../faults/renewal';
import type { Scene } from './scene';

/** So much faster than in AWS go alarms: five of their minutes are fifteen seconds. */
const SPEED = 20;
/** Agent whose tokens expire. */
const RENEWER = 'renewer';
/** Wave of the others meanwhile. */
const RENEWAL = 'renewal';

/**
 * While agents move money, what AWS does on a bad day: nothing is misreported, everything goes on by itself, and each fault has its alarm.
 * Faults are those of `mcp-fleet fault`.
 */
export const faults: Scene = async ({ scratch, steps, long, say, signal }) => {
  const bundled = await bundlePrograms('test/chaos', ['bank-server', 'agent'], join(scratch, 'programs'));
  const bank = await Bank.start();
  const evidence = new Evidence();
  const alarms = new Alarms();
  const processes = new FleetProcesses();
  const waves = FAULTS.map(({ name }) => name);
  const agents = [...[...waves, RENEWAL].flatMap((wave) => Load.agentsOf(wave)), RENEWER];
  const app = { ...chaosFleet({ directory: bundled['bank-server'], bankUrl: bank.url, agents }), isSecure: true };
  const folder = join(scratch, 'fleet');
  mkdirSync(folder);
  const fleet = await steps.take('a bank of three instances, two gateways, and everything of AWS that they need', () =>
    startFleet({ app, scratch: folder, tls: true, processes, scalingSpeed: SPEED, onLog: evidence.read, onScalingEvent: alarms.take }),
  );
  trustAuthority(fleet.account.authorityFile);
  const load = new Load({ fleet, bank, program: join(bundled.agent, 'index.js'), long, signal });
  try {
    for (const fault of FAULTS) {
      await steps.take(`${fault.words}, under load: ${fault.alarm} rings, and all goes on when it is over`, async () => {
        say(`    ${await fault.play({ fleet, load, alarms, long })}`);
        await processes.whole();
      });
    }
    await steps.take(
      'tokens expire, under load: both SDKs get new ones in the midst of their sessions; the old ones are answered 401',
      async () => {
        const { done } = await load.begin(RENEWAL);
        await renewsItsToken(fleet, RENEWER);
        await done;
      },
    );
    return await steps.take('nothing was misreported: what agents were told, the journal of the bank and the ledger agree', async () => {
      const history = await historyOf({ fleet, bank, evidence, processes, told: load.told });
      writeHistory(join(scratch, 'history.json'), history);
      const { findings, counts, endings } = judge(history);
      say(`    ${load.told.length} calls, ${bank.journal.length} executions: ${JSON.stringify(endings)}`);
      if (findings.length > 0) throw new Error(JSON.stringify(findings.slice(0, 5), undefined, 1));
      return [
        `${load.told.length} calls under ${FAULTS.length + 1} faults: ${VIOLATIONS.map((name) => `${counts[name]} ${name}`).join(', ')}`,
      ];
    });
  } finally {
    await load.stop();
    await fleet.stop();
    bank.stop();
  }
};
