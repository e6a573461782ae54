import type { Boundary } from './threat';

/** A threat whose answer another test of the project shows. */
export interface ShownElsewhere {
  readonly id: string;
  readonly boundary: Boundary | 'company' | 'supply';
  readonly threat: string;
  readonly answer: string;
  /** File of the test, and its name as it stands there. */
  readonly file: string;
  readonly test: string;
}

const row = (
  id: string,
  boundary: ShownElsewhere['boundary'],
  threat: string,
  answer: string,
  file: string,
  test: string,
): ShownElsewhere => ({ id, boundary, threat, answer, file, test });

/** What needs no attack on a running fleet, or another one than this suite's. */
// biome-ignore format: one line per threat reads as the table it is
export const SHOWN_ELSEWHERE: readonly ShownElsewhere[] = [
  row('agent-revoked', 'operator', 'An agent that was cut off goes on: by a decision that is remembered, an open stream, a session.', '`mcp-fleet revoke` reaches every gateway within seconds', 'test/e2e/revoke.test.ts', 'an agent that is revoked is cut off at every gateway, streams and sessions included, until it is undone'),
  row('authorizer-away', 'operator', 'The authorizer is made to fail, so that somebody is let in.', 'Without a decision nothing is allowed', 'test/gateway/revocations.test.ts', 'is cut off where nobody can decide, too'),
  row('issuer-key-withdrawn', 'operator', 'A key that the issuer has withdrawn, because it leaked, goes on to open everything.', 'Keys are asked for again every ten minutes; what a remembered token was believed by goes with its key', 'test/gateway/issuer-keys.test.ts', 'has withdrawn opens nothing once its time is over, also with a token that was taken before'),
  row('issuer-flooded', 'agent', 'Tokens of keys that nobody knows make the gateways ask the issuer without end, or keep others out.', 'One question in ten seconds, whatever tokens name', 'test/gateway/issuer-keys.test.ts', 'make us ask once in a pause also while the issuer is down, and keep nobody else out'),
  row('ledger-away', 'operator', 'The ledger is made to fail, so that something runs without a row.', 'No write is sent and no read is answered', 'test/gateway/ledger-down.test.ts', 'without the ledger no write is sent and no read is answered'),
  row('ledger-rolled-back', 'operator', 'A ledger is restored from before a call, so that its key is executed again.', 'Keys of calls behind the restore point are `unknown` until somebody has settled them', 'test/gateway/restored-ledger.test.ts', 'a forgotten key is unknown and not executed again; one that is known is answered, and one made later runs'),
  row('row-deleted', 'operator', 'A role of the fleet deletes or rewrites rows.', 'No role may delete; only gateway and janitor may change', 'test/lib/roles.test.ts', 'only gateway, janitor and archiver reach the ledger, and nobody deletes there'),
  row('archive-tampered', 'operator', 'A record of the archive is changed, moved or taken away.', 'Records are chained and locked; `ledger verify` names what is not as it was', 'test/ledger/archive/verify.test.ts', 'it is named'),
  row('archive-personal', 'operator', 'What is personal in the archive is read after it had to be forgotten.', 'It is sealed under a key of its agent, which is destroyed; no hash in the archive tells it', 'test/e2e/archive.test.ts', 'forgets what is personal of an agent whose key is destroyed, and the chain is as whole as before'),
  row('archive-plain', 'operator', 'The keys of agents are out of reach, and what is personal is archived without.', 'Nothing is archived until they are there', 'test/lambda/ledger-archiver.test.ts', 'a batch whose keys are not to be had fails, and nothing of it is archived'),
  row('key-rotated', 'operator', 'A key that leaked goes on, or its rotation ends sessions.', 'Keys rotate by themselves; ids of before are opened as long as sessions live', 'test/gateway/seal-keys.test.ts', 'however often it is rotated, replicas that have and have not read it open each other’s ids as long as sessions live'),
  row('credential-told', 'server', 'A server tells an agent the credential that the gateway shows to it.', 'Masked on the way out, in answers and in the ledger', 'test/gateway/credentials/credentials.test.ts', 'a server that tells what it was shown tells it to nobody, nor to the ledger'),
  row('memory-taken', 'agent', 'One agent takes the memory of an instance.', 'What is held is counted, in all and for each agent', 'test/sidecar/budget.test.ts', 'has no more room than it says, over all and for one agent, and gets back what is let go of'),
  row('child-hoards', 'server', 'A child of a stdio server starts itself without end, or takes all memory.', 'The kernel refuses what is beyond the bounds of one child', 'test/sidecar/child-users.long.test.ts', 'has so many processes and so much memory, and no more; another one is not touched by it'),
  row('company-writes', 'company', 'Company code grants itself a write on the ledger.', 'Refused at synth, with its path', 'test/lib/ledger-guard.test.ts', 'a company that grants itself a write on the ledger is refused by path, with the way out'),
  row('port-open', 'company', 'A sidecar or a server is reached past the gateways.', 'Security groups let in the load balancers alone', 'test/lib/network.test.ts', 'only the load balancer may reach sidecars and gateways, and nobody the port of a server'),
  row('secret-misread', 'company', 'A gateway or a sidecar reads a secret that is not its own.', 'Roles read by ARN what they need', 'test/lib/roles.test.ts', 'the gateway reads the seal key, the sidecar keys, and what has the tag of its fleet; no secret of a server'),
  row('package-moved', 'supply', 'A package that a server needs is another one when the image is built.', 'A lock file pins each by SHA-512; one that does not is refused at synth', 'test/lib/server-image.test.ts', 'a locked npm package: the lock is in the image, and nothing that is not in it is installed'),
  row('package-script', 'supply', 'A server’s package, or one that it needs, runs a script when it is installed, or becomes another one.', 'A version is pinned, and no script of a package runs', 'test/lib/server-image.test.ts', 'an npm package over HTTP: pinned, installed without scripts, run by name'),
];
