import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FileAssetPackaging, Stack, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type GrantsDocument, later } from '../core/grants-document';

/** Where a document will be, and what is filled into it. */
export interface GrantsAsset {
  readonly bucket: string;
  readonly key: string;
  /** The issuer, and tokens, in the order in which the document names them. */
  readonly values: readonly unknown[];
}

/**
 * Publishes a document as a file asset of its stack, once all is said: an `Asset` of aws-s3-assets would have to be made before. What is a token
 * stands beside it, in the template, where CDK finds the references to other stacks.
 */
export function grantsAsset(scope: IConstruct, document: GrantsDocument): GrantsAsset {
  const stack = Stack.of(scope);
  // The issuer is never in the file: an account that stands for AWS's has another one, and says so where properties are resolved.
  const values: unknown[] = [document.issuer];
  const text = JSON.stringify({ ...(withoutTokens(document, values) as GrantsDocument), issuer: later(0) });
  const sourceHash = createHash('sha256').update(text).digest('hex');
  const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
    fileName: written(scope, `asset.${sourceHash}.json`, text),
    packaging: FileAssetPackaging.FILE,
    sourceHash,
    displayName: `${scope.node.path} grants`,
  });
  return { bucket: bucketName, key: objectKey, values };
}

/** As the manifest of the stack's assembly names it. */
function written(scope: IConstruct, name: string, text: string): string {
  const stage = Stage.of(scope) as Stage;
  mkdirSync(stage.assetOutdir, { recursive: true });
  const path = join(stage.assetOutdir, name);
  writeFileSync(path, text);
  return relative(stage.outdir, path);
}

function withoutTokens(value: unknown, values: unknown[]): unknown {
  if (Token.isUnresolved(value)) return later(indexIn(values, value));
  if (Array.isArray(value)) return value.map((item) => withoutTokens(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutTokens(item, values)]));
}

/** Two that are the same text are one. */
function indexIn(values: unknown[], token: unknown): number {
  const known = values.indexOf(token);
  return known < 0 ? values.push(token) - 1 : known;
}
