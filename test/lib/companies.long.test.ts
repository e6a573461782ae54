import { describe } from '@jest/globals';
import { EDGES, obeysAt } from './company-rules';

// That of an API, which has the most kinds of resources, is tried with each `npm test`.
describe.each(Object.entries(EDGES))('at the edge %s', (_, edge) => obeysAt(edge));
