import { readCommandLine, usageOf } from '../suites/command-line';
import { launch } from '../suites/launch';
import { runDocs } from './docs';

launch({
  name: 'docs',
  usage: usageOf('docs', '  (every command of README, docs and help texts, typed as it stands)'),
  readOptions: (args) => {
    const values = readCommandLine(args, {});
    return values === undefined ? undefined : { keep: values.keep, json: values.json };
  },
  run: runDocs,
});
