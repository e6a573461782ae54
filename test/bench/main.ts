import { launch } from '../suites/launch';
import { runBench } from './bench';
import { readOptions, USAGE } from './options';

launch({ name: 'bench', usage: USAGE, readOptions, run: runBench });
