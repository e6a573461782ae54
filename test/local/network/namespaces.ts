import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Peer, Rule, SecurityGroup } from '../../../local/network/security-groups';

/** One machine of the laboratory: an address, and the security groups that guard it. */
export interface Host {
  readonly name: string;
  readonly address: string;
  readonly groups: readonly SecurityGroup[];
}

/** What was seen of one attempt. */
export interface Attempt {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  /** `connect`, or the code of an error. */
  readonly what: string;
}

/** Answers go to these: a packet filter that remembers no connection tells them by it. No host listens there. */
const EPHEMERAL = '32768-60999';
/** Addresses of the way from a host to its guard, and from there to all others. */
const [GUARD, MIDDLE] = ['169.254.1.1', '169.254.1.2'];
const PREFIX = `mf${process.pid % 100_000}`;

/** Whether this machine lets us make network namespaces. */
export function canMakeNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    ip(['netns', 'add', `${PREFIX}-try`]);
    ip(['netns', 'del', `${PREFIX}-try`]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Hosts in network namespaces of the kernel, each behind a namespace of its own that forwards what the security groups of the host allow
 * and drops all else, as the network interface of a task does. The rules are translated one by one, and nothing is computed of them.
 */
export class Laboratory {
  private readonly namespaces: string[] = [];

  constructor(
    private readonly hosts: readonly Host[],
    private readonly number: number,
  ) {
    try {
      const middle = this.namespace('m');
      for (const [i, host] of hosts.entries()) this.connect(host, i, middle);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /**
   * Every host listens on some ports, and tries those of every other.
   * @param awaited attempts that shall come about: what has not happened when the last of them has, does not
   */
  async tryAll(ports: readonly number[], awaited: (attempt: Omit<Attempt, 'what'>) => boolean): Promise<readonly Attempt[]> {
    const seen: Attempt[] = [];
    const targets = this.hosts.map(({ name, address }) => ({ name, address }));
    const programs = this.hosts.map((host, i) => {
      const others = targets.filter(({ name }) => name !== host.name);
      const program = spawn(
        'ip',
        ['netns', 'exec', this.name(`h${i}`), process.execPath, '-e', PROGRAM, JSON.stringify({ ports, others })],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      return { host, others, program, lines: createInterface({ input: program.stdout }) };
    });
    try {
      await Promise.all(programs.map(({ lines }) => once(lines, 'line')));
      const wanted = programs.flatMap(({ host, others }) =>
        others.flatMap(({ name }) => ports.map((port) => ({ from: host.name, to: name, port }))).filter(awaited),
      );
      await new Promise<void>((done) => {
        const missing = new Set(wanted.map(keyOf));
        for (const { host, lines, program } of programs) {
          lines.on('line', (line) => {
            const attempt = { from: host.name, ...(JSON.parse(line) as Omit<Attempt, 'from'>) };
            seen.push(attempt);
            if (attempt.what === 'connect') missing.delete(keyOf(attempt));
            if (missing.size === 0) done();
          });
          program.stdin.write('go\n');
        }
      });
      return seen;
    } finally {
      for (const { program } of programs) program.kill('SIGKILL');
      await Promise.all(programs.map(({ program }) => (program.exitCode ?? program.signalCode) === null && once(program, 'exit')));
    }
  }

  remove(): void {
    for (const name of this.namespaces.splice(0)) ip(['netns', 'del', name]);
  }

  private name(end: string): string {
    return `${PREFIX}-${this.number}${end}`;
  }

  private namespace(end: string): string {
    const name = this.name(end);
    ip(['netns', 'add', name]);
    this.namespaces.push(name);
    inside(name, ['link set lo up']);
    ip(['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    return name;
  }

  private connect(host: Host, i: number, middle: string): void {
    const [own, guard] = [this.namespace(`h${i}`), this.namespace(`g${i}`)];
    // Nobody could ask a guard for it: a question has no port, and what has none it drops.
    const hardware = `02:00:00:00:00:${(i + 1).toString(16).padStart(2, '0')}`;
    const neighbour = `neigh add ${host.address} lladdr ${hardware} dev v${i} nud permanent`;
    ip(['link', 'add', 'eth0', 'netns', own, 'type', 'veth', 'peer', 'name', 'in', 'netns', guard]);
    ip(['link', 'add', 'out', 'netns', guard, 'type', 'veth', 'peer', 'name', `v${i}`, 'netns', middle]);
    inside(own, [`addr add ${host.address}/32 dev eth0`, 'link set eth0 up', ...defaultBy(GUARD, 'eth0')]);
    inside(guard, [
      `addr add ${GUARD}/32 dev in`,
      'link set in up',
      `link set out address ${hardware} up`,
      `route add ${host.address} dev in`,
      ...defaultBy(MIDDLE, 'out'),
    ]);
    inside(middle, [`addr add ${MIDDLE}/32 dev v${i}`, `link set v${i} up`, `route add ${host.address} dev v${i}`, neighbour]);
    const filters = [...this.filters(host), 'blackhole'].map((filter, n) => `rule add pref ${n + 10} ${filter}`);
    inside(guard, [...filters, 'rule del pref 32766']);
  }

  private filters({ address, groups }: Host): readonly string[] {
    return groups.flatMap((group) => [
      ...group.egress.flatMap((rule) =>
        this.addressesOf(rule.peer).flatMap((other) => bothWays(`from ${address} to ${other}`, `from ${other} to ${address}`, rule)),
      ),
      ...group.ingress.flatMap((rule) =>
        this.addressesOf(rule.peer).flatMap((other) => bothWays(`from ${other} to ${address}`, `from ${address} to ${other}`, rule)),
      ),
    ]);
  }

  private addressesOf(peer: Peer): readonly string[] {
    if (peer.kind === 'range') return [peer.range];
    if (peer.kind !== 'group') throw new Error(`No address is known of ${peer.kind}.`);
    return this.hosts.filter(({ groups }) => groups.some(({ id }) => id === peer.group)).map(({ address }) => address);
  }
}

/** What a rule lets pass, and the answers to it. */
function bothWays(there: string, back: string, { protocol, ports }: Rule): readonly string[] {
  if (protocol === 'icmp') return [];
  const range = protocol === '-1' || ports === undefined ? undefined : `${ports[0]}-${ports[1]}`;
  return [
    `${there} ipproto tcp ${range === undefined ? '' : `dport ${range} `}lookup main`,
    `${back} ipproto tcp ${range === undefined ? '' : `sport ${range} `}dport ${EPHEMERAL} lookup main`,
  ];
}

function defaultBy(gateway: string, device: string): readonly string[] {
  return [`route add ${gateway} dev ${device}`, `route add default via ${gateway} dev ${device}`];
}

function inside(namespace: string, commands: readonly string[]): void {
  execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n`, stdio: ['pipe', 'ignore', 'pipe'] });
}

function ip(words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function keyOf({ from, to, port }: Omit<Attempt, 'what'>): string {
  return `${from} ${to} ${port}`;
}

/** Says that it listens; told to go, it tries everybody, and tells of each attempt that comes to something. */
const PROGRAM = `
const net = require('node:net');
const { ports, others } = JSON.parse(process.argv[1]);
let left = ports.length;
for (const port of ports) net.createServer((socket) => socket.on('error', () => {})).listen(port, '0.0.0.0', () => --left === 0 && console.log('{}'));
process.stdin.once('data', () => {
  for (const { name, address } of others) for (const port of ports) {
    const tell = (what) => console.log(JSON.stringify({ to: name, port, what }));
    net.connect(port, address).on('connect', () => tell('connect')).on('error', ({ code }) => tell(code));
  }
});
`;
