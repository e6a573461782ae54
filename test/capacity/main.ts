import { launch } from '../suites/launch';
import { runCapacity } from './capacity';
import { readOptions, USAGE } from './options';

launch({ name: 'capacity', usage: USAGE, readOptions, run: runCapacity });
