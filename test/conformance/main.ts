import { launch } from '../suites/launch';
import { runConformance } from './conformance';
import { readOptions, USAGE } from './options';

launch({ name: 'conformance', usage: USAGE, readOptions, run: runConformance });
