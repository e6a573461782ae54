import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../suites/root';
import type { BenchResults } from '../results';
import { kindOf, TARGET_NAMES } from '../targets/targets';
import { barsOf, growthOf } from './charts';
import { isGrowth, tablesOfGrowth } from './growth';
import { markdownOf } from './table';
import { tableOfClaims, tableOfLoad, tableOfOpenings, tableOfStarts, tableOfStreams } from './tables';
import { tableOfTargets } from './targets';

/** Writes docs/performance.md of one run. */
export function writePage(results: BenchResults): void {
  writeFileSync(join(ROOT, 'docs/performance.md'), `${sectionsOf(results).join('\n\n')}\n`);
}

function sectionsOf(results: BenchResults): readonly string[] {
  const { loads, streams, openings, claims, starts, nodes, rounds, seconds } = results;
  const reads = loads.find(({ load }) => load === 'read');
  const growth = loads.filter(({ load }) => load.startsWith('sessions-'));
  const grown = growth
    .at(-1)
    ?.rows.map(({ target }) => target)
    .filter((target) => !target.startsWith('nginx'));
  return [
    '# Performance',
    `Written by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}; proxies on Node ${nodes.join(' and ')};
${rounds} rounds of ${seconds} s. Another machine has other numbers: compare within a table only.`,
    METHOD,
    '## Who is compared',
    ['| target | what it does for a call |', '| --- | --- |', ...TARGET_NAMES.map((name) => `| ${name} | ${kindOf(name).does} |`)].join(
      '\n',
    ),
    '## What was seen',
    markdownOf(tableOfTargets(results)),
    REST,
    ...(reads === undefined ? [] : [barsOf(reads)]),
    ...(growth.length < 2 || grown === undefined ? [] : [growthOf(growth, grown)]),
    ...loads.filter((result) => !isGrowth(result)).map((result) => markdownOf(tableOfLoad(result))),
    ...tablesOfGrowth(loads).map(markdownOf),
    ...(streams.length === 0 ? [] : [markdownOf(tableOfStreams(streams))]),
    ...(openings.length === 0 ? [] : [markdownOf(tableOfOpenings(openings))]),
    ...(claims.length === 0 ? [] : [markdownOf(tableOfClaims(claims))]),
    ...(starts.length === 0 ? [] : [markdownOf(tableOfStarts(starts))]),
  ];
}

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} cores (${first?.model.trim()}), Linux ${release()}, all on loopback`;
}

const METHOD = `## How it is measured

\`\`\`sh
npm run bench                                         # everything: most of an hour
npm run bench -- --loads read,one --targets direct,nginx,gateway,gateway+sidecar
npm run bench -- --short                              # what CI runs
npm run bench -- --guard                              # counts against their limits, on any machine
\`\`\`

Every process of its own: the load, the proxy, the server at the end, and a stand-in for DynamoDB that takes every write and counts
it. A call has an argument of 200 bytes and, where nothing else is said, a result of 1 KB. The gateway does all that it does in AWS: a
token signed by RS256, a decision of the authorizer, a sealed session id, a signed context for the sidecar, a row in the ledger. Its
peers do nothing but route, and nginx that routes is the measure of all.

In every round each target is warmed and sampled once, in an order that rotates; ratios are formed inside a round; a table has
medians, with quartiles in brackets. How much of the machine others had meanwhile is measured and said: where at least three rounds were quiet
(less than a tenth), only these are evaluated. CPU is what the kernel has counted for the target's own processes. Every answer is held
against its call: status, id, session, and the whole of its content. One wrong answer fails the run; time never does. With \`--against\` another build of this project runs beside this one.`;

const REST = `What is short of its target is so for reasons that \`npm run bench -- --profile --loads read,large\` shows. Of the time of a gateway that
is busy with reads, about half goes to the kernel's writes (two for each call, which nginx does too), to \`node:http\` and Node's streams,
to Node's own classes below both and to undici: what a gateway costs that does nothing, as \`node-pipe\` and \`gateway-like\` do. The rest
is ours: reading and judging both messages, the session, the row and its signature, each a tenth or less, and none of them without a
use. To come to half of nginx a gateway needs an HTTP/1 server and client of its own beneath it and, after that, a third of everything
else; we keep Node's, which the whole world tests. Tried and not kept, by their ratios in interleaved runs: the sidecar's own client in
place of undici (0.95–1.02), one write for head and body in undici, a larger young generation, no spreads; \`--single-threaded-gc\` gave
0.81–0.99 of the CPU, at the price of longer pauses. A large result is read whole, compressed for its row (a quarter of its time, off the
loop) and held until the row is durable: nginx does none of it. A gateway that starts reads 1.6 MB of code, which takes as long as the
machine is slow: it is four to six times what Node itself takes to do nothing.`;
