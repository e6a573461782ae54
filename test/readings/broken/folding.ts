export * from '../../../core/reading/folding';

export function ambiguousName(): undefined {
  return undefined;
}

export function likeOf(): undefined {
  return undefined;
}
