import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../suites/root';
import type { BenchResults } from '../results';
import { kindOf, TARGET_NAMES } from '../targets/targets';
import { barsOf, growthOf } from './charts';
import { markdownOf } from './table';
import { tableOfLoad, tableOfStreams } from './tables';

/** Writes docs/performance.md of one run. */
export function writePage(results: BenchResults): void {
  writeFileSync(join(ROOT, 'docs/performance.md'), `${sectionsOf(results).join('\n\n')}\n`);
}

function sectionsOf({ loads, streams, nodes, rounds, seconds }: BenchResults): readonly string[] {
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
    ...(reads === undefined ? [] : [barsOf(reads)]),
    ...(growth.length < 2 || grown === undefined ? [] : [growthOf(growth, grown)]),
    ...loads.map((result) => markdownOf(tableOfLoad(result))),
    ...(streams.length === 0 ? [] : [markdownOf(tableOfStreams(streams))]),
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
