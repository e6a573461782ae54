import type { Collision, Side, Update } from './update';

/** A table takes one new index, or gives one up, in an update. */
export function tableIndexes({ before, after, changes }: Update): Collision[] {
  const had = indexesOf(before);
  return [...indexesOf(after)].flatMap(([logicalId, indexes]) => {
    const old = had.get(logicalId);
    if (old === undefined || changes.replaced.has(logicalId) || changes.retyped.has(logicalId)) return [];
    const gone = [...old.keys()].filter((name) => old.get(name) !== indexes.get(name));
    const made = [...indexes.keys()].filter((name) => indexes.get(name) !== old.get(name));
    if (gone.length + made.length < 2) return [];
    return [
      {
        kind: 'tableIndexes' as const,
        logicalIds: [logicalId],
        what: `${logicalId} changes several global secondary indexes: ${[...new Set([...gone, ...made])].join(', ')}.`,
        why: 'Cannot perform more than one GSI creation or deletion in a single update.',
        fix: 'Make one update for each index; one that is to be another gets another name.',
      },
    ];
  });
}

/** By table and name of the index: what of it cannot be changed in place. */
function indexesOf(side: Side): Map<string, Map<string, string>> {
  return new Map(
    side.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(({ logicalId, properties }) => {
      const indexes = Array.isArray(properties.GlobalSecondaryIndexes) ? properties.GlobalSecondaryIndexes : [];
      return [
        logicalId,
        new Map(indexes.map(({ IndexName, KeySchema, Projection }) => [String(IndexName), side.text([KeySchema, Projection])])),
      ];
    }),
  );
}
