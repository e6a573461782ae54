import { isDynamic, isTrue, type Scope } from './intrinsics';

/** What is asked of a store of AWS when a stack is deployed, on the sides that conditions choose: `{{resolve:ssm:/name}}`. */
export function dynamicReferencesIn(value: unknown, scope: Scope, path: string): string[] {
  if (typeof value === 'string') return isDynamic(value) ? [`the dynamic reference in "${value}" at ${path}`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const chosen = key === 'Fn::If' && Array.isArray(inner) ? inner[isTrue(String(inner[0]), scope, path) ? 1 : 2] : inner;
    return dynamicReferencesIn(chosen, scope, `${path}/${key}`);
  });
}
