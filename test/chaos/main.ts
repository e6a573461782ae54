import { launch } from '../suites/launch';
import { runChaos } from './chaos';
import { readOptions, USAGE } from './options';

launch({ name: 'chaos', usage: USAGE, readOptions, run: runChaos });
