import { launch } from '../suites/launch';
import { runInterop } from './interop';
import { readOptions, USAGE } from './options';

launch({ name: 'interop', usage: USAGE, readOptions, run: runInterop });
