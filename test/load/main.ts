import { launch } from '../suites/launch';
import { runLoad } from './load';
import { readOptions, USAGE } from './options';
import { runSilence } from './silence';

launch({
  name: 'load',
  usage: USAGE,
  readOptions,
  run: (options, stage) => (options.silence === undefined ? runLoad(options, stage) : runSilence(options.silence, stage)),
});
