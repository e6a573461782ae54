import { readCommandLine, usageOf } from '../suites/command-line';
import { launch } from '../suites/launch';
import { runHostile } from './hostile';

launch({
  name: 'hostile',
  usage: usageOf('hostile', '  (every input is played once)'),
  readOptions: (args) => {
    const values = readCommandLine(args, {});
    return values === undefined ? undefined : { keep: values.keep, json: values.json };
  },
  run: runHostile,
});
