import { changesInMeaning } from '../../meaning/changes-in-meaning';
import type { NamedTemplate } from '../../meaning/declared';
import { meaningLines } from '../meaning-lines';
import type { Describe } from './rounds';

type Templates = Parameters<Describe>[0];

/** What a saved change means: who may call what, with which limits and secrets. */
export const describeMeaning: Describe = (before, after) => meaningLines(changesInMeaning(named(before), named(after)));

function named(templates: Templates): readonly NamedTemplate[] {
  return Object.entries(templates).map(([name, template]) => ({ name, template }));
}
